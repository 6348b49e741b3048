#include "eeg_intake/detection_waiter.hpp"

#include "vigil/v1/detection.pb.h"

#include <utility>

namespace vigil::eeg_intake {

DetectionWaiter::Done DetectionWaiter::take(Table::iterator place) {
    auto& waiting = place->second;
    auto done = std::move(waiting.done);
    const auto partition = partitions_.find(waiting.partition);
    if (--partition->second == 0) {
        partitions_.erase(partition);
    }
    if (!late(waiting)) {
        deadlines_.erase(waiting.deadline);
    }
    const auto [begin, end] = followers_.equal_range(waiting.original);
    for (auto follower = begin; follower != end; ++follower) {
        if (follower->second == place->first) {
            followers_.erase(follower);
            break;
        }
    }
    waiting_.erase(place);
    return done;
}

void DetectionWaiter::take_all(
    const v1::Detection& detection,
    std::vector<std::pair<Done, WindowScore>>& ready
) {
    const WindowScore score{detection.score_q16(), detection.not_evaluated()};
    bool awaited = false;
    if (const auto place = waiting_.find(detection.cause()); place != waiting_.end()) {
        ready.emplace_back(take(place), score);
        awaited = true;
    }
    for (auto follower = followers_.find(detection.cause()); follower != followers_.end();
         follower = followers_.find(detection.cause())) {
        ready.emplace_back(take(waiting_.find(follower->second)), score);
        awaited = true;
    }
    if (awaited) {
        keep_score(detection.cause(), score);
    }
}

void DetectionWaiter::keep_score(const std::string& id, WindowScore score) {
    if (scores_.emplace(id, score).second) {
        score_order_.push_back(id);
        if (score_order_.size() > max_scores) {
            scores_.erase(score_order_.front());
            score_order_.pop_front();
        }
    }
}

void DetectionWaiter::wait(
    const std::string& id,
    std::uint32_t partition,
    SteadyTime deadline,
    Done done
) {
    bool is_first = false;
    {
        const std::lock_guard lock(mutex_);
        is_first = waiting_.empty();
        const bool full = waiting_.size() >= most_;
        ++partitions_[partition];
        const auto place = full ? deadlines_.end() : deadlines_.emplace(deadline, id);
        auto& waiting = waiting_[id];
        waiting.partition = partition;
        waiting.deadline = place;
        waiting.done = std::move(done);
    }
    if (is_first) {
        somebody_.notify_one();
    }
}

void DetectionWaiter::accepted(const std::string& id) {
    Done done;
    {
        const std::lock_guard lock(mutex_);
        const auto place = waiting_.find(id);
        if (place == waiting_.end()) {
            return; // its detection was faster
        }
        if (!late(place->second)) {
            place->second.durable = true;
            return;
        }
        done = take(place);
    }
    done(std::optional<WindowScore>{});
}

void DetectionWaiter::follow(const std::string& id, const std::string& original) {
    Done done;
    std::optional<WindowScore> score;
    {
        const std::lock_guard lock(mutex_);
        const auto place = waiting_.find(id);
        if (place == waiting_.end()) {
            return;
        }
        if (const auto known = scores_.find(original); known != scores_.end()) {
            score = known->second;
        } else if (!original.empty() && !late(place->second)) {
            place->second.durable = true;
            place->second.original = original;
            followers_.emplace(original, id);
            return;
        }
        done = take(place);
    }
    done(score);
}

void DetectionWaiter::failed(const std::string& id, const Error& error) {
    Done done;
    {
        const std::lock_guard lock(mutex_);
        const auto place = waiting_.find(id);
        if (place == waiting_.end()) {
            return;
        }
        done = take(place);
    }
    done(std::unexpected(error));
}

void DetectionWaiter::apply(std::span<const journal::StoredPtr> entries) {
    std::vector<std::pair<Done, WindowScore>> ready;
    for (const auto& stored : entries) {
        if (stored->entry.type() != v1::STEP) {
            continue;
        }
        {
            const std::lock_guard lock(mutex_);
            if (!partitions_.contains(stored->entry.partition())) {
                continue;
            }
        }
        v1::Step step;
        if (!step.ParseFromString(stored->entry.payload())) {
            continue;
        }
        const std::lock_guard lock(mutex_);
        for (const auto& detection : step.detections()) {
            if (!detection.shadow()) {
                take_all(detection, ready);
            }
        }
    }
    for (auto& [done, score] : ready) {
        done(std::optional(score));
    }
}

void DetectionWaiter::expire(SteadyTime now) {
    std::vector<Done> ready;
    {
        const std::lock_guard lock(mutex_);
        while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
            const auto place = waiting_.find(deadlines_.begin()->second);
            if (place->second.durable) {
                ready.push_back(take(place));
            } else {
                deadlines_.erase(deadlines_.begin());
                place->second.deadline = deadlines_.end();
            }
        }
    }
    for (auto& done : ready) {
        done(std::optional<WindowScore>{});
    }
}

void DetectionWaiter::run(std::stop_token stop, const Clock& clock) {
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(mutex_);
            if (!somebody_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
                return;
            }
            constexpr std::chrono::milliseconds pause{20};
            never_.wait_for(lock, stop, pause, [] { return false; });
        }
        expire(clock.steady());
    }
}

std::size_t DetectionWaiter::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

} // namespace vigil::eeg_intake
