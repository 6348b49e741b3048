#include "journal/tail.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace vigil::journal {

namespace {

constexpr auto retry_after = std::chrono::seconds(1);

} // namespace

struct Tail::Inside {
    Journal& journal;
    Sink sink;
    Log& log;
    std::mutex mutex;
    std::condition_variable changed;
    bool stopping = false;
    std::atomic<Sequence> reached;
    std::shared_ptr<void> watch;
    std::thread thread;

    Inside(Journal& its_journal, Sequence after, Sink its_sink, Log& its_log)
        : journal(its_journal), sink(std::move(its_sink)), log(its_log), reached(after) {}

    void run() {
        while (!stopped()) {
            const auto found = journal.read(reached);
            if (!found) {
                log.error("journal_read_failed", found.error());
                std::unique_lock lock(mutex);
                changed.wait_for(lock, retry_after, [this] { return stopping; });
            } else if (found->empty()) {
                std::unique_lock lock(mutex);
                changed.wait(lock, [this] { return stopping || journal.newest() > reached; });
            } else {
                sink(*found);
                reached = found->back()->sequence;
            }
        }
    }

    bool stopped() {
        const std::scoped_lock lock(mutex);
        return stopping;
    }
};

Tail::Tail(Journal& journal, Sequence after, Sink sink, Log& log)
    : inside_(std::make_unique<Inside>(journal, after, std::move(sink), log)) {
    inside_->watch = journal.watch([inside = inside_.get()](Sequence) {
        // taken and let go, so that the thread is either waiting or has not yet looked
        {
            const std::scoped_lock lock(inside->mutex);
        }
        inside->changed.notify_one();
    });
    inside_->thread = std::thread([inside = inside_.get()] { inside->run(); });
}

Tail::~Tail() {
    inside_->watch.reset();
    {
        const std::scoped_lock lock(inside_->mutex);
        inside_->stopping = true;
    }
    inside_->changed.notify_one();
    inside_->thread.join();
}

Sequence Tail::reached() const {
    return inside_->reached;
}

} // namespace vigil::journal
