#include "store/mariadb/session_pool.hpp"

namespace vigil::store::mariadb {

Result<std::unique_ptr<Reader>> SessionPool::take() {
    {
        std::unique_lock lock(mutex_);
        const auto ready = [this] { return !idle_.empty() || opened_ < options_.readers; };
        if (!returned_.wait_for(lock, options_.timeout, ready)) {
            return fail(
                ErrorCode::overloaded,
                "too many questions to the store at once",
                {},
                {},
                Retry::safe
            );
        }
        if (!idle_.empty()) {
            auto reader = std::move(idle_.back());
            idle_.pop_back();
            return reader;
        }
        ++opened_;
    }
    try {
        return std::make_unique<Reader>(options_); // without the lock: it may wait for the server
    } catch (const Failure&) {
        drop(nullptr, false);
        throw;
    }
}

void SessionPool::give(std::unique_ptr<Reader> reader) {
    {
        const std::scoped_lock lock(mutex_);
        idle_.push_back(std::move(reader));
    }
    returned_.notify_one();
}

// With one session lost the idle ones are likely to be: `all` lets go of them too.
void SessionPool::drop(std::unique_ptr<Reader> reader, bool all) {
    std::vector<std::unique_ptr<Reader>> gone;
    {
        const std::scoped_lock lock(mutex_);
        --opened_;
        if (all) {
            gone.swap(idle_);
            opened_ -= gone.size();
        }
    }
    reader.reset();
    returned_.notify_all();
}

} // namespace vigil::store::mariadb
