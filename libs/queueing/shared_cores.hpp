// Work of one pod whose requests share its cores equally. Used by the simulator.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace vigil::queueing {

/// Each request gets min(1, cores / requests) of a core. Kept in the service that every request
/// has had so far, so that a change costs the logarithm of their number and not all of them.
class SharedCores {
public:
    void add(double now_s, double cores, double work_s, std::uint32_t request) {
        advance(now_s, cores);
        ends_.emplace_back(served_ + work_s, request);
        std::ranges::push_heap(ends_, std::greater<>{});
    }

    /// The request that ends first, now.
    std::uint32_t take(double now_s, double cores) {
        advance(now_s, cores);
        std::ranges::pop_heap(ends_, std::greater<>{});
        const auto request = ends_.back().second;
        ends_.pop_back();
        return request;
    }

    /// When the next one ends if none is added; there is one.
    [[nodiscard]] double next_end_s(double now_s, double cores) const {
        return now_s + std::max(0.0, ends_.front().first - served_) / rate(cores);
    }

    [[nodiscard]] bool idle() const { return ends_.empty(); }

    [[nodiscard]] double busy(double cores) const {
        return std::min(static_cast<double>(ends_.size()), cores);
    }

private:
    [[nodiscard]] double rate(double cores) const {
        return std::min(1.0, cores / static_cast<double>(ends_.size()));
    }

    void advance(double now_s, double cores) {
        served_ = ends_.empty() ? 0 : served_ + (now_s - since_s_) * rate(cores);
        since_s_ = now_s;
    }

    double served_ = 0;
    double since_s_ = 0;
    std::vector<std::pair<double, std::uint32_t>> ends_;
};

} // namespace vigil::queueing
