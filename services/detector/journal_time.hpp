// A clock made of inputs alone, so that a replay forgets exactly what the first owner forgot. Used
// by Core.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace vigil::detector {

/// Passes as receipt times do, but never back and by at most 5 s from one entry to the next: the
/// step of a wall clock, or an hour in which nothing came, does not make every stream old at once.
/// threads one
class JournalTime {
public:
    /// What an owner that begins to read in the middle goes on from.
    struct State {
        std::int64_t newest_us = 0;
        std::int64_t passed_us = 0;
        friend bool operator==(const State&, const State&) = default;
    };

    JournalTime() = default;

    /// Nothing: no entry has been read yet.
    explicit JournalTime(std::optional<State> state)
        : is_first_(!state), state_(state.value_or(State{})) {}

    void pass(std::int64_t receipt_time_us) {
        constexpr std::int64_t longest_us = 5'000'000;
        constexpr std::int64_t step_back_us =
            60'000'000; // more is a clock that was set, not two receivers that differ
        if (is_first_ || receipt_time_us < state_.newest_us - step_back_us) {
            state_.newest_us = receipt_time_us;
            is_first_ = false;
        } else if (receipt_time_us > state_.newest_us) {
            state_.passed_us += std::min(receipt_time_us - state_.newest_us, longest_us);
            state_.newest_us = receipt_time_us;
        }
    }

    /// Since the first entry.
    [[nodiscard]] std::int64_t now_us() const { return state_.passed_us; }

    [[nodiscard]] std::optional<State> state() const {
        return is_first_ ? std::nullopt : std::optional(state_);
    }

private:
    bool is_first_ = true;
    State state_;
};

} // namespace vigil::detector
