#include "signal/heart.hpp"

#include <cstddef>
#include <limits>

namespace vigil::signal {

std::optional<double> heart_rate_bpm(std::span<const std::uint32_t> rr_us) {
    return recent_heart_rate_bpm(rr_us, std::numeric_limits<std::uint64_t>::max());
}

std::optional<double>
recent_heart_rate_bpm(std::span<const std::uint32_t> rr_us, std::uint64_t span_us) {
    std::uint64_t sum_us = 0;
    std::size_t count = 0;
    for (std::size_t i = rr_us.size(); i-- > 0;) {
        if (!is_plausible_rr(rr_us[i])) {
            continue;
        }
        if (count > 0 && sum_us + rr_us[i] > span_us) {
            break;
        }
        sum_us += rr_us[i];
        ++count;
    }
    if (count == 0) {
        return std::nullopt;
    }
    return 60e6 * static_cast<double>(count) / static_cast<double>(sum_us);
}

} // namespace vigil::signal
