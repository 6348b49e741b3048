#include "detect/patient_score.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace vigil::detect {

bool can_be_evaluated(std::span<const std::int32_t> samples, std::int32_t limit) {
    auto least = samples.front();
    auto most = samples.front();
    std::uint32_t at_limit = 0;
    for (const auto value : samples) {
        least = std::min(least, value);
        most = std::max(most, value);
        at_limit += static_cast<std::uint32_t>(value >= limit) |
                    static_cast<std::uint32_t>(value <= -limit);
    }
    if (least == most) {
        return false;
    }
    // the tenth is ours: a window of which less is cut off keeps its shape
    return std::size_t{at_limit} * 10 <= samples.size();
}

std::uint32_t to_q16(float score) {
    return static_cast<std::uint32_t>(std::lround(score * 65536.0F));
}

std::optional<float> patient_score(std::span<const float> channels) {
    if (channels.empty()) {
        return std::nullopt;
    }
    float highest = channels.front();
    std::optional<float> second;
    for (const auto score : channels.subspan(1)) {
        if (score > highest) {
            second = highest;
            highest = score;
        } else if (!second || score > *second) {
            second = score;
        }
    }
    return second ? (highest + *second) / 2 : highest;
}

} // namespace vigil::detect
