#include "signal/beat_comparison.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

namespace vigil::signal {
namespace {

using Beats = std::vector<std::int64_t>;
constexpr double rate_hz = 1000; // one sample is a millisecond
constexpr BeatComparisonRules from_start{.learning_s = 0};

BeatCounts compare(const Beats& reference, const Beats& detected) {
    return compare_beats(reference, detected, rate_hz, {}, {}, from_start);
}

bool equal(
    const BeatCounts& counts,
    std::uint64_t matched,
    std::uint64_t missed,
    std::uint64_t extra
) {
    return counts.matched == matched && counts.missed == missed && counts.extra == extra;
}

} // namespace

TEST_CASE("beats match within 150 ms on either side and not beyond") {
    CHECK(equal(compare({1000}, {1150}), 1, 0, 0));
    CHECK(equal(compare({1000}, {850}), 1, 0, 0));
    CHECK(equal(compare({1000}, {1151}), 0, 1, 1));
    CHECK(equal(compare({1000}, {849}), 0, 1, 1));
    // 150 ms are 54 samples at 360 Hz
    CHECK(compare_beats(Beats{1000}, Beats{1054}, 360, {}, {}, from_start).matched == 1);
    CHECK(compare_beats(Beats{1000}, Beats{1055}, 360, {}, {}, from_start).matched == 0);
}

TEST_CASE("a beat has one partner, the nearest") {
    CHECK(equal(compare({1000}, {900, 1010}), 1, 0, 1));
    CHECK(equal(compare({1000}, {990, 1100}), 1, 0, 1));
    CHECK(equal(compare({1000, 1100}, {1090}), 1, 1, 0));
    CHECK(equal(compare({1000, 1100}, {1010}), 1, 1, 0));
    CHECK(equal(compare({}, {5, 6}), 0, 0, 2));
    CHECK(equal(compare({5, 600}, {}), 0, 2, 0));
    CHECK(equal(compare({}, {}), 0, 0, 0));
}

TEST_CASE("the first five minutes are not scored, but a beat in them can be a partner") {
    const auto counts = [](const Beats& reference, const Beats& detected) {
        return compare_beats(reference, detected, rate_hz);
    };
    CHECK(equal(counts({1000, 299'999}, {2000}), 0, 0, 0));
    CHECK(equal(counts({300'000}, {}), 0, 1, 0));
    CHECK(equal(counts({300'050}, {299'950}), 1, 0, 0));
    CHECK(equal(counts({299'950}, {300'050}), 0, 0, 0));
    CHECK(equal(counts({}, {300'000}), 0, 0, 1));
}

TEST_CASE("unusable stretches are counted apart, excluded ones not at all") {
    const Beats reference{1000, 2000, 3000, 4000, 5000};
    const Beats detected{1000, 2500, 3500, 4000, 5400};
    const std::vector<SampleRange> unusable{{1900, 2600}, {3900, 4100}};
    const auto counts = compare_beats(reference, detected, rate_hz, unusable, {}, from_start);
    CHECK(equal(counts, 1, 2, 2));
    CHECK(counts.unusable_matched == 1);
    CHECK(counts.unusable_missed == 1);
    CHECK(counts.unusable_extra == 1);
    CHECK(equal(counts.everything(), 2, 3, 3));
    // the end does not belong to a range
    CHECK(
        compare_beats(
            reference,
            detected,
            rate_hz,
            std::vector<SampleRange>{{900, 1000}},
            {},
            from_start
        )
            .unusable_matched == 0
    );
    const std::vector<SampleRange> flutter{{2900, 5500}};
    CHECK(equal(compare_beats(reference, detected, rate_hz, {}, flutter, from_start), 1, 1, 1));
}

TEST_CASE("gross counts beats alike, average counts records alike") {
    const std::vector<BeatCounts> records{
        {.matched = 90, .missed = 10, .extra = 0},
        {.matched = 10, .missed = 0, .extra = 10},
        {.matched = 0, .missed = 0, .extra = 0}, // nothing in it: no figure of its own
    };
    const BeatSummary summary = summarise(records);
    using Catch::Matchers::WithinRel;
    CHECK_THAT(summary.gross_sensitivity.value(), WithinRel(100.0 / 110, 1e-12));
    CHECK_THAT(summary.gross_positive_predictivity.value(), WithinRel(100.0 / 110, 1e-12));
    CHECK_THAT(summary.average_sensitivity.value(), WithinRel(0.95, 1e-12));
    CHECK_THAT(summary.average_positive_predictivity.value(), WithinRel(0.75, 1e-12));
    CHECK_FALSE(summarise({}).gross_sensitivity.has_value());
    CHECK_FALSE(summarise({}).average_sensitivity.has_value());
}

} // namespace vigil::signal
