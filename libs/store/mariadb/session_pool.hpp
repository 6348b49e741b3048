// The sessions that answer queries, a few at most, and the word of whether the server is there.
// Used by MariadbStore.
#pragma once

#include "base/log.hpp"
#include "store/mariadb/mariadb_reader.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace vigil::store::mariadb {

/// Says once that the server is away, and once that it is back.
/// threads any
class Presence {
public:
    explicit Presence(Log& log) : log_(log) {}

    void lost(const Failure& failure) {
        if (failure.lost() && !away_.exchange(true)) {
            log_.warning("store_connection_lost", {{"reason", failure.error().cause}});
        }
    }

    void answered() {
        if (away_.load(std::memory_order_relaxed) && away_.exchange(false)) {
            log_.info("store_connection_back");
        }
    }

private:
    Log& log_;
    std::atomic<bool> away_ = false;
};

/// threads any
class SessionPool {
public:
    SessionPool(const MariadbOptions& options, Presence& presence)
        : options_(options), presence_(presence) {}

    /// Asks a reader. A session that was lost while nobody used it is opened again, once.
    ///
    /// errors  those of `question` and of Failure; overloaded: no reader came free in time
    template <class Question>
    auto ask(Question question) {
        using Given = decltype(question(std::declval<Reader&>()));
        if constexpr (requires(Given given) { given.error(); }) {
            return ask_twice<Given>(question);
        } else {
            return ask_twice<Result<Given>>(question);
        }
    }

private:
    template <class Answered>
    Answered ask_twice(auto& question) {
        for (bool again = false;; again = true) {
            std::unique_ptr<Reader> reader;
            bool used = false;
            try {
                auto taken = take();
                if (!taken) {
                    return std::unexpected(taken.error());
                }
                reader = std::move(*taken);
                used = reader->used();
                Answered answer = question(*reader);
                give(std::move(reader));
                presence_.answered();
                return answer;
            } catch (const Failure& failure) {
                if (reader) {
                    drop(std::move(reader), failure.lost());
                }
                if (!again && used && failure.lost()) {
                    continue;
                }
                presence_.lost(failure);
                return std::unexpected(failure.error());
            }
        }
    }

    Result<std::unique_ptr<Reader>> take();
    void give(std::unique_ptr<Reader> reader);
    void drop(std::unique_ptr<Reader> reader, bool all);

    const MariadbOptions& options_;
    Presence& presence_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Reader>> idle_; // by mutex_
    std::size_t opened_ = 0;                    // by mutex_
};

} // namespace vigil::store::mariadb
