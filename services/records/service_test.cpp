#include "records/service.hpp"

#include "journal/memory_journal.hpp"
#include "records/queries.hpp"
#include "records/storage_teller.hpp"
#include "records/test_entries.hpp"
#include "store/memory_store.hpp"
#include "vigil/v1/technical.pb.h"

#include <catch2/catch_test_macros.hpp>

#include <thread>

using namespace vigil;
using namespace vigil::records;

namespace {

struct Quiet : Log {
    Quiet() : Log("test", "0") {}

    void line(const std::string& /*text*/) override {}
};

/// Until it is so, or ten seconds have passed.
bool soon(const std::function<bool()>& so) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!so() && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    return so();
}

struct Running {
    journal::MemoryJournal journal;
    store::MemoryStore store;
    ManualClock clock{test_start};
    Quiet log;
    Metrics metrics;

    ServiceOptions options() const {
        ServiceOptions options;
        options.pace = std::chrono::milliseconds{1};
        options.core.flush_interval = std::chrono::milliseconds{0};
        options.first_retry = std::chrono::milliseconds{0};
        return options;
    }

    void put(std::uint64_t second) {
        v1::Entry entry;
        entry.set_id(derived_id("service test", std::to_string(second)));
        entry.set_type(v1::EEG_BLOCK);
        entry.set_patient("p1");
        entry.set_receipt_time_us(to_us(clock.utc()));
        entry.set_payload(block_of({}, second * 256, 256).SerializeAsString());
        journal.append(
            {.entries = {std::move(entry)}, .fences = {}},
            [](Result<journal::Appended> done) { REQUIRE(done); }
        );
    }

    Service service(ServiceOptions options) {
        return Service(journal, store, clock, log, metrics, std::move(options));
    }

    Service service() { return service(options()); }

    /// The newest entry is of the store, and says so.
    bool newest_tells(bool is_failing) {
        const auto entries = journal.read(1, {.entries = 100}).value();
        v1::StorageState state;
        return !entries.empty() && entries.back()->entry.type() == v1::STORAGE_STATE &&
               state.ParseFromString(entries.back()->entry.payload()) &&
               state.failing() == is_failing;
    }
};

} // namespace

TEST_CASE("the service follows the journal into the store and goes on where it was after a restart"
) {
    Running running;
    {
        auto service = running.service();
        REQUIRE(service.start());
        running.put(0);
        CHECK(soon([&] { return service.core().stored_position() >= 1; }));
    }
    running.put(1);
    auto again = running.service();
    REQUIRE(again.start());
    CHECK(soon([&] { return again.core().counts().blocks == 1; }));
    CHECK(soon([&] { return again.core().stored_position() >= running.journal.newest(); }));
    CHECK(running.metrics.text().contains("vigil_records_stored_position"));
}

TEST_CASE("a journal that ends before what the store holds of it is not followed") {
    Running running;
    {
        auto service = running.service();
        REQUIRE(service.start());
        running.put(0);
        running.put(1);
        CHECK(soon([&] { return service.core().counts().blocks == 2; }));
    }
    Running younger;
    younger.put(0);
    const auto refused = Service(
                             younger.journal,
                             running.store,
                             running.clock,
                             running.log,
                             running.metrics,
                             running.options()
    )
                             .start();
    CHECK(refused.error().code == ErrorCode::conflict);
    while (younger.journal.newest() < running.store.position().value()) {
        younger.put(younger.journal.newest()); // as far as the store: what comes next is new
    }
    CHECK(Service(
              younger.journal,
              running.store,
              running.clock,
              running.log,
              running.metrics,
              running.options()
    )
              .start());
}

TEST_CASE("stopping flushes what is pending") {
    Running running;
    auto options = running.options();
    options.core.flush_interval = std::chrono::hours{1};
    auto service = running.service(options);
    REQUIRE(service.start());
    running.put(0);
    CHECK(soon([&] { return service.core().position() == 1; }));
    service.stop();
    CHECK(running.store.position().value() == 1);
}

TEST_CASE("stopping just after the start takes in what the journal holds, however much it is") {
    Running running;
    constexpr std::uint64_t seconds = 3'000; // several reads
    for (std::uint64_t second = 0; second < seconds; ++second) {
        running.put(second);
    }
    auto service = running.service();
    REQUIRE(service.start());
    service.stop();
    CHECK(running.store.position().value() >= seconds);
}

TEST_CASE(
    "a store that takes nothing is tried again, what is read meanwhile stays within the bound, and "
    "nothing is lost"
) {
    Running running;
    auto options = running.options();
    options.pending_limit = 20'000;
    running.store.refuse_next(
        fail(ErrorCode::unavailable, "disk full", {}, {}, Retry::safe).error(),
        1'000'000'000
    );
    auto service = running.service(options);
    REQUIRE(service.start());
    running.put(0);
    CHECK(soon([&] { return service.failing(); }));
    for (std::uint64_t second = 1; second < 200; ++second) {
        running.put(second);
        std::this_thread::sleep_for(std::chrono::microseconds{100});
    }
    CHECK(soon([&] { return service.core().pending_bytes() >= options.pending_limit; }));
    const auto held = service.core().position();
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    CHECK(service.core().position() == held);
    running.store.refuse_next({}, 0);
    CHECK(soon([&] { return service.core().stored_position() >= running.journal.newest(); }));
    CHECK_FALSE(service.failing());
    const auto page =
        Queries(service.core(), running.store)
            .eeg(
                "p1",
                {.from_us = to_us(test_start), .until_us = to_us(test_start) + 1'000'000'000},
                {.rows = 1000}
            )
            .value();
    std::uint64_t samples = 0;
    for (const auto& run : page.streams.at(0).runs) {
        samples += run.samples;
    }
    CHECK(samples == 200 * 256);
}

TEST_CASE(
    "the journal is freed up to what is stored, what other readers have, and what is old enough"
) {
    Running running;
    auto options = running.options();
    options.keep_time = std::chrono::minutes{60};
    options.free_every = std::chrono::milliseconds{1};
    journal::Sequence floor = 3;
    options.floor = [&] { return floor; };
    for (std::uint64_t second = 0; second < 4; ++second) {
        running.put(second);
    }
    running.clock.advance(std::chrono::minutes{61});
    running.put(4);
    running.put(5);
    {
        auto service = running.service(options);
        REQUIRE(service.start());
        CHECK(soon([&] { return service.core().stored_position() >= 6; }));
        running.clock.advance(std::chrono::seconds{1});
        CHECK(soon([&] { return running.journal.oldest() == 4; })); // another reader still needs 4
    }
    floor = 100;
    auto service = running.service(options);
    REQUIRE(service.start());
    running.clock.advance(std::chrono::seconds{1});
    CHECK(soon([&] { return running.journal.oldest() == 5; })); // 5 and 6 are younger than an hour
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    CHECK(running.journal.oldest() == 5);
}

TEST_CASE("a store that takes nothing is told of after a while, again, and when it takes") {
    Running running;
    StorageTeller teller(
        running.journal,
        running.clock,
        {.after = std::chrono::seconds{5}, .every = std::chrono::seconds{60}}
    );
    const auto told = [&] {
        std::string text;
        const auto entries = running.journal.read(0, {.entries = 100}).value();
        for (const auto& stored : entries) {
            v1::StorageState state;
            CHECK(stored->entry.type() == v1::STORAGE_STATE);
            CHECK(stored->entry.patient().empty());
            CHECK(
                stored->entry.partition() == journal::partition_of("", journal::default_partitions)
            );
            REQUIRE(state.ParseFromString(stored->entry.payload()));
            CHECK(state.failing() == (state.since_us() != 0));
            text += state.failing() ? "failing " : "takes ";
        }
        return text;
    };
    const auto pass = [&](int length_s, bool is_failing) {
        for (int i = 0; i < length_s; ++i) {
            teller.look(is_failing);
            running.clock.advance(std::chrono::seconds{1});
        }
    };
    pass(10, false);
    CHECK(told() == "takes "); // whoever said that it fails may have ended
    pass(5, true);
    pass(1, false);
    CHECK(told() == "takes "); // a moment
    pass(6, true);
    CHECK(told() == "takes failing ");
    pass(60, true);
    CHECK(told() == "takes failing failing ");
    running.journal.refuse_next(fail(ErrorCode::unavailable, "away").error(), 1);
    pass(5, false);
    CHECK(told() == "takes failing failing ");
    pass(10, false);
    CHECK(told() == "takes failing failing takes "); // refused, said again, and once
}

TEST_CASE("a store that failed under a service that has ended is told of as taking by the next one"
) {
    Running running;
    auto options = running.options();
    options.tell_failing_after = std::chrono::milliseconds{0};
    running.store.refuse_next(
        fail(ErrorCode::unavailable, "disk full", {}, {}, Retry::safe).error(),
        1'000'000'000
    );
    {
        auto service = running.service(options);
        REQUIRE(service.start());
        running.put(0);
        CHECK(soon([&] { return running.newest_tells(true); }));
    }
    running.store.refuse_next({}, 0);
    auto next = running.service(options);
    REQUIRE(next.start());
    CHECK(soon([&] { return running.newest_tells(false); }));
}

TEST_CASE("the service says that its store takes nothing") {
    Running running;
    auto options = running.options();
    options.tell_failing_after = std::chrono::milliseconds{0};
    running.store.refuse_next(
        fail(ErrorCode::unavailable, "disk full", {}, {}, Retry::safe).error(),
        1'000'000'000
    );
    auto service = running.service(options);
    REQUIRE(service.start());
    running.put(0);
    CHECK(soon([&] { return running.newest_tells(true); }));
    running.store.refuse_next({}, 0);
    CHECK(soon([&] { return running.newest_tells(false); }));
}
