// How far a stream's detections lag behind its blocks, from both as they stand in the journal. Used
// by the detector.
#pragma once

#include <algorithm>
#include <cstdint>

namespace vigil::alarm {

/// By the stream's own index: what has come without a gap, less what was scored of it. A detector
/// that is dead says nothing of it: the page does (docs/alarms.md). Before a stream's first
/// detection nothing lags, since its model may have to warm up for minutes.
///
/// units   samples of the stream, microseconds
/// threads one
class LagWatch {
public:
    /// Vigil's own: behind by so much more than a block and two windows are.
    static constexpr std::int64_t most_us = 5'000'000;
    /// After a gap a window needs so much before it is whole.
    /// source  detect::WindowShape: 30 s for a card's filters at most, and the window
    static constexpr std::int64_t first_window_us = 35'000'000;
    /// After such a silence the detector begins anew: CoreOptions::memory is 30 s.
    static constexpr std::int64_t silence_us = 25'000'000;

    struct State {
        std::uint64_t run_first = 0; // newest samples without a gap
        std::uint64_t run_end = 0;
        std::uint64_t scored_end = 0; // 0: no detection yet
        std::uint32_t period_s = 1;   // from one detection to the next
        std::int64_t block_us = 0;
        std::int64_t receipt_us = 0; // of the newest block
        bool is_behind = false;
    };

    void
    block(std::uint64_t first, std::uint64_t end, std::int64_t length_us, std::int64_t receipt_us) {
        if (end <= state_.run_end) {
            return;
        }
        if (first > state_.run_end || state_.run_end == 0 ||
            receipt_us - state_.receipt_us >= silence_us) {
            state_.run_first = first;
        }
        state_.run_end = end;
        state_.receipt_us = receipt_us;
        state_.block_us = length_us;
    }

    /// Of the active model: its window's end, and how far the next one is.
    void detection(std::uint64_t end, std::uint32_t period_s) {
        state_.scored_end = std::max(state_.scored_end, end);
        state_.period_s = std::max(1U, period_s);
    }

    /// A clock entry. True where `is_behind` has changed.
    bool clock(double rate_hz) {
        constexpr double second_us = 1e6;
        const auto first_us = static_cast<double>(first_window_us);
        const auto from = std::max(
            static_cast<double>(state_.scored_end),
            static_cast<double>(state_.run_first) + first_us * rate_hz / second_us
        );
        const auto unscored_us = (static_cast<double>(state_.run_end) - from) / rate_hz * second_us;
        const auto usual_us =
            static_cast<double>(state_.block_us) + 2 * second_us * state_.period_s;
        const bool was_behind = state_.is_behind;
        state_.is_behind =
            state_.scored_end > 0 && unscored_us > usual_us + static_cast<double>(most_us);
        return state_.is_behind != was_behind;
    }

    [[nodiscard]] bool is_behind() const { return state_.is_behind; }

    [[nodiscard]] const State& state() const { return state_; }

    void load(const State& state) { state_ = state; }

private:
    State state_;
};

} // namespace vigil::alarm
