// What a body says of a patient's alarms: settings and acts. Used by AlarmDesk.
#pragma once

#include "base/error.hpp"
#include "vigil/v1/alarm.pb.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace vigil::ward {

inline constexpr double ms_per_s = 1'000;

/// Changes the settings in force as the body says; what it leaves out stays. Bounds are
/// alarm::check()'s matter.
///
/// errors  invalid_argument with the member
[[nodiscard]] Result<void> read_settings(std::string body, v1::AlarmSettings& settings);

/// What an act's body may have; "person" and "pin" are PersonGate's.
inline constexpr std::initializer_list<std::string_view> act_members{
    "kind",
    "alarm",
    "revision",
    "condition",
    "reason",
    "for_s",
    "device",
    "stream",
    "person",
    "pin"
};

/// An act without who and when but for its end, which is counted from `now_us`.
///
/// errors  invalid_argument with the member
[[nodiscard]] Result<v1::Act> read_act(std::string body, std::int64_t now_us);

} // namespace vigil::ward
