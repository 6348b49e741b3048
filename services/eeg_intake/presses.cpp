#include "eeg_intake/presses.hpp"

#include "base/random.hpp"
#include "eeg_intake/block_limits.hpp"

#include <utility>

namespace vigil::eeg_intake {

std::string
Presses::id_of(const access::Sender& sender, const std::string& device, const std::string& press) {
    return derived_id(sender.patient + '\n' + device + '\n' + press, "button");
}

bool Presses::begin(const std::string& id, Done done) {
    {
        const std::lock_guard lock(mutex_);
        const auto [place, is_new] = known_.try_emplace(id);
        if (is_new || !place->second.empty()) {
            place->second.push_back(std::move(done));
            return is_new;
        }
    }
    done({});
    return false;
}

void Presses::written(const std::string& id, const Result<void>& result) {
    std::vector<Done> waiting;
    {
        const std::lock_guard lock(mutex_);
        const auto place = known_.find(id);
        if (place != known_.end()) {
            waiting = std::exchange(place->second, {});
            if (result) {
                hold(id);
            } else {
                known_.erase(place);
            }
        }
    }
    for (auto& done : waiting) {
        done(result);
    }
}

void Presses::held(const std::string& id) {
    const std::lock_guard lock(mutex_);
    const auto [place, is_new] = known_.try_emplace(id);
    if (is_new) { // else its writer is about to say so, or has
        hold(id);
    }
}

/// Under the lock, once for each.
void Presses::hold(const std::string& id) {
    held_.push_back(id);
    if (held_.size() > max_presses) {
        known_.erase(held_.front());
        held_.pop_front();
    }
}

} // namespace vigil::eeg_intake
