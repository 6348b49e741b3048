#include "alarm/conditions.hpp"

#include <algorithm>
#include <array>

namespace vigil::alarm {

namespace {

constexpr std::int64_t second = 1'000'000;

// source  priorities, delays and latching are Vigil's own, by what IEC 60601-1-8 asks the priority
//         to follow from: how soon which harm follows (from memory). No delay for the heart: IEC
//         60601-2-27 has 10 s from the limit to the alarm (from memory), which the rate's own
//         averaging needs. High ones latch, as "in general" in Draeger's Infinity Acute Care System
//         (instructions for use VG1, page 74); what passes by itself unseen latches too. Technical
//         ones never: Philips V24, page 5-5, "INOPs are always non-latching". The heart's limits
//         and bounds: libs/signal/heart_rules.hpp. 30 s and 2 min without data: Vigil's own.
constexpr std::array table{
    ConditionRow{
        .id = v1::Alarm::PROLONGED_SEIZURE,
        .name = "prolonged seizure",
        .kind = Kind::physiological,
        .group = Group::seizure,
        .priority = v1::Alarm::HIGH,
        .latching = true,
    },
    ConditionRow{
        .id = v1::Alarm::SEIZURE,
        .name = "seizure",
        .kind = Kind::physiological,
        .group = Group::seizure,
        .priority = v1::Alarm::HIGH,
        .latching = true,
    },
    ConditionRow{
        .id = v1::Alarm::MANUAL_ALARM,
        .name = "manual alarm",
        .kind = Kind::physiological,
        .group = Group::manual,
        .priority = v1::Alarm::HIGH,
        .latching = true,
    },
    ConditionRow{
        .id = v1::Alarm::EVENT_BUTTON,
        .name = "event button",
        .kind = Kind::physiological,
        .group = Group::button,
        .priority = v1::Alarm::MEDIUM,
        .latching = true,
    },
    ConditionRow{
        .id = v1::Alarm::SEIZURE_POSSIBLE,
        .name = "seizure possible",
        .kind = Kind::physiological,
        .group = Group::seizure,
        .priority = v1::Alarm::MEDIUM,
        .latching = true,
    },
    ConditionRow{
        .id = v1::Alarm::PAUSE,
        .name = "pause",
        .kind = Kind::physiological,
        .group = Group::pause,
        .priority = v1::Alarm::MEDIUM,
        .latching = true,
        .limit = Limit{.by_default = 3, .least = 1, .most = 20, .unit = "s"},
    },
    ConditionRow{
        .id = v1::Alarm::BRADYCARDIA,
        .name = "bradycardia",
        .kind = Kind::physiological,
        .group = Group::bradycardia,
        .priority = v1::Alarm::MEDIUM,
        .limit = Limit{.by_default = 50, .least = 20, .most = 300, .unit = "/min"},
    },
    ConditionRow{
        .id = v1::Alarm::TACHYCARDIA,
        .name = "tachycardia",
        .kind = Kind::physiological,
        .group = Group::tachycardia,
        .priority = v1::Alarm::MEDIUM,
        .limit = Limit{.by_default = 120, .least = 20, .most = 300, .unit = "/min"},
    },
    ConditionRow{
        .id = v1::Alarm::STORAGE_FAILING,
        .name = "storage failing",
        .group = Group::storage,
        .priority = v1::Alarm::MEDIUM,
    },
    ConditionRow{
        .id = v1::Alarm::DETECTOR_BEHIND,
        .name = "detector behind",
        .group = Group::detector,
        .priority = v1::Alarm::MEDIUM,
        .delay_us = 10 * second,
    },
    ConditionRow{
        .id = v1::Alarm::LINK_LOST,
        .name = "link lost",
        .group = Group::link,
        .delay_us = 10 * second,
    },
    ConditionRow{
        .id = v1::Alarm::DATA_MISSING,
        .name = "no data",
        .group = Group::link,
        .delay_us = 30 * second,
        .later_priority = v1::Alarm::MEDIUM,
        .later_delay_us = 120 * second,
    },
    ConditionRow{
        .id = v1::Alarm::ELECTRODE_OFF,
        .name = "electrode off",
        .group = Group::signal,
        .delay_us = 5 * second,
    },
    ConditionRow{
        .id = v1::Alarm::FLAT_OR_SATURATED,
        .name = "flat or saturated channel",
        .group = Group::signal,
        .delay_us = 10 * second,
    },
    ConditionRow{
        .id = v1::Alarm::FROZEN_VALUE,
        .name = "frozen value",
        .group = Group::signal,
        .delay_us = 30 * second,
    },
    ConditionRow{
        .id = v1::Alarm::CLOCK_SKEW,
        .name = "clock skew",
        .group = Group::clock,
        .delay_us = 60 * second,
    },
};

} // namespace

std::span<const ConditionRow> conditions() {
    return table;
}

const ConditionRow* row_of(Condition condition) {
    const auto* const found = std::ranges::find(table, condition, &ConditionRow::id);
    return found == table.end() ? nullptr : found;
}

std::size_t rank_of(Condition condition) {
    return static_cast<std::size_t>(
        std::ranges::find(table, condition, &ConditionRow::id) - table.begin()
    );
}

std::optional<Priority> priority_after(const ConditionRow& row, std::int64_t us) {
    if (row.later_priority != v1::Alarm::PRIORITY_UNSPECIFIED && us >= row.later_delay_us) {
        return row.later_priority;
    }
    return us >= row.delay_us ? std::optional(row.priority) : std::nullopt;
}

} // namespace vigil::alarm
