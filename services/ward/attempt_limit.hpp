// How often somebody may try a password or a PIN. Used by SignIn and PersonGate.
#pragma once

#include "base/time.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <string>

namespace vigil::ward {

/// An attempt counts from when it begins, so that many at once are no way around it; one that
/// succeeds is forgiven.
/// threads any
class AttemptLimit {
public:
    AttemptLimit(std::size_t most, std::chrono::seconds within) : most_(most), within_(within) {}

    /// False: too many failed within the time; nothing was counted.
    [[nodiscard]] bool take(const std::string& who, SteadyTime now) {
        const std::scoped_lock lock(mutex_);
        std::erase_if(attempts_, [&](const auto& one) {
            return one.second.empty() || one.second.back() <= now - within_;
        });
        if (!attempts_.contains(who) && attempts_.size() >= most_known) {
            return false;
        }
        auto& made = attempts_[who];
        while (!made.empty() && made.front() <= now - within_) {
            made.pop_front();
        }
        if (made.size() >= most_) {
            return false;
        }
        made.push_back(now);
        return true;
    }

    void forgive(const std::string& who) {
        const std::scoped_lock lock(mutex_);
        if (const auto found = attempts_.find(who);
            found != attempts_.end() && !found->second.empty()) {
            found->second.pop_back();
        }
    }

private:
    static constexpr std::size_t most_known = 10'000;

    std::size_t most_;
    std::chrono::seconds within_;
    std::mutex mutex_;
    std::map<std::string, std::deque<SteadyTime>> attempts_;
};

} // namespace vigil::ward
