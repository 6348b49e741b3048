#include "queueing/autoscaler.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::queueing {

std::uint64_t Autoscaler::decide(double now_s, std::uint64_t current, double usage) {
    constexpr std::uint64_t pods_at_once = 4;
    const double ratio = usage / static_cast<double>(current) / plan_.target;
    std::uint64_t wish = current;
    if (std::abs(ratio - 1) > plan_.tolerance) {
        // as Kubernetes does, without rounding errors adding a pod
        wish = static_cast<std::uint64_t>(std::ceil(static_cast<double>(current) * ratio - 1e-9));
    }
    wish = std::clamp(wish, plan_.fewest, plan_.most);
    while (!wishes_.empty() && wishes_.front().first < now_s - plan_.steady_s) {
        wishes_.pop_front();
    }
    wishes_.emplace_back(now_s, wish);
    if (wish < current) {
        const auto highest =
            std::ranges::max(wishes_, {}, &std::pair<double, std::uint64_t>::second).second;
        return std::min(highest, current);
    }
    return std::min(wish, std::max(current + pods_at_once, 2 * current));
}

} // namespace vigil::queueing
