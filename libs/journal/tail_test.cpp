// Following the journal from a thread of one's own.
#include "journal/tail.hpp"

#include "journal/journal_suite.hpp"

#include <catch2/catch_test_macros.hpp>

#include <condition_variable>

using namespace vigil;
using namespace vigil::journal;
using namespace vigil::journal::suite;

namespace {

// What a tail handed on, and a way to wait for it.
class Received {
public:
    void take(std::span<const StoredPtr> entries) {
        const std::scoped_lock lock(mutex_);
        for (const auto& entry : entries) {
            sequences_.push_back(entry->sequence);
        }
        grown_.notify_all();
    }

    bool wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        return grown_.wait_for(lock, std::chrono::seconds(20), [&] {
            return sequences_.size() >= count;
        });
    }

    std::vector<Sequence> sequences() {
        const std::scoped_lock lock(mutex_);
        return sequences_;
    }

private:
    std::mutex mutex_;
    std::condition_variable grown_;
    std::vector<Sequence> sequences_;
};

} // namespace

TEST_CASE("a tail hands on what is there and what comes, in order and once") {
    MemoryJournal journal;
    QuietLog log;
    Received received;
    for (int i = 0; i < 3; ++i) {
        REQUIRE(append(journal, batch({entry("p")})).has_value());
    }
    Tail tail(journal, 1, [&](std::span<const StoredPtr> entries) { received.take(entries); }, log);
    REQUIRE(received.wait_for(2));
    for (int i = 0; i < 200; ++i) {
        REQUIRE(append(journal, batch({entry("p")})).has_value());
    }
    REQUIRE(received.wait_for(202));
    const auto sequences = received.sequences();
    REQUIRE(sequences.size() == 202);
    for (std::size_t i = 0; i < sequences.size(); ++i) {
        CHECK(sequences[i] == i + 2);
    }
}

TEST_CASE("a tail that waits for nothing ends at once") {
    MemoryJournal journal;
    QuietLog log;
    const Tail tail(journal, 0, [](std::span<const StoredPtr>) {}, log);
    CHECK(tail.reached() == 0);
}

TEST_CASE("a tail logs a read that fails and ends while it waits to try again") {
    MemoryJournal journal;
    QuietLog log;
    for (int i = 0; i < 3; ++i) {
        REQUIRE(append(journal, batch({entry("p")})).has_value());
    }
    REQUIRE(journal.free_up_to(2).has_value());
    {
        const Tail tail(journal, 0, [](std::span<const StoredPtr>) {}, log);
        for (int i = 0; i < 1000 && !log.has("journal_read_failed"); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }
    CHECK(log.has("journal_read_failed"));
}
