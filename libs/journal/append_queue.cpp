#include "journal/append_queue.hpp"

namespace vigil::journal {

bool AppendQueue::push(AppendRequest& request) {
    bool wake = false;
    {
        const std::scoped_lock lock(mutex_);
        if (length_.entries + request.entries.size() > max_entries_ ||
            length_.bytes + request.bytes.size() > max_bytes_) {
            return false;
        }
        length_.entries += request.entries.size();
        length_.bytes += request.bytes.size();
        requests_.push_back(std::move(request));
        wake = wanted_ != 0 && requests_.size() >= wanted_;
    }
    if (wake) {
        filled_.notify_one();
    }
    return true;
}

std::vector<AppendRequest> AppendQueue::take(std::size_t entries, std::size_t bytes) {
    std::vector<AppendRequest> taken;
    std::unique_lock lock(mutex_);
    wanted_ = 1;
    filled_.wait(lock, [this] { return closed_ || !requests_.empty(); });
    wanted_ = enough_requests;
    filled_.wait_until(lock, next_take_, [this] {
        return closed_ || requests_.size() >= enough_requests;
    });
    wanted_ = 0;
    next_take_ = std::chrono::steady_clock::now() + gather_;
    std::size_t taken_entries = 0;
    std::size_t taken_bytes = 0;
    while (!requests_.empty()) {
        const auto& next = requests_.front();
        taken_entries += next.entries.size();
        taken_bytes += next.bytes.size();
        if (!taken.empty() && (taken_entries > entries || taken_bytes > bytes)) {
            break;
        }
        length_.entries -= next.entries.size();
        length_.bytes -= next.bytes.size();
        taken.push_back(std::move(requests_.front()));
        requests_.pop_front();
    }
    return taken;
}

void AppendQueue::close() {
    {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
    }
    filled_.notify_all();
}

AppendQueue::Length AppendQueue::length() const {
    const std::scoped_lock lock(mutex_);
    return length_;
}

} // namespace vigil::journal
