// Whether a device's clock differs from Vigil's, by what its data say of their time. Used by the
// detector.
#pragma once

#include <algorithm>
#include <cstdint>

namespace vigil::alarm {

/// A device's time of new samples less the time of their receipt is what its clock is wrong by, and
/// what they needed to get here. Samples that were held back get here sooner and sooner; a clock
/// that is wrong stays so. So it is odd once it has been wrong by over 10 s for 10 s in which
/// nothing caught up, and right again with the first samples that are not.
///
/// Only for samples beyond the newest of their stream: backfill says nothing of a clock.
///
/// units   microseconds, UTC
/// threads one
class ClockWatch {
public:
    /// Vigil's own, as are the next two: what a transport explains, and what an onset may be off.
    static constexpr std::int64_t most_apart_us = 10'000'000;
    static constexpr std::int64_t odd_after_us = 10'000'000;
    /// So much less delay is catching up.
    static constexpr std::int64_t caught_up_us = 2'000'000;

    struct State {
        std::int64_t since_us = 0; // receipt of the first samples that were wrong; 0: right
        std::int64_t delay_us = 0; // ... and how late those were, by the device's clock
        bool is_odd = false;
    };

    /// New samples, whose last is from `end_us` by the device's clock. True where `is_odd` has
    /// changed.
    bool arrive(std::int64_t receipt_us, std::int64_t end_us) {
        const bool was_odd = state_.is_odd;
        const auto delay_us = receipt_us - end_us;
        if (delay_us >= -most_apart_us && delay_us <= most_apart_us) {
            state_ = {};
        } else if (state_.since_us == 0 || delay_us < state_.delay_us - caught_up_us ||
                   receipt_us < state_.since_us) {
            state_ = {.since_us = receipt_us, .delay_us = delay_us, .is_odd = false};
        } else if (receipt_us - state_.since_us >= odd_after_us) {
            state_.is_odd = true;
        }
        return state_.is_odd != was_odd;
    }

    [[nodiscard]] bool is_odd() const { return state_.is_odd; }

    [[nodiscard]] const State& state() const { return state_; }

    void load(const State& state) { state_ = state; }

private:
    State state_;
};

} // namespace vigil::alarm
