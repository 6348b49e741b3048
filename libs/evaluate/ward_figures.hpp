// How a detector does on a ward, by what staff said of its events. Used by `records`; pure.
#pragma once

#include "evaluate/intervals.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace vigil::evaluate {

/// Microseconds, UTC; the end is not in it.
struct WardSpan {
    std::int64_t from_us = 0;
    std::int64_t until_us = 0;
};

enum class WardVerdict : std::uint8_t { none, seizure, no_seizure, unsure };

/// An event that the active model raised and that stands.
struct WardEvent {
    WardSpan span;
    WardVerdict verdict = WardVerdict::none;
};

struct WardAlarm {
    std::int64_t raised_us = 0;
    int priority = 1; // 1 low, 2 medium, 3 high
};

struct WardRecord {
    WardSpan time;                  // that is asked for
    std::vector<WardSpan> recorded; // when there was EEG; stretches may overlap
    std::vector<WardEvent> events;  // that began in the time
    std::vector<WardSpan> seizures; // that staff annotated, and that began in the time
    std::vector<WardAlarm> alarms;  // that were raised in the time
};

/// With its exact 95 % interval.
struct Estimate {
    double value = 0;
    Interval interval;
};

struct AlarmCount {
    std::uint64_t high = 0;
    std::uint64_t medium = 0;
    std::uint64_t low = 0;
    friend bool operator==(const AlarmCount&, const AlarmCount&) = default;
};

struct WardFigures {
    double recorded_hours = 0;
    std::uint64_t true_events = 0;
    std::uint64_t false_events = 0;
    std::uint64_t unsure_events = 0;
    std::uint64_t unmarked_events = 0;
    std::uint64_t seizures = 0; // that anybody knows of
    std::uint64_t detected = 0; // of these
    /// Nothing where nothing was recorded.
    std::optional<Estimate> false_alarms_per_24_h;
    /// Nothing where no seizure is known.
    std::optional<Estimate> sensitivity;
    std::map<std::int64_t, AlarmCount> alarms_per_day; // by the UTC day's first microsecond
};

/// Events that nobody has marked count as neither: what is said of few of them says little.
///
/// A seizure that staff annotated is detected where an event that is not marked false overlaps it,
/// from 30 s before its onset to 60 s after its end; several events of one are one seizure. An
/// event that is marked true and lies at no annotated seizure is a seizure of its own, detected.
/// What nobody has seen is in no figure, so that sensitivity is what it is at best.
///
/// source  the tolerances: SzCORE (Dan et al., Epilepsia 2024), event-based scoring; intervals:
///         intervals.hpp
/// threads any      cost  events times annotated seizures
[[nodiscard]] WardFigures ward_figures(const WardRecord& record);

} // namespace vigil::evaluate
