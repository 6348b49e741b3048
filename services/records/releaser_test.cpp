#include "records/releaser.hpp"

#include "access/device_assignment.hpp"
#include "journal/memory_journal.hpp"
#include "records/core.hpp"
#include "records/test_entries.hpp"
#include "store/memory_store.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::records;

namespace {

/// Blocks of a device that is nobody's yet, through the journal into the store.
struct Quarantine {
    journal::MemoryJournal journal;
    store::MemoryStore store;
    Core core{store};
    access::Directory directory;
    ManualClock clock{test_start};
    Releaser releaser{journal, store, directory, clock};

    Quarantine() { REQUIRE(core.load()); }

    void put(v1::Entry entry) {
        journal.append(
            {.entries = {std::move(entry)}, .fences = {}},
            [](Result<journal::Appended> done) { REQUIRE(done); }
        );
    }

    void put_block(std::uint64_t second) {
        const auto block = block_of({}, second * 256, 256);
        v1::Entry entry;
        entry.set_id(derived_id("quarantine", std::to_string(second)));
        entry.set_type(v1::EEG_BLOCK);
        entry.set_receipt_time_us(to_us(clock.utc()));
        entry.set_payload(block.SerializeAsString());
        access::quarantine(
            entry,
            {.device = block.device(),
             .stream = block.stream(),
             .start_us = block.start_time_us(),
             .partitions = 64}
        );
        put(std::move(entry));
    }

    void assign(const std::string& patient, std::uint64_t from_s, std::uint64_t until_s) {
        v1::Device device;
        const auto state = directory.state();
        if (const auto known = state->devices.find("d1"); known != state->devices.end()) {
            device = known->second;
        }
        device.set_id("d1");
        auto& one = *device.add_assignments();
        one.set_patient(patient);
        one.set_from_us(time_at(from_s * 256, 256));
        one.set_until_us(until_s == 0 ? 0 : time_at(until_s * 256, 256));
        put(access::directory_entry(device, 1, random_id(random)));
        REQUIRE(directory.load(journal));
    }

    /// The store is as far as the journal.
    void store_all() {
        for (;;) {
            const auto entries = journal.read(core.position()).value();
            if (entries.empty()) {
                break;
            }
            core.apply(entries);
        }
        REQUIRE(core.flush());
    }

    /// Everything that can be released is; how many entries that were.
    std::size_t release_all() {
        std::size_t released = 0;
        for (;;) {
            auto ids = releaser.release().value();
            if (ids.empty()) {
                return released;
            }
            released += ids.size();
            core.release(std::move(ids));
            store_all();
        }
    }

    std::size_t samples_of(const std::string& patient) {
        std::size_t samples = 0;
        const auto streams = store.streams().value();
        const auto rows = store.chunks(patient, {.from_us = 0, .until_us = INT64_MAX}, 10'000, {});
        for (const auto& row : rows.value().rows) {
            samples += row.end_sample - row.first_sample;
        }
        return samples;
    }

    SeededRandom random{1};
};

} // namespace

TEST_CASE("what nobody's device sent is kept, and the patient's once the device is assigned") {
    Quarantine q;
    for (std::uint64_t second = 0; second < 100; ++second) {
        q.put_block(second);
    }
    q.store_all();
    CHECK(q.core.counts().quarantined == 100);
    CHECK(q.core.counts().unknown_types == 0);
    auto sums = q.store.quarantine().value();
    REQUIRE(sums.size() == 1);
    CHECK(sums[0].device == "d1");
    CHECK(sums[0].entries == 100);
    CHECK(sums[0].first_us == time_at(0, 256));
    CHECK(sums[0].last_us == time_at(99 * 256, 256));
    CHECK(q.release_all() == 0);
    CHECK(q.store.streams().value().empty());

    q.assign("p1", 10, 20);
    CHECK(q.release_all() == 10);
    CHECK(q.samples_of("p1") == 10 * 256);
    CHECK(q.store.quarantine().value()[0].entries == 90);

    q.assign("p2", 20, 0);
    CHECK(q.release_all() == 80);
    CHECK(q.samples_of("p1") == 10 * 256);
    CHECK(q.samples_of("p2") == 80 * 256);
    CHECK(q.store.quarantine().value()[0].last_us == time_at(9 * 256, 256));
    const auto newest = q.journal.read(q.journal.newest() - 1).value().front()->entry;
    CHECK(newest.type() == v1::EEG_BLOCK);
    CHECK(newest.patient() == "p2");
    CHECK(newest.cause().size() == 16);
}

TEST_CASE("what was released but not let go is released once more, and counts once") {
    Quarantine q;
    q.put_block(0);
    q.store_all();
    q.assign("p1", 0, 0);
    const auto first = q.releaser.release().value();
    const auto again = q.releaser.release().value();
    CHECK(first.size() == 1);
    CHECK(again == first);
    q.store_all();
    CHECK(q.release_all() == 1);
    CHECK(q.samples_of("p1") == 256);
    CHECK(q.core.counts().conflicts == 0);
    CHECK(q.store.quarantine().value().empty());
}

TEST_CASE("a journal that refuses leaves the quarantine as it is") {
    Quarantine q;
    q.put_block(0);
    q.store_all();
    q.assign("p1", 0, 0);
    q.journal.refuse_next(fail(ErrorCode::unavailable, "full").error());
    CHECK(q.releaser.release().error().code == ErrorCode::unavailable);
    CHECK(q.store.quarantine().value().size() == 1);
    CHECK(q.release_all() == 1);
}
