#include "vigil/evaluate/sladky_model.hpp"

#include "detect/patient_score.hpp"
#include "detect/spectrogram.hpp"
#include "signal/recording_test_files.hpp"
#include "vigil/evaluate/score_recording.hpp"
#include "vigil/evaluate/sladky_live_model.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigil::evaluate {

namespace {

namespace files = signal::test;

/// 1 where 12 Hz stand out of the window's columns, else 0; counts what it was asked.
class TwelveHertzModel final : public detect::SpectrogramModel {
public:
    [[nodiscard]] const detect::SpectrogramCard& card() const override { return card_; }

    [[nodiscard]] Result<std::vector<float>> score(std::span<const float> spectrograms) override {
        constexpr auto columns = detect::context_columns;
        constexpr auto cells = detect::spectrum_bins * columns;
        std::vector<float> scores;
        for (std::size_t at = 0; at < spectrograms.size(); at += cells) {
            ++asked;
            for (std::size_t column = 0; column < columns; ++column) {
                scores.push_back(spectrograms[at + 12 * columns + column] > 1 ? 1.0F : 0.0F);
            }
        }
        return scores;
    }

    int asked = 0;

private:
    detect::SpectrogramCard card_{.name = "twelve", .version = "1"};
};

/// Channels at 200 Hz in records of a second: a little 3 Hz, and for 30 s of the stream from
/// `fast_from` on 12 Hz; nothing was recorded from 200 s on for `hole` seconds.
std::unique_ptr<signal::Recording>
recorded(int seconds, int hole = 0, int channels = 2, int fast_from = 100) {
    files::EdfFile file{.signals = {}, .kind = "EDF+D", .records = std::to_string(seconds)};
    for (int i = 0; i < channels; ++i) {
        file.signals.push_back({.label = "S" + std::to_string(i), .samples = 200});
    }
    file.signals.push_back({.label = "EDF Annotations", .samples = 8});
    for (int second = 0; second < seconds; ++second) {
        const int at = second < 200 ? second : second + hole;
        const bool fast = at >= fast_from && at < fast_from + 30;
        std::string channel;
        for (int i = 0; i < 200; ++i) {
            const double turn = 2 * std::numbers::pi * i / 200.0;
            const double slow = (20.0 + second % 3) * std::sin(3 * turn);
            channel += files::int16(
                static_cast<std::int16_t>(slow + (fast ? 400 * std::sin(12 * turn) : 0.0))
            );
        }
        std::string record;
        for (int i = 0; i < channels; ++i) {
            record += channel;
        }
        auto mark = "+" + std::to_string(at) + "\x14\x14";
        mark.resize(16, '\0');
        file.data.push_back(record + mark);
    }
    return signal::open_recording("made.edf", file.bytes(), files::files({})).value();
}

Result<ScoredRecording> scored(const signal::Recording& recording, int* asked = nullptr) {
    auto scorer = std::make_unique<TwelveHertzModel>();
    auto* const inside = scorer.get();
    SladkyModel model(std::move(scorer));
    auto found = score_recording(recording, model, {}, [](double) {});
    if (asked != nullptr) {
        *asked = inside->asked;
    }
    return found;
}

Result<ScoredRecording> scored_live(const signal::Recording& recording, std::uint32_t lag_half_s) {
    auto model =
        SladkyLiveModel::make(std::make_unique<TwelveHertzModel>(), {.lag_half_s = lag_half_s})
            .value();
    return score_recording(recording, *model, {}, [](double) {});
}

} // namespace

TEST_CASE("a trace has a score each half second, of the second around it") {
    int asked = 0;
    const auto found = scored(*recorded(330), &asked).value();
    REQUIRE(found.windows.size() == 659);
    CHECK(found.windows[0].first_sample == 0);
    CHECK(found.windows[0].end_sample == 200);
    CHECK(found.windows[1].first_sample == 100);
    CHECK(found.windows[150].score_q16 == 0U);
    CHECK(found.windows[230].score_q16 == 65'536U);
    CHECK(asked == 6); // windows at 0, 20 and 30 s, of two channels
    REQUIRE(found.events.size() == 1);
    CHECK(std::abs(found.events[0].start_us - 100'000'000) < 2'000'000);
    CHECK(std::abs(found.events[0].end_us - 130'000'000) < 2'000'000);
    CHECK_FALSE(found.raised_live);
}

TEST_CASE("a gap is not evaluated, and what lies about it is") {
    const auto found = scored(*recorded(330, 50)).value();
    REQUIRE(found.windows.size() == 759);
    for (const auto& window : found.windows) {
        const bool in_gap = window.end_sample > 200 * 200 && window.first_sample < 250 * 200;
        CHECK(window.score_q16.has_value() != in_gap);
    }
    // a window that lies in a gap is not put to the model
    int asked = 0;
    const auto apart = scored(*recorded(500, 400), &asked).value();
    CHECK(apart.windows.size() == 1799);
    // of the regular ones at 0, 20, ... 600 s those keep nothing that begin at 200 s and end by 600
    CHECK(asked == 2 * (31 - 6));
}

TEST_CASE("more channels than the model takes at once are each scored") {
    int asked = 0;
    const auto found = scored(*recorded(300, 0, 19), &asked).value();
    CHECK(asked == 19);
    REQUIRE(found.events.size() == 1);
    CHECK(found.events[0].channel_peak_q16 == std::vector<std::uint32_t>(19, 65'536));
}

TEST_CASE("live there is a score every two seconds after five minutes, of what lies the lag back") {
    const auto recording = recorded(400, 0, 2, 320);
    const auto found = scored_live(*recording, 20).value();
    // steps at 2 to 400 s; of those at up to 10 s the lag lies before the stream
    REQUIRE(found.windows.size() == 195);
    for (const auto& window : found.windows) {
        CHECK(window.end_sample - window.first_sample == 400);
        CHECK(window.score_q16.has_value() == (window.end_sample >= 290 * 200));
    }
    REQUIRE(found.events.size() == 1);
    CHECK(found.raised_live);
    const auto at_once = scored_live(*recording, 0).value();
    REQUIRE(at_once.events.size() == 1);
    const auto& late = found.events[0];
    const auto& soon = at_once.events[0];
    for (const auto* event : {&late, &soon}) {
        CHECK(std::abs(event->start_us - 320'000'000) <= 4'000'000);
    }
    // three windows of two seconds make the five that an event needs; then the lag
    CHECK(soon.raised_us - soon.start_us == 6'000'000);
    CHECK(late.raised_us - late.start_us == 16'000'000);
}

TEST_CASE("live, five minutes may have a gap in them, and a long one begins them anew") {
    const auto brief = scored_live(*recorded(400, 8), 0).value();
    for (const auto& window : brief.windows) {
        CHECK(window.score_q16.has_value() == (window.end_sample >= 300 * 200));
    }
    const auto longer = scored_live(*recorded(500, 60), 0).value();
    CHECK(std::ranges::none_of(longer.windows, [](const auto& window) {
        return window.score_q16.has_value() && window.end_sample < 560 * 200;
    }));
    CHECK(longer.windows.back().score_q16.has_value());
    const auto wrong = SladkyLiveModel::make(nullptr, {.lag_half_s = 41});
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error().field == "lag");
}

TEST_CASE("a recording that is too short or has another rate is refused and says why") {
    const auto brief = scored(*recorded(299));
    REQUIRE_FALSE(brief.has_value());
    CHECK(brief.error().code == ErrorCode::unprocessable);
    CHECK(brief.error().detail.contains("five minutes"));
    files::EdfFile file{.signals = {{.label = "S", .samples = 128}}};
    file.data = {files::ramp(0, 128), files::ramp(4, 128)};
    const auto slow = signal::open_recording("o.edf", file.bytes(), files::files({})).value();
    CHECK(scored(*slow).error().code == ErrorCode::unprocessable);
    CHECK(scored(*slow).error().detail.contains("200 Hz"));
    CHECK(scored_live(*slow, 20).error().code == ErrorCode::unprocessable);
}

} // namespace vigil::evaluate
