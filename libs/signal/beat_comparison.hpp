// Compares detected beats with reference beats, one by one, as ANSI/AAMI EC57 wants it. Used by
// `vigil evaluate --ecg` and the tests of the QRS detector.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace vigil::signal {

/// From `first` up to, not including, `end`; sample indices.
struct SampleRange {
    std::int64_t first = 0;
    std::int64_t end = 0;
    friend bool operator==(const SampleRange&, const SampleRange&) = default;
};

struct BeatComparisonRules {
    /// source  ANSI/AAMI EC57:2012: match window of 150 ms, learning period of 5 minutes
    double match_window_s = 0.150;
    double learning_s = 300;
};

/// Counts of one record after the learning period. What lies in a stretch that the detector flagged
/// unusable is counted apart; bxb counts a beat missed there as missed.
struct BeatCounts {
    std::uint64_t matched = 0;
    std::uint64_t missed = 0;
    std::uint64_t extra = 0;
    std::uint64_t unusable_matched = 0;
    std::uint64_t unusable_missed = 0;
    std::uint64_t unusable_extra = 0;

    /// Matched of the reference's beats outside unusable stretches; nothing where there is none.
    [[nodiscard]] std::optional<double> sensitivity() const;
    /// Matched of the detected beats outside unusable stretches.
    [[nodiscard]] std::optional<double> positive_predictivity() const;
    /// The same with unusable stretches counted as any other, as bxb does.
    [[nodiscard]] BeatCounts everything() const;

    BeatCounts& operator+=(const BeatCounts& other);
};

/// Over several records: gross counts every beat alike, average every record alike. A record in
/// which a figure is not defined is left out of that figure's average.
struct BeatSummary {
    std::optional<double> gross_sensitivity, gross_positive_predictivity;
    std::optional<double> average_sensitivity, average_positive_predictivity;
};

/// Pairs each beat with the nearest one of the other list within the match window; each beat has at
/// most one partner.
///
/// shape   both lists ascending; sample indices at `rate_hz`
///         unusable: what the detector flagged; excluded: ventricular flutter or fibrillation of
///         the reference, where neither list counts; both ascending and disjoint
/// source  ANSI/AAMI EC57:2012; the order of pairing is that of bxb of the WFDB Applications
///         Guide, which decides what a beat just before the end of the learning period matches
/// threads any
[[nodiscard]] BeatCounts compare_beats(
    std::span<const std::int64_t> reference,
    std::span<const std::int64_t> detected,
    double rate_hz,
    std::span<const SampleRange> unusable = {},
    std::span<const SampleRange> excluded = {},
    const BeatComparisonRules& rules = {}
);

/// source  ANSI/AAMI EC57:2012: gross and average statistics
[[nodiscard]] BeatSummary summarise(std::span<const BeatCounts> records);

} // namespace vigil::signal
