#include "detect/long_context.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace vigil::detect {

using State = LongContextScore::State;
using Scores = std::vector<LongContextScore>;

namespace {

constexpr std::uint64_t rate = 200;
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Scores a column by its own cells and its place, so that any other window gives other scores.
class CellModel final : public SpectrogramModel {
public:
    [[nodiscard]] const SpectrogramCard& card() const override { return card_; }

    [[nodiscard]] Result<std::vector<float>> score(std::span<const float> cells) override {
        ++calls;
        if (broken) {
            return fail(ErrorCode::internal, "the model failed");
        }
        std::vector<float> scores(context_columns);
        for (std::size_t column = 0; column < context_columns; ++column) {
            for (std::size_t bin = 0; bin < spectrum_bins; ++bin) {
                scores[column] +=
                    cells[bin * context_columns + column] * static_cast<float>(bin + 1);
            }
        }
        return scores;
    }

    int calls = 0;
    bool broken = false;

private:
    SpectrogramCard card_;
};

/// Restless noise of so many seconds.
std::vector<double> noise(std::uint64_t seconds) {
    std::mt19937_64 engine(11);
    std::normal_distribution<double> values(0, 40);
    std::vector<double> made(seconds * rate);
    double last = 0;
    for (auto& value : made) {
        last = 0.9 * last + values(engine);
        value = last;
    }
    return made;
}

/// What comes out of the samples from `first` on in one block.
/// Whatever the default is: these tests hide what lies ten seconds back.
constexpr LongContextRules ten_seconds_back{.lag_half_s = 20};

Scores whole(
    std::uint64_t first,
    std::span<const double> samples_uv,
    LongContextRules rules = ten_seconds_back
) {
    CellModel model;
    auto context = LongContext::make(model, rate, 1, rules).value();
    return context.push(first, samples_uv).value();
}

/// The same in blocks of random sizes, of at most `most` samples.
Scores in_blocks(std::uint64_t first, std::span<const double> samples_uv, std::size_t most) {
    CellModel model;
    auto context = LongContext::make(model, rate, 1, ten_seconds_back).value();
    std::mt19937_64 engine(most);
    Scores all;
    for (std::size_t at = 0; at < samples_uv.size();) {
        const auto size = std::min<std::size_t>(1 + engine() % most, samples_uv.size() - at);
        const auto some = context.push(first + at, samples_uv.subspan(at, size)).value();
        all.insert(all.end(), some.begin(), some.end());
        at += size;
    }
    return all;
}

std::ptrdiff_t count(const Scores& scores, State state) {
    return std::ranges::count(scores, state, &LongContextScore::state);
}

} // namespace

TEST_CASE("before five minutes of data a channel is warming up, and the model is not asked") {
    CellModel model;
    auto context = LongContext::make(model, rate, 1, ten_seconds_back).value();
    const auto samples = noise(301);
    const auto early = context.push(0, std::span(samples).first(300 * rate - 1)).value();
    CHECK(early.size() == 149);
    CHECK(count(early, State::warming_up) == 149);
    CHECK(model.calls == 0);
    const auto then = context.push(300 * rate - 1, std::span(samples).last(rate + 1)).value();
    REQUIRE(then.size() == 1);
    CHECK(then[0].state == State::scored);
    CHECK(then[0].known_until == 300 * rate);
    CHECK(model.calls == 1);
    // a stream that does not begin on a step warms up until the first step after five minutes
    const auto later = whole(rate / 3, samples);
    CHECK(count(later, State::warming_up) == std::ssize(later));
}

TEST_CASE("there is a step every two seconds of the stream, about a second that lies L back") {
    for (const std::uint32_t lag : {0U, 1U, 20U, 40U}) {
        const auto found = whole(0, noise(304), {.lag_half_s = lag});
        REQUIRE(found.size() == 152);
        for (std::size_t i = 0; i < found.size(); ++i) {
            REQUIRE(found[i].known_until == (i + 1) * 2 * rate);
        }
        CHECK(count(found, State::scored) == 3);
        CHECK(found.back().end_sample == 304 * rate - lag * rate / 2);
        CHECK(found.back().first_sample == 303 * rate - lag * rate / 2);
    }
}

TEST_CASE("without holes a live score is the whole window's, of that column") {
    const auto samples = noise(304);
    CellModel model;
    const auto spectrum = Spectrum::make(rate, 1).value();
    for (const std::uint32_t lag : {0U, 7U}) {
        const auto found = whole(0, samples, {.lag_half_s = lag}).back();
        REQUIRE(found.state == State::scored);
        std::vector<float> cells(spectrum_bins * context_columns);
        window_spectrogram(spectrum, std::span(samples).last(300 * rate), cells);
        const auto expected = model.score(cells).value()[context_columns - 1 - lag];
        CHECK_THAT(found.score, Catch::Matchers::WithinRel(expected, 1e-3F));
    }
}

TEST_CASE("scores do not depend on how the samples were cut into blocks") {
    auto samples = noise(314);
    std::fill(samples.begin() + 20'000, samples.begin() + 21'111, 5.0);
    std::fill(samples.begin() + 58'017, samples.begin() + 58'333, missing);
    for (const std::uint64_t first : {0ULL, 12'345ULL}) {
        const auto expected = whole(first, samples);
        CHECK(count(expected, State::scored) >= 4);
        CHECK(count(expected, State::not_evaluated) >= 1);
        CHECK(in_blocks(first, samples, first == 0 ? 1 : 7) == expected);
        CHECK(in_blocks(first, samples, first == 0 ? 256 : 40'000) == expected);
    }
}

TEST_CASE("samples that come again change nothing, and a hole is what missing samples are") {
    const auto samples = noise(340);
    const std::span<const double> all(samples);
    auto holed = samples;
    std::fill(holed.begin() + 62'050, holed.begin() + 64'000, missing);
    const auto expected = whole(0, holed);
    CellModel model;
    auto context = LongContext::make(model, rate, 1, ten_seconds_back).value();
    Scores found;
    const auto push = [&](std::uint64_t first, std::uint64_t end) {
        const auto some = context.push(first, all.subspan(first, end - first)).value();
        found.insert(found.end(), some.begin(), some.end());
    };
    push(0, 30'000);
    push(10'000, 20'000);
    push(25'000, 62'050);
    push(64'000, 68'000);
    CHECK(found == expected);
    // the steps about the hole are not evaluated, and say no score
    CHECK(count(found, State::not_evaluated) > 0);
    for (const auto& one : found) {
        const bool touches = one.end_sample > 62'050 && one.first_sample < 64'000;
        if (one.state != State::warming_up) {
            CHECK((one.state == State::not_evaluated) == touches);
        }
        CHECK((one.state == State::scored || one.score == 0.0F));
    }
}

TEST_CASE("a flat second is not evaluated, nor a context of which most says nothing") {
    auto samples = noise(302);
    std::fill(
        samples.end() - 12 * std::int64_t(rate),
        samples.end() - 10 * std::int64_t(rate),
        3.0
    );
    const auto flat = whole(0, samples);
    CHECK(flat.back().state == State::not_evaluated);
    auto sparse = noise(302);
    std::fill(sparse.begin() + rate, sparse.begin() + 153 * rate, missing);
    CHECK(whole(0, sparse).back().state == State::not_evaluated);
    CHECK(whole(0, sparse, {.least_segments = 250}).back().state == State::scored);
}

TEST_CASE("a hole of thirty seconds begins the context anew") {
    const auto samples = noise(370);
    const std::span<const double> all(samples);
    for (const std::uint64_t hole : {29ULL, 30ULL}) {
        CellModel model;
        auto context = LongContext::make(model, rate, 1, ten_seconds_back).value();
        REQUIRE(count(context.push(0, all.first(302 * rate)).value(), State::scored) == 2);
        const auto first = (302 + hole) * rate;
        const auto after = context.push(first, all.subspan(first, 20 * rate)).value();
        CHECK(after.back().state == (hole == 30 ? State::warming_up : State::scored));
    }
    // and warms up for five minutes from its end on
    CellModel model;
    auto context = LongContext::make(model, rate, 1, ten_seconds_back).value();
    REQUIRE(context.push(0, all.first(20 * rate)).has_value());
    const auto anew = context.push(50 * rate, all.first(302 * rate)).value();
    CHECK(anew[149].known_until == 350 * rate);
    CHECK(anew[148].state == State::warming_up);
    CHECK(anew[149].state == State::scored);
}

TEST_CASE("rules and rates out of range are refused, and the model's failure is passed on") {
    CellModel model;
    const auto field = [&](LongContextRules rules) {
        const auto made = LongContext::make(model, rate, 1, rules);
        return made ? std::string("fine") : made.error().field;
    };
    CHECK(field({.lag_half_s = 40}) == "fine");
    CHECK(field({.lag_half_s = 41}) == "lag");
    CHECK(field({.least_segments = 0}) == "least_segments");
    CHECK(field({.least_segments = 599}) == "fine");
    CHECK(field({.least_segments = 600}) == "least_segments");
    CHECK(field({.longest_hole_s = 0}) == "longest_hole");
    CHECK(field({.longest_hole_s = 300}) == "fine");
    CHECK(field({.longest_hole_s = 301}) == "longest_hole");
    CHECK(LongContext::make(model, 173, 1).error().field == "rate");
    auto context = LongContext::make(model, rate, 1, ten_seconds_back).value();
    model.broken = true;
    CHECK(context.push(0, {}).value().empty());
    const auto failed = context.push(0, noise(300));
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().code == ErrorCode::internal);
}

} // namespace vigil::detect
