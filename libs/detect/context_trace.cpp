#include "detect/context_trace.hpp"

#include "detect/spectrogram.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vigil::detect {

namespace {

constexpr std::uint64_t step_hops = 2 * 20;
constexpr std::size_t edge_columns = 2 * 10;

} // namespace

Result<std::vector<TraceWindow>> trace_windows(std::uint64_t samples, std::size_t hop) {
    const std::uint64_t window = 2 * context_s * hop;
    if (samples < window) {
        return fail(
            ErrorCode::unprocessable,
            "The model reads five minutes at once, and the recording is shorter."
        );
    }
    const std::uint64_t last = (samples - window) / hop;
    const auto made = [&](std::uint64_t first_hop, bool fills) {
        return TraceWindow{
            .first_sample = first_hop * hop,
            .begin = first_hop == 0 ? 0 : edge_columns,
            .end = context_columns - (first_hop == last ? 0 : edge_columns),
            .fills = fills,
        };
    };
    std::vector<TraceWindow> windows;
    for (std::uint64_t first_hop = 0; first_hop <= last; first_hop += step_hops) {
        windows.push_back(made(first_hop, false));
    }
    if (last % step_hops != 0) {
        windows.push_back(made(last, true));
    }
    return windows;
}

ContextTrace::ContextTrace(std::uint64_t samples, std::size_t hop)
    : hop_(hop), scores_(samples / hop, std::numeric_limits<float>::quiet_NaN()) {}

bool ContextTrace::needs(const TraceWindow& window, const std::vector<bool>& evaluated) {
    const auto at = [&](std::size_t column) {
        return evaluated.begin() + static_cast<std::ptrdiff_t>(column);
    };
    return std::find(at(window.begin), at(window.end), true) != at(window.end);
}

void ContextTrace::take(
    const TraceWindow& window,
    std::span<const float> scores,
    const std::vector<bool>& evaluated
) {
    for (auto column = window.begin; column < window.end; ++column) {
        auto& score = scores_[window.first_sample / hop_ + 1 + column];
        if (!evaluated[column] || (window.fills && !std::isnan(score))) {
            continue;
        }
        score = std::isnan(score) ? scores[column] : std::max(score, scores[column]);
    }
}

} // namespace vigil::detect
