#include "base/time.hpp"

#include <format>

namespace vigil {

UtcTime SystemClock::utc() const {
    return std::chrono::time_point_cast<Microseconds>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::steady() const {
    return std::chrono::steady_clock::now();
}

std::string to_rfc3339(UtcTime time) {
    return std::format("{:%FT%T}Z", time);
}

} // namespace vigil
