#include "play/tally.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::play {

void Durations::add(std::chrono::steady_clock::duration duration) {
    const double us = std::chrono::duration<double, std::micro>(duration).count();
    const double step = us <= 1 ? 0 : std::log2(us) * steps_per_octave;
    counts_[std::min(counts_.size() - 1, static_cast<std::size_t>(step))].fetch_add(
        1,
        std::memory_order_relaxed
    );
}

std::chrono::microseconds Durations::quantile(double q) const {
    std::uint64_t total = 0;
    for (const auto& count : counts_) {
        total += count.load(std::memory_order_relaxed);
    }
    const auto wanted = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(total)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; total > 0 && i < counts_.size(); ++i) {
        seen += counts_[i].load(std::memory_order_relaxed);
        if (seen >= wanted) {
            return std::chrono::microseconds(
                std::llround(std::exp2(static_cast<double>(i + 1) / steps_per_octave))
            );
        }
    }
    return std::chrono::microseconds{0};
}

} // namespace vigil::play
