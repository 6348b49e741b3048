#include "journal/tail.hpp"

#include <atomic>
#include <chrono>
#include <thread>

namespace vigil::journal {

namespace {

constexpr auto retry_after = std::chrono::seconds(1);
constexpr auto look_anyway = std::chrono::seconds(10);

} // namespace

struct Tail::Inside {
    Journal& journal;
    Sink sink;
    Log& log;
    NewEntries news;
    std::atomic<Sequence> reached;
    std::shared_ptr<void> watch;
    std::thread thread;

    Inside(Journal& its_journal, Sequence after, Sink its_sink, Log& its_log, Pace pace)
        : journal(its_journal),
          sink(std::move(its_sink)),
          log(its_log),
          news(pace),
          reached(after) {}

    void run() {
        while (news.wait_beyond(reached, look_anyway)) {
            const auto found = journal.read(reached);
            if (!found) {
                log.error("journal_read_failed", found.error());
                news.rest(retry_after);
            } else if (!found->empty()) {
                sink(*found);
                reached = found->back()->sequence;
            }
        }
    }
};

Tail::Tail(Journal& journal, Sequence after, Sink sink, Log& log, Pace pace)
    : inside_(std::make_unique<Inside>(journal, after, std::move(sink), log, pace)) {
    auto& news = inside_->news;
    inside_->watch = journal.watch([&news](Sequence newest) { news.tell(newest); });
    news.tell(journal.newest());
    inside_->thread = std::thread([inside = inside_.get()] { inside->run(); });
}

Tail::~Tail() {
    inside_->watch.reset();
    inside_->news.stop();
    inside_->thread.join();
}

Sequence Tail::reached() const {
    return inside_->reached;
}

} // namespace vigil::journal
