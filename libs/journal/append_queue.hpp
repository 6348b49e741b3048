// The bounded queue between those who append and the writer of SqliteJournal.
#pragma once

#include "journal/journal.hpp"

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
    AppendQueue(std::size_t max_entries, std::size_t max_bytes)
        : max_entries_(max_entries), max_bytes_(max_bytes) {}

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
    std::size_t max_entries_;
    std::size_t max_bytes_;
    mutable std::mutex mutex_;
    std::condition_variable filled_;
    std::deque<AppendRequest> requests_;
    Length length_;
    bool closed_ = false;
};

} // namespace vigil::journal
