#include "vigil/synthesise/overview.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>

namespace vigil::synthesise {

namespace {

signal::ContinuousPlan plan(double duration_s, double seizures) {
    return {
        .rate_hz = 128,
        .duration_s = duration_s,
        .montage = signal::Montage::bipolar,
        .seizures_per_hour = seizures * 3600 / duration_s,
        .artefacts = signal::usual_artefacts(),
        .seed = 4,
    };
}

struct Played {
    signal::ContinuousRecording recording;
    Excerpt excerpt = {};

    explicit Played(const signal::ContinuousPlan& of) : recording(of) {
        std::vector<std::int16_t> second;
        while (recording.position() < recording.samples()) {
            recording.next(of.rate_hz, second);
            excerpt.take(second, recording);
        }
    }
};

std::size_t count(const std::string& text, std::string_view word) {
    std::size_t found = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        ++found;
    }
    return found;
}

} // namespace

TEST_CASE("an excerpt begins five seconds before the first seizure and lasts twenty") {
    const Played played(plan(360, 1));
    const auto seizures = played.recording.seizures();
    REQUIRE(seizures.size() == 1);
    CHECK(played.excerpt.seconds().size() == Excerpt::length_s);
    const double before = seizures[0].onset_s - played.excerpt.start_s();
    CHECK(before >= Excerpt::before_s);
    CHECK(before < Excerpt::before_s + 1);
    // those are its samples: a second recording of the same plan has them there
    signal::ContinuousRecording again(played.recording.plan());
    std::vector<std::int16_t> second;
    for (double at = 0; at <= played.excerpt.start_s(); ++at) {
        again.next(again.plan().rate_hz, second);
    }
    CHECK(played.excerpt.seconds().front() == second);
}

TEST_CASE("without a seizure the first twenty seconds are shown, or all there are") {
    const Played quiet(plan(60, 0));
    CHECK(quiet.excerpt.seconds().size() == Excerpt::length_s);
    CHECK(quiet.excerpt.start_s() == 0);
    const Played brief(plan(3, 0));
    CHECK(brief.excerpt.seconds().size() == 3);
    CHECK(overview_of("x", brief.recording, brief.excerpt).contains("Seconds 0 to 3"));
}

TEST_CASE("a patient's overview draws every seizure, artefact and channel, and nothing foreign") {
    const Played played(plan(720, 2));
    const auto part = overview_of("<sub>", played.recording, played.excerpt);
    CHECK(part.contains("<h2>&lt;sub&gt;</h2>"));
    CHECK(count(part, "class=\"seizure\"") == 2);
    CHECK(count(part, "class=\"ictal\"") == 1);
    CHECK(count(part, "class=\"artefact\"") == played.recording.artefacts().size());
    CHECK(count(part, "<polyline") == 18);
    CHECK(part.contains(">Fp1-F7</text>"));
    CHECK_FALSE(part.contains("nan"));
    const auto page = overview_page(std::vector{part}, 3);
    CHECK(page.contains("The first 1 of 3 patients are drawn"));
    CHECK(page.contains("never for a claim of accuracy"));
    CHECK(page.contains("default-src 'none'"));
    CHECK_FALSE(page.contains("<script"));
    CHECK_FALSE(page.contains("://"));
    CHECK_FALSE(overview_page(std::vector{part}, 1).contains("are drawn"));
}

} // namespace vigil::synthesise
