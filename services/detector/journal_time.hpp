// A clock made of entries alone, so that a replay forgets exactly what the first owner forgot. Used
// by Core.
#pragma once

#include <algorithm>
#include <cstdint>

namespace vigil::detector {

/// Passes as receipt times do, but never back and by at most 5 s from one entry to the next: the
/// step of a wall clock, or an hour in which nothing came, does not make every stream old at once.
/// threads one
class JournalTime {
public:
    void pass(std::int64_t receipt_time_us) {
        constexpr std::int64_t longest_us = 5'000'000;
        constexpr std::int64_t step_back_us =
            60'000'000; // more is a clock that was set, not two receivers that differ
        if (is_first_ || receipt_time_us < newest_us_ - step_back_us) {
            newest_us_ = receipt_time_us;
            is_first_ = false;
        } else if (receipt_time_us > newest_us_) {
            passed_us_ += std::min(receipt_time_us - newest_us_, longest_us);
            newest_us_ = receipt_time_us;
        }
    }

    /// Since the first entry.
    [[nodiscard]] std::int64_t now_us() const { return passed_us_; }

private:
    bool is_first_ = true;
    std::int64_t newest_us_ = 0;
    std::int64_t passed_us_ = 0;
};

} // namespace vigil::detector
