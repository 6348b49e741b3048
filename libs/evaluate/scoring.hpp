// How well detected events agree with a reader's, by the rules of SzCORE. Used by `vigil evaluate`;
// pure.
#pragma once

#include "evaluate/event.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace vigil::evaluate {

/// source  Dan et al., SzCORE, Epilepsia 2024 (doi 10.1111/epi.18113), section on event scoring;
/// the defaults are those of PyPI timescoring 0.0.7
struct EventRules {
    /// A detection counts when it comes at most this long before the seizure begins ...
    double tolerance_start_s = 30;
    /// ... or after it has ended.
    double tolerance_end_s = 60;
    /// Share of the tolerated stretch that detections must cover; 0: any overlap.
    double minimum_overlap = 0;
    /// A longer event counts as several.
    double longest_event_s = 300;
    /// Events closer than this are one.
    double shortest_pause_s = 90;
};

/// Counts from which every figure follows; those of several recordings may be added.
struct Counts {
    std::uint64_t reference = 0; // events, or samples, of the reference
    std::uint64_t detected = 0;  // of them: true positives
    std::uint64_t false_alarms = 0;
    std::uint64_t samples = 0; // the recording's length
    double rate_hz = 1;        // of these samples

    [[nodiscard]] std::uint64_t missed() const { return reference - detected; }

    [[nodiscard]] double days() const;
    /// detected / reference; nothing without a reference event.
    [[nodiscard]] std::optional<double> sensitivity() const;
    /// detected / (detected + false alarms); nothing where nothing was detected.
    [[nodiscard]] std::optional<double> precision() const;
    /// Nothing where there is neither a reference event nor a false alarm.
    [[nodiscard]] std::optional<double> f1() const;
    /// Nothing for a recording of no length.
    [[nodiscard]] std::optional<double> false_alarms_per_day() const;

    /// Both have the same rate_hz, or one of them is empty.
    Counts& operator+=(const Counts& other);

    friend bool operator==(const Counts&, const Counts&) = default;
};

struct EventScore {
    Counts counts;
    /// Reference seizures after those close together were joined, before long ones were split.
    std::uint64_t seizures = 0;
    /// For each of these seizures that was detected: when the first detection within its tolerance
    /// was raised, in seconds after its onset; at least -tolerance_start_s.
    std::vector<double> latencies_s;
};

/// Events against events, on a grid of 0.1 s: a reference event is detected when a detection
/// overlaps it or its tolerance; a detection that overlaps no detected event's tolerance is a false
/// alarm.
///
/// units   seconds; both lists are normalised first
/// source  timescoring 0.0.7, EventScoring; libs/evaluate/README.md lists what differs
[[nodiscard]] EventScore score_events(
    std::span<const Event> reference,
    std::span<const Event> detections,
    double duration_s,
    const EventRules& rules = {}
);

/// Second by second: a sample is true where both lists cover it.
///
/// source  timescoring 0.0.7, SampleScoring at 1 Hz
[[nodiscard]] Counts score_samples(
    std::span<const Event> reference,
    std::span<const Event> detections,
    double duration_s
);

} // namespace vigil::evaluate
