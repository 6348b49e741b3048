// How long an owner that was refused or whose model failed waits before it tries again. Used by
// Service.
#pragma once

#include <algorithm>
#include <chrono>

namespace vigil::detector {

/// Twice as long from one failure to the next, so that two owners do not take from each other all
/// the time; from the shortest again after an ownership that lasted longer than the longest wait.
/// threads one
class ReturnWait {
public:
    using Duration = std::chrono::milliseconds;

    ReturnWait(Duration shortest, Duration longest) : shortest_(shortest), longest_(longest) {}

    [[nodiscard]] Duration next(std::chrono::microseconds owned_for) {
        const bool held_well = owned_for > longest_;
        wait_ = wait_ == Duration::zero() || held_well ? shortest_ : std::min(wait_ * 2, longest_);
        return wait_;
    }

private:
    Duration shortest_;
    Duration longest_;
    Duration wait_{0};
};

} // namespace vigil::detector
