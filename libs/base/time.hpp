// Time as a port: nothing below main.cpp asks the system for it. Used by every service and by the
// simulation.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace vigil {

using UtcTime = std::chrono::sys_time<std::chrono::microseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;
using Microseconds = std::chrono::microseconds;

class Clock {
public:
    virtual ~Clock() = default;
    /// UTC; may step when somebody sets the machine's clock.
    [[nodiscard]] virtual UtcTime utc() const = 0;
    /// Never steps: for durations and deadlines.
    [[nodiscard]] virtual SteadyTime steady() const = 0;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] UtcTime utc() const override;
    [[nodiscard]] SteadyTime steady() const override;
};

/// A clock that stands still until it is moved: for tests and the simulation. threads any
class ManualClock final : public Clock {
public:
    explicit ManualClock(UtcTime start) : utc_us_(start.time_since_epoch().count()) {}

    [[nodiscard]] UtcTime utc() const override { return UtcTime{Microseconds{utc_us_}}; }

    [[nodiscard]] SteadyTime steady() const override {
        return SteadyTime{Microseconds{steady_us_}};
    }

    /// Lets time pass: both clocks move.
    void advance(Microseconds by) {
        utc_us_ += by.count();
        steady_us_ += by.count();
    }

    /// Sets the wall clock alone, as an administrator or NTP does.
    void step(Microseconds by) { utc_us_ += by.count(); }

private:
    std::atomic<std::int64_t> utc_us_;
    std::atomic<std::int64_t> steady_us_{0};
};

[[nodiscard]] constexpr std::int64_t to_us(UtcTime time) noexcept {
    return time.time_since_epoch().count();
}

[[nodiscard]] constexpr UtcTime from_us(std::int64_t us) noexcept {
    return UtcTime{Microseconds{us}};
}

/// RFC 3339 with microseconds: "2026-11-24T12:00:00.000000Z".
[[nodiscard]] std::string to_rfc3339(UtcTime time);

} // namespace vigil
