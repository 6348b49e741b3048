// How long a lane leaves the server alone before it tries again. Used by the lanes.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace vigil::play {

/// Own pauses double from the first to the longest and are spread over the upper half of their
/// length. What the server asked for is a least time; up to a quarter more keeps senders that were
/// told the same apart.
///
/// source  M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("equal
/// jitter")
/// threads one at a time
class Pauses {
public:
    Pauses(std::chrono::milliseconds first, std::chrono::milliseconds longest)
        : first_(first), longest_(longest) {}

    /// `asked` is the answer's Retry-After, `uniform` a random number in [0, 1).
    [[nodiscard]] std::chrono::duration<double, std::milli>
    next(std::optional<std::chrono::milliseconds> asked, double uniform) {
        last_ = last_.count() == 0 ? first_ : std::min(last_ * 2, longest_);
        using Length = std::chrono::duration<double, std::milli>;
        return asked ? Length(*asked) * (1 + 0.25 * uniform)
                     : Length(last_) * (0.5 + 0.5 * uniform);
    }

    /// A request was answered: the next trouble begins with the first pause again.
    void reset() { last_ = {}; }

private:
    std::chrono::milliseconds first_;
    std::chrono::milliseconds longest_;
    std::chrono::milliseconds last_{0};
};

} // namespace vigil::play
