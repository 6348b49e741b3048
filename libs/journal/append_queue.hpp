// The bounded queue between those who append and the writer of SqliteJournal.
#pragma once

#include "journal/journal.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace vigil::journal {

/// A batch ready for the writer: serialized by the thread that appended it.
struct AppendRequest {
    std::vector<std::shared_ptr<Stored>> entries;
    std::vector<std::uint32_t> sizes;
    std::string bytes; // all entries, one after the other
    std::vector<Fence> fences;
    AppendDone done;
};

/// threads any
class AppendQueue {
public:
    /// `gather`: while requests follow one another closely, so much time lies between two takes,
    /// for them to share a commit; the first one after a quiet time is never delayed.
    AppendQueue(
        std::size_t max_entries,
        std::size_t max_bytes,
        std::chrono::microseconds gather = std::chrono::microseconds(0)
    )
        : max_entries_(max_entries), max_bytes_(max_bytes), gather_(gather) {}

    /// False when it is at its bound; the request is then still the caller's.
    [[nodiscard]] bool push(AppendRequest& request);
    /// Waits for requests and takes as many as fit one commit; empty after close() when nothing is
    /// left.
    [[nodiscard]] std::vector<AppendRequest> take(std::size_t entries, std::size_t bytes);
    void close();

    struct Length {
        std::size_t entries = 0;
        std::size_t bytes = 0;
    };

    [[nodiscard]] Length length() const;

private:
    /// So many requests are a commit's worth: waiting for more saves little (a sync of 100 to 300
    /// us among 32 is under 10 us each).
    static constexpr std::size_t enough_requests = 32;

    std::size_t max_entries_;
    std::size_t max_bytes_;
    std::chrono::microseconds gather_;
    std::size_t wanted_ = 0; // requests that wake the writer; 0 = it does not wait
    std::chrono::steady_clock::time_point next_take_;
    mutable std::mutex mutex_;
    std::condition_variable filled_;
    std::deque<AppendRequest> requests_;
    Length length_;
    bool closed_ = false;
};

} // namespace vigil::journal
