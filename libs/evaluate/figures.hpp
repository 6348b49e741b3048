// The figures of an evaluation: of each patient, over all, and the mean of patients. Used by
// `vigil evaluate`; pure.
#pragma once

#include "evaluate/event.hpp"
#include "evaluate/intervals.hpp"
#include "evaluate/scoring.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace vigil::evaluate {

/// What was counted in some recordings.
struct Tally {
    std::uint64_t recordings = 0;
    std::uint64_t seizures = 0;
    Counts events = {};
    Counts samples = {};
    std::vector<double> latencies_s = {}; // of the detected seizures

    Tally& operator+=(const Tally& other);
};

/// One recording's.
[[nodiscard]] Tally tally(
    std::span<const Event> reference,
    std::span<const Event> detections,
    double duration_s,
    const EventRules& rules = {}
);

struct PatientTally {
    std::string patient;
    Tally tally;
};

/// Over all recordings of all patients as if they were one: whoever has more seizures, or is
/// recorded longer, counts more.
[[nodiscard]] Tally micro_average(std::span<const PatientTally> patients);

/// The mean of a figure over the patients that have it.
struct Mean {
    std::optional<double> value = {}; // nothing when no patient has the figure
    std::uint64_t patients = 0;       // how many have it
};

/// Every patient counts the same.
struct MacroFigures {
    Mean sensitivity;
    Mean precision;
    Mean f1;
    Mean false_alarms_per_day;
};

/// Over the patients' events, or their samples.
[[nodiscard]] MacroFigures
macro_average(std::span<const PatientTally> patients, Counts Tally::* of = &Tally::events);

/// False alarms a day with the exact Poisson interval; nothing without a recording.
[[nodiscard]] std::optional<Interval> false_alarm_interval(const Counts& events);

} // namespace vigil::evaluate
