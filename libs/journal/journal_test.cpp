// What every adapter of the journal promises: one suite, run against each of them.
#include "journal/journal_suite.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

using namespace vigil;
using namespace vigil::journal;
using namespace vigil::journal::suite;

namespace {

// Everything after `after`, by as many reads as it takes.
std::vector<StoredPtr> read_all(Journal& journal, Sequence after = 0, ReadLimits limits = {}) {
    std::vector<StoredPtr> all;
    while (true) {
        auto found = journal.read(after, limits).value();
        if (found.empty()) {
            return all;
        }
        after = found.back()->sequence;
        all.insert(all.end(), found.begin(), found.end());
    }
}

// Appends entries of 1 kB until `count` are in.
void fill(Journal& journal, int count) {
    for (int i = 0; i < count; ++i) {
        REQUIRE(
            append(journal, batch({entry("p", std::string(1024, static_cast<char>('a' + i % 26)))}))
                .has_value()
        );
    }
}

} // namespace

TEMPLATE_TEST_CASE(
    "an empty journal has nothing to read",
    "[journal]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    CHECK(journal.newest() == 0);
    CHECK(journal.oldest() == 1);
    CHECK(journal.read(0).value().empty());
    CHECK(journal.directory().value().entries.empty());
    CHECK(journal.newest_output(3).value() == nullptr);
    CHECK(journal.health().writable);
}

TEMPLATE_TEST_CASE(
    "entries are read in the order of their sequences, unchanged",
    "[journal]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    std::vector<std::string> sent;
    std::vector<Sequence> given;
    for (int i = 0; i < 300; ++i) {
        auto one =
            entry("p" + std::to_string(i), std::string(1 + i * 7 % 2000, static_cast<char>(i)));
        sent.push_back(one.SerializeAsString());
        const auto appended = append(journal, batch({std::move(one)}));
        REQUIRE(appended.has_value());
        given.push_back(appended->front());
    }
    const auto all = read_all(journal);
    REQUIRE(all.size() == sent.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(all[i]->sequence == given[i]);
        CHECK(all[i]->entry.SerializeAsString() == sent[i]);
    }
    CHECK(std::ranges::is_sorted(given));
    CHECK(journal.newest() == given.back());
    CHECK(read_all(journal, given[149]).size() == 150);
    CHECK(journal.read(given.back() + 1000).value().empty());
}

TEMPLATE_TEST_CASE(
    "a success is readable at once",
    "[journal]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    Sequence newest = 0;
    std::promise<void> done;
    journal.append(batch({entry("p"), entry("q")}), [&](const Result<Appended>& result) {
        newest = journal.newest();
        CHECK(result.value().back() == newest);
        done.set_value();
    });
    done.get_future().wait();
    CHECK(newest == 2);
}

TEMPLATE_TEST_CASE(
    "a read stops at its limits but gives one entry at least",
    "[journal]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    fill(journal, 200);
    CHECK(journal.read(0, {.entries = 7, .bytes = 1 << 20}).value().size() == 7);
    CHECK(journal.read(0, {.entries = 1000, .bytes = 10 << 10}).value().size() <= 10);
    CHECK(journal.read(0, {.entries = 1000, .bytes = 1}).value().size() == 1);
    CHECK(journal.read(190, {.entries = 1000, .bytes = 1}).value().size() == 1);
    CHECK(read_all(journal, 0, {.entries = 7, .bytes = 3 << 10}).size() == 200);
}

TEMPLATE_TEST_CASE(
    "a batch is taken as a whole or not at all",
    "[journal]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    REQUIRE(append(journal, batch({entry("a"), entry("b"), entry("c")})).value().size() == 3);
    const auto refused =
        append(journal, batch({entry("d"), entry("e")}, {{.partition = 1, .expected = 99}}));
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code == ErrorCode::conflict);
    CHECK(read_all(journal).size() == 3);
    REQUIRE(append(journal, batch({entry("f")})).has_value());
    CHECK(read_all(journal).size() == 4);
}

TEMPLATE_TEST_CASE(
    "a fence holds while the newest output is the expected one",
    "[journal]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    const auto first =
        append(journal, batch({output(5, v1::TAKEOVER)}, {{.partition = 5, .expected = 0}}))
            .value()
            .front();
    REQUIRE(append(journal, batch({entry("an input of another kind")})).has_value());
    const auto second =
        append(journal, batch({output(5)}, {{.partition = 5, .expected = first}})).value().front();
    CHECK(journal.newest_output(5).value()->sequence == second);

    SECTION("an owner that was paused is refused") {
        const auto late =
            append(journal, batch({output(5)}, {{.partition = 5, .expected = first}}));
        REQUIRE(!late.has_value());
        CHECK(late.error().code == ErrorCode::conflict);
        CHECK(late.error().retry == Retry::never);
        CHECK(journal.newest_output(5).value()->sequence == second);
    }
    SECTION("other partitions are not concerned") {
        CHECK(append(journal, batch({output(6)}, {{.partition = 6, .expected = 0}})).has_value());
    }
    SECTION("all fences of a batch must hold") {
        const auto half = append(
            journal,
            batch(
                {output(5)},
                {{.partition = 5, .expected = second}, {.partition = 6, .expected = 1}}
            )
        );
        CHECK(!half.has_value());
    }
}

TEMPLATE_TEST_CASE(
    "fences are checked in the order of the queue",
    "[journal]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    fixture.stall();
    auto first = append_later(journal, batch({output(5)}, {{.partition = 5, .expected = 0}}));
    auto second = append_later(journal, batch({output(5)}, {{.partition = 5, .expected = 0}}));
    auto other = append_later(journal, batch({output(6)}, {{.partition = 6, .expected = 0}}));
    fixture.resume();
    const auto taken = first.get();
    REQUIRE(taken.has_value());
    CHECK(second.get().error().code == ErrorCode::conflict);
    CHECK(other.get().has_value());
    CHECK(journal.newest_output(5).value()->sequence == taken->front());
}

TEMPLATE_TEST_CASE(
    "the directory holds the newest entry of every key",
    "[journal]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    REQUIRE(append(journal, batch({keyed("patient/a", "old"), keyed("patient/b", "b")})).has_value()
    );
    REQUIRE(append(journal, batch({keyed("patient/a", "new"), entry("p")})).has_value());
    const auto directory = journal.directory().value();
    REQUIRE(directory.entries.size() == 2);
    CHECK(directory.entries[0]->entry.key() == "patient/b");
    CHECK(directory.entries[1]->entry.payload() == "new");
    CHECK(directory.reaches == journal.newest());
}

TEMPLATE_TEST_CASE(
    "directory and outputs survive the freeing of their entries",
    "[journal]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    REQUIRE(append(journal, batch({keyed("patient/a", "kept")})).has_value());
    const auto step = append(journal, batch({output(9)})).value().front();
    fill(journal, 400);
    const auto newest = journal.newest();
    REQUIRE(journal.free_up_to(newest - 100).has_value());
    CHECK(journal.oldest() > 2);
    CHECK(journal.oldest() <= newest - 99);
    CHECK(journal.read(0).error().code == ErrorCode::not_found);
    CHECK(read_all(journal, newest - 100).size() == 100);
    CHECK(read_all(journal, journal.oldest() - 1).size() == newest - journal.oldest() + 1);

    const auto holds = [&] {
        const auto directory = journal.directory().value();
        return directory.entries.size() == 1 &&
               directory.entries.front()->entry.payload() == "kept" &&
               journal.newest_output(9).value()->sequence == step;
    };
    CHECK(holds());
    CHECK(
        append(journal, batch({output(9)}, {{.partition = 9, .expected = step - 1}}))
            .error()
            .code == ErrorCode::conflict
    );
    if constexpr (TestType::survives_restart) {
        fixture.reopen();
        const auto again = fixture.journal().directory().value();
        REQUIRE(again.entries.size() == 1);
        CHECK(again.entries.front()->entry.payload() == "kept");
        REQUIRE(fixture.journal().newest_output(9).value() != nullptr);
        CHECK(fixture.journal().newest_output(9).value()->sequence == step);
        CHECK(fixture.journal().newest() == newest);
    }
    CHECK(append(fixture.journal(), batch({output(9)}, {{.partition = 9, .expected = step}}))
              .has_value());
}

TEMPLATE_TEST_CASE(
    "a journal ends after the watchers that it told",
    "[journal]",
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    std::promise<void> told;
    std::atomic<bool> ended = false;
    const auto watching = fixture.journal().watch([&](Sequence) {
        told.set_value();
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        ended = true;
    });
    fixture.journal().append(batch({entry("p")}), [](const Result<Appended>&) {});
    told.get_future().get();
    fixture.end();
    CHECK(ended);
}

TEMPLATE_TEST_CASE(
    "freeing everything leaves the sequence where it was",
    "[journal]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    fill(fixture.journal(), 300);
    const auto newest = fixture.journal().newest();
    REQUIRE(fixture.journal().free_up_to(UINT64_MAX).has_value());
    if constexpr (TestType::survives_restart) {
        fixture.reopen();
    }
    CHECK(fixture.journal().newest() == newest);
    CHECK(append(fixture.journal(), batch({entry("p")})).value().front() > newest);
}

TEMPLATE_TEST_CASE(
    "watchers hear of new entries until their handle is gone",
    "[journal]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    std::atomic<Sequence> heard = 0;
    auto handle = journal.watch([&](Sequence newest) {
        heard = newest;
        heard.notify_all();
    });
    const auto first = append(journal, batch({entry("p")})).value().front();
    heard.wait(0);
    CHECK(heard == first);
    handle.reset();
    REQUIRE(append(journal, batch({entry("p")})).has_value());
    REQUIRE(append(journal, batch({entry("p")})).has_value());
    CHECK(heard == first);
}

TEMPLATE_TEST_CASE(
    "a watcher's handle may outlive the journal",
    "[journal]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    std::shared_ptr<void> handle;
    {
        TestType fixture;
        handle = fixture.journal().watch([](Sequence) {});
    }
    handle.reset();
}

TEST_CASE("the partition of a patient is FNV-1a modulo the count") {
    // test vectors of draft-eastlake-fnv-17, appendix C: "" cbf29ce484222325, "foobar"
    // 85944171f73967e8
    CHECK(partition_of("", 64) == 0xcbf29ce484222325 % 64);
    CHECK(partition_of("foobar", 1000) == 0x85944171f73967e8 % 1000);
    CHECK(partition_of("p", 0) == 0);
}
