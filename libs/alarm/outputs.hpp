// What the parts of the machine give each other: when and why something happens, and what is told.
#pragma once

#include "vigil/v1/alarm.pb.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::alarm {

using Outputs = std::vector<v1::AlarmOutput>;

/// The entry that is looked at.
struct Moment {
    std::string_view cause = {}; // its id
    std::int64_t time_us = 0;    // its receipt time
    std::int64_t passed_us = 0;  // by PassedTime
    std::int64_t clock_us = 0;   // ... at the newest clock entry: what deadlines are counted from
};

/// One stream of a patient's device.
struct StreamName {
    std::string device;
    std::string stream;

    friend auto operator<=>(const StreamName&, const StreamName&) = default;
};

inline v1::AlarmNotice& add_notice(Outputs& out, v1::AlarmNotice::Kind kind) {
    auto& notice = *out.emplace_back().mutable_notice();
    notice.set_kind(kind);
    return notice;
}

inline v1::AlarmNotice&
add_notice(Outputs& out, v1::AlarmNotice::Kind kind, const StreamName& name) {
    auto& notice = add_notice(out, kind);
    notice.set_device(name.device);
    notice.set_stream(name.stream);
    return notice;
}

} // namespace vigil::alarm
