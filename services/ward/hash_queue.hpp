// Passwords and PINs are hashed one at a time, on a thread of their own. Used by SignIn and
// PersonGate.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace vigil::ward {

/// Argon2id takes 64 MiB and 50 ms: never on a server's thread, and never many at once.
/// threads any
class HashQueue {
public:
    using Work = std::move_only_function<void()>;

    explicit HashQueue(std::size_t most = 16) : most_(most) {
        worker_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

    HashQueue(const HashQueue&) = delete;

    [[nodiscard]] bool has_room() const {
        const std::scoped_lock lock(mutex_);
        return waiting_.size() < most_;
    }

    /// Two that asked has_room() at once may both be taken: the bound is not to the last one.
    void post(Work work) {
        {
            const std::scoped_lock lock(mutex_);
            waiting_.push_back(std::move(work));
        }
        wake_.notify_one();
    }

private:
    void run(const std::stop_token& stop) {
        while (true) {
            Work next;
            {
                std::unique_lock lock(mutex_);
                if (!wake_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
                    return;
                }
                next = std::move(waiting_.front());
                waiting_.pop_front();
            }
            next();
        }
    }

    std::size_t most_;
    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<Work> waiting_;
    std::jthread worker_;
};

} // namespace vigil::ward
