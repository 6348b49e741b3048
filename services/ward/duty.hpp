// Which of several wards over one journal calls people and tries the chain: the one on duty, by a
// lease. Used by the program ward; a ward that is alone is always on duty.
#pragma once

#include "base/log.hpp"
#include "base/time.hpp"
#include "journal/leases.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace vigil::ward {

struct DutyOptions {
    std::chrono::milliseconds ttl{5'000}; // of a ward that is silent another takes over then
    std::chrono::milliseconds renew_every{1'000};
};

/// Two may both be on duty for a moment, where one was paused, and one that cannot ask stays on
/// duty: a call goes out twice rather than never.
///
/// threads any
class Duty {
public:
    /// `name` must be this process's and this life's alone. What it is given outlives it.
    Duty(
        journal::Leases& leases,
        const Clock& clock,
        Log& log,
        std::string name,
        DutyOptions options = {}
    );
    /// Gives the duty to another at once.
    ~Duty();
    Duty(const Duty&) = delete;

    [[nodiscard]] bool is_on() const;

private:
    void run(const std::stop_token& stop);

    Log& log_;
    const DutyOptions options_;
    journal::Membership membership_;
    std::atomic<bool> holds_ = false;
    std::jthread thread_;
};

} // namespace vigil::ward
