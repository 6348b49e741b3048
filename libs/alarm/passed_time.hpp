// A clock made of clock entries alone, so that another owner counts the same. Used by AlarmMachine.
#pragma once

#include "vigil/v1/alarm.pb.h"

#include <algorithm>
#include <cstdint>

namespace vigil::alarm {

/// Passes as the clock entries' times do, and never back: where the wall clock is set back, or
/// another owner's differs, it stands still for one entry. A leap forward counts in full (what an
/// owner that died left unsaid did pass), up to 31 days; Vigil's own bound.
///
/// What happens between two clock entries is given the time that its own entry says, and once the
/// next one is there no later than that: the clock of who wrote it can be an hour ahead.
class PassedTime {
public:
    static constexpr std::int64_t longest_leap_us = 31 * 86'400'000'000LL;

    void clock(std::int64_t time_us) {
        if (clock_.has_newest_us() && time_us > clock_.newest_us()) {
            clock_.set_passed_us(
                clock_.passed_us() + std::min(time_us - clock_.newest_us(), longest_leap_us)
            );
        }
        clock_.set_newest_us(time_us);
    }

    /// At the newest clock entry.
    [[nodiscard]] std::int64_t now_us() const { return clock_.passed_us(); }

    /// At an entry that came after it.
    [[nodiscard]] std::int64_t at_us(std::int64_t time_us) const {
        if (!clock_.has_newest_us() || time_us <= clock_.newest_us()) {
            return clock_.passed_us();
        }
        return clock_.passed_us() + std::min(time_us - clock_.newest_us(), longest_leap_us);
    }

    [[nodiscard]] const v1::AlarmMemory::Clock& memory() const { return clock_; }

    void load(const v1::AlarmMemory::Clock& memory) { clock_ = memory; }

private:
    v1::AlarmMemory::Clock clock_;
};

} // namespace vigil::alarm
