#include "records/query_pool.hpp"

#include <utility>

namespace vigil::records {

QueryPool::QueryPool(unsigned threads, std::size_t bound) : bound_(bound) {
    for (unsigned thread = 0; thread < threads; ++thread) {
        threads_.emplace_back([this] { run(); });
    }
}

QueryPool::~QueryPool() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
}

bool QueryPool::submit(std::move_only_function<void()>& work) {
    {
        const std::scoped_lock lock(mutex_);
        if (stopping_ || waiting_.size() >= bound_) {
            return false;
        }
        waiting_.push_back(std::move(work));
    }
    changed_.notify_one();
    return true;
}

void QueryPool::run() {
    while (true) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty()) {
            return;
        }
        auto work = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        work();
    }
}

} // namespace vigil::records
