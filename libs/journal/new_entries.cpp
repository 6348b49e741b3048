#include "journal/new_entries.hpp"

#include <algorithm>

namespace vigil::journal {

void NewEntries::tell(Sequence newest) {
    bool wake = false;
    {
        const std::scoped_lock lock(mutex_);
        newest_ = std::max(newest_, newest);
        wake = newest_ >= wanted_;
    }
    if (wake) {
        changed_.notify_one();
    }
}

void NewEntries::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
}

Sequence NewEntries::newest() const {
    const std::scoped_lock lock(mutex_);
    return newest_;
}

bool NewEntries::wait_beyond(Sequence reached, std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    const auto wait_for = [&](Sequence wanted, auto until) {
        wanted_ = wanted;
        changed_.wait_until(lock, until, [&] { return stopping_ || newest_ >= wanted; });
        wanted_ = nothing;
    };
    wait_for(reached + 1, std::chrono::steady_clock::now() + limit);
    if (newest_ > reached) {
        wait_for(reached + pace_.enough, next_look_);
    }
    next_look_ = std::chrono::steady_clock::now() + pace_.pause;
    return !stopping_;
}

bool NewEntries::rest(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [this] { return stopping_; });
    return !stopping_;
}

} // namespace vigil::journal
