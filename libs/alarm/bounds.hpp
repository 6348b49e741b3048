// What acts and settings may say. For the ward, before it writes one, and for the machine, which
// believes none.
#pragma once

#include "base/error.hpp"
#include "vigil/v1/alarm.pb.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace vigil::alarm {

/// source  issue 5 of the project; two minutes are also what Draeger's monitors have (Infinity
///         Acute Care System, instructions for use VG1, page 83)
inline constexpr std::int64_t longest_audio_pause_us = 120'000'000;
/// source  issue 5 of the project. Alarms switched off without an end were followed by deaths:
///         recall of Philips' IntelliVue monitors (recalltracker.ca, 81234)
inline constexpr std::int64_t longest_off_us = 12 * 3'600'000'000LL;

/// Vigil's own.
inline constexpr std::size_t longest_name = 64;    // of users, devices, streams, models
inline constexpr std::size_t longest_reason = 500; // bytes
inline constexpr std::size_t most_sign_offs = 16;
/// A time further from 1970 is none: no sum of two overflows.
inline constexpr std::int64_t latest_time_us = std::int64_t{1} << 60;

[[nodiscard]] constexpr bool is_time(std::int64_t us) {
    return us > -latest_time_us && us < latest_time_us;
}

/// A time that staff may set.
struct TimeRow {
    std::string_view name; // of AlarmSettings' member
    std::uint32_t by_default_s = 0;
    std::uint32_t least_s = 0;
    std::uint32_t most_s = 0;
    std::uint32_t (v1::AlarmSettings::*read)() const = nullptr;
    void (v1::AlarmSettings::*write)(std::uint32_t) = nullptr;
};

[[nodiscard]] std::span<const TimeRow> times();

/// Not switched on, no model signed off, everything else at its default.
[[nodiscard]] v1::AlarmSettings default_settings();

/// errors  invalid_argument with the field: a limit or a time out of its bounds, no user, too long
///         a text or list, a sign-off without model, version or user
///         forbidden: neither clinician nor administrator
[[nodiscard]] Result<void> check(const v1::AlarmSettings& settings);

/// `at_us` is the receipt time of its entry.
///
/// errors  invalid_argument with the field: no kind or user, a text that is too long; of a pause no
///         end or one over 2 min ahead; of an alarm off no condition, reason or end, or one over
///         12 h ahead; of an acknowledgement no alarm or revision; of a stream's end no stream
///         forbidden: no clinician
[[nodiscard]] Result<void> check(const v1::Act& act, std::int64_t at_us);

/// The settings in force once `next` has been said: what it leaves out stays.
[[nodiscard]] v1::AlarmSettings
merged(const v1::AlarmSettings& in_force, const v1::AlarmSettings& next);

/// What differs, for people: "tachycardia 120 -> 130 /min; switched on"; empty where nothing does.
[[nodiscard]] std::string
difference(const v1::AlarmSettings& before, const v1::AlarmSettings& after);

[[nodiscard]] bool is_signed_off(
    const v1::AlarmSettings& settings,
    std::string_view model,
    std::string_view model_version
);

} // namespace vigil::alarm
