// The table of what can be an alarm. Read by the machine, and printed in docs/alarms.md, which a
// test compares with it.
#pragma once

#include "vigil/v1/alarm.pb.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace vigil::alarm {

using Condition = v1::Alarm::Condition;
using Priority = v1::Alarm::Priority;

enum class Kind : std::uint8_t { physiological, technical };

/// Conditions of one group and device are one cause: they make one alarm.
enum class Group : std::uint8_t {
    seizure,
    manual,
    button,
    tachycardia,
    bradycardia,
    pause,
    link,
    signal,
    clock,
    detector,
    storage
};

/// A limit that a clinician may set, with what it is until then.
struct Limit {
    double by_default = 0;
    double least = 0;
    double most = 0;
    std::string_view unit;
};

struct ConditionRow {
    Condition id = v1::Alarm::CONDITION_UNSPECIFIED;
    std::string_view name;
    Kind kind = Kind::technical;
    Group group = Group::link;
    Priority priority = v1::Alarm::LOW;
    /// How long the condition must last.
    std::int64_t delay_us = 0;
    /// Where it lasts longer, its priority rises.
    Priority later_priority = v1::Alarm::PRIORITY_UNSPECIFIED;
    std::int64_t later_delay_us = 0;
    /// When it is over the alarm stays until somebody has acknowledged it.
    bool latching = false;
    std::optional<Limit> limit = {};
};

/// The most urgent first.
[[nodiscard]] std::span<const ConditionRow> conditions();

/// Nullptr: none.
[[nodiscard]] const ConditionRow* row_of(Condition condition);

/// Its place in the table: of two the one with the lower is more urgent.
[[nodiscard]] std::size_t rank_of(Condition condition);

/// Of a condition that has lasted so long; nothing: it is no alarm yet.
[[nodiscard]] std::optional<Priority> priority_after(const ConditionRow& row, std::int64_t us);

} // namespace vigil::alarm
