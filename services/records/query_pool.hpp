// Threads for questions: the store's work never runs on a server's thread. Used by the routes.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace vigil::records {

/// threads any
class QueryPool {
public:
    /// With the bound by default the routes' slots refuse first: 20 routes of at most 256.
    explicit QueryPool(unsigned threads = 2, std::size_t bound = 5120);
    /// Finishes what runs and what waits.
    ~QueryPool();
    QueryPool(const QueryPool&) = delete;

    /// False when `bound` questions wait already: `work` is then untouched.
    [[nodiscard]] bool submit(std::move_only_function<void()>& work);

private:
    void run();

    std::size_t bound_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::move_only_function<void()>> waiting_;
    bool stopping_ = false;
    std::vector<std::jthread> threads_;
};

} // namespace vigil::records
