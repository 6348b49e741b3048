#include "records/core.hpp"

#include "records/queries.hpp"
#include "records/test_entries.hpp"
#include "store/memory_store.hpp"

#include <catch2/catch_test_macros.hpp>

#include <random>

using namespace vigil;
using namespace vigil::records;

namespace {

constexpr store::TimeRange whole_day{
    .from_us = to_us(test_start),
    .until_us = to_us(test_start) + std::int64_t{86'400} * 1'000'000
};

/// Every sample of a patient's stream as the queries show it, by index; a sample that is shown
/// twice fails.
std::map<std::uint64_t, std::int32_t> shown(
    const Core& core,
    store::Store& store,
    std::size_t channel = 0,
    store::TimeRange time = whole_day,
    EegLimits limits = {}
) {
    std::map<std::uint64_t, std::int32_t> samples;
    const Queries queries(core, store);
    for (int pages = 0; pages < 10'000; ++pages) {
        const auto page = queries.eeg("p1", time, limits);
        REQUIRE(page);
        for (const auto& stream : page->streams) {
            for (const auto& run : stream.runs) {
                for (std::uint64_t i = 0; i < run.samples; ++i) {
                    const bool is_new =
                        samples
                            .emplace(run.first_sample + i, run.values.at(channel * run.samples + i))
                            .second;
                    REQUIRE(is_new);
                }
            }
        }
        if (!page->next_us) {
            return samples;
        }
        REQUIRE(*page->next_us > time.from_us);
        time.from_us = *page->next_us;
    }
    FAIL("pages without end");
    return samples;
}

std::map<std::uint64_t, std::int32_t>
expected(std::uint64_t first, std::uint64_t end, std::size_t channel = 0) {
    std::map<std::uint64_t, std::int32_t> samples;
    for (auto index = first; index < end; ++index) {
        samples.emplace(index, sample_at(index, channel));
    }
    return samples;
}

Error disk_full() {
    return fail(ErrorCode::unavailable, "disk full", {}, {}, Retry::safe).error();
}

} // namespace

TEST_CASE("what is pending and what is stored is shown as one") {
    store::MemoryStore store;
    Core core(store);
    REQUIRE(core.load());
    Entries entries;
    entries.block({}, 0, 256).block({}, 256, 256);
    core.apply(entries.all());
    CHECK(shown(core, store, 1) == expected(0, 512, 1));
    REQUIRE(core.flush());
    CHECK(core.pending_bytes() == 0);
    CHECK(core.stored_position() == 2);
    CHECK(shown(core, store, 1) == expected(0, 512, 1));
    entries.block({}, 512, 100);
    core.apply(entries.all());
    CHECK(shown(core, store, 1) == expected(0, 612, 1));
}

TEST_CASE("each sample is stored once under any order, overlap, repetition and moment of the flush"
) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 20; ++round) {
        store::MemoryStore store;
        Core core(store);
        REQUIRE(core.load());
        Entries entries;
        for (int block = 0; block < 60; ++block) {
            entries.block({}, random() % 4000, 1 + random() % 700);
        }
        entries.block({}, 0, 4700);
        for (const auto& stored : entries.all()) {
            core.apply(std::span(&stored, 1));
            if (random() % 8 == 0) {
                REQUIRE(core.flush());
            }
            if (random() % 16 == 0) { // a crash: what is not flushed is lost and read again
                REQUIRE(core.load());
                core.apply(std::span(entries.all()).first(stored->sequence));
            }
        }
        CHECK(shown(core, store) == expected(0, 4700));
        REQUIRE(core.flush());
        CHECK(shown(core, store) == expected(0, 4700));
    }
}

TEST_CASE("a failed flush loses nothing, and one whose answer was lost is not written twice") {
    store::MemoryStore store;
    Core core(store);
    REQUIRE(core.load());
    Entries entries;
    entries.block({}, 0, 256).add(v1::VITAL, heart_rate(70, 1));
    core.apply(entries.all());
    store.refuse_next(disk_full(), 2);
    CHECK_FALSE(core.flush());
    CHECK_FALSE(core.flush());
    CHECK(core.stored_position() == 0);
    entries.block({}, 256, 256);
    core.apply(entries.all());
    REQUIRE(core.flush());
    CHECK(core.counts().failed_flushes == 2);
    CHECK(shown(core, store) == expected(0, 512));
    CHECK(store.position().value() == 3);
}

TEST_CASE("another writer's position refuses the flush and load() goes on from it") {
    store::MemoryStore store;
    Core core(store);
    Core other(store);
    REQUIRE(core.load());
    REQUIRE(other.load());
    Entries entries;
    entries.block({}, 0, 256).block({}, 256, 256);
    other.apply(std::span(entries.all()).first(1));
    REQUIRE(other.flush());
    core.apply(entries.all());
    const auto refused = core.flush();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::conflict);
    REQUIRE(core.load());
    CHECK(core.position() == 1);
    core.apply(entries.all());
    REQUIRE(core.flush());
    CHECK(shown(core, store) == expected(0, 512));
}

TEST_CASE("a flush is due after the interval, or before it with many bytes") {
    store::MemoryStore store;
    Core core(store, {.flush_interval = std::chrono::seconds{10}, .flush_bytes = 100'000});
    REQUIRE(core.load());
    const SteadyTime start{std::chrono::hours{1}};
    CHECK_FALSE(core.due(start));
    Entries entries;
    entries.block({}, 0, 256);
    core.apply(entries.all());
    REQUIRE(core.flush(start));
    entries.block({}, 256, 256);
    core.apply(entries.all());
    CHECK_FALSE(core.due(start + std::chrono::seconds{9}));
    CHECK(core.due(start + std::chrono::seconds{10}));
    for (std::uint64_t first = 512; core.pending_bytes() < 100'000; first += 2560) {
        entries.block({}, first, 2560);
        core.apply(entries.all());
    }
    CHECK(core.due(start + std::chrono::seconds{1}));
}

TEST_CASE("rows hold about ten seconds, and separate windows share rows without being joined") {
    store::MemoryStore store;
    Core core(store);
    REQUIRE(core.load());
    Entries entries;
    for (std::uint64_t second = 0; second < 25; ++second) {
        entries.block({}, second * 256, 256);
    }
    const BlockShape
        window{.device = "legacy", .stream = "eeg", .rate = 178, .channels = 1, .isolated = true};
    for (std::uint64_t second = 0; second < 20; ++second) {
        entries.block(window, second * 178, 178);
    }
    core.apply(entries.all());
    REQUIRE(core.flush());
    const auto rows = store.chunks("p1", whole_day, 100, {}).value().rows;
    const auto streams = store.streams().value();
    std::size_t continuous = 0;
    std::size_t windows = 0;
    for (const auto& row : rows) {
        const auto& stream = streams.at(static_cast<std::size_t>(row.stream_id - 1));
        const auto runs = read_row(stream, row).value();
        if (stream.isolated) {
            windows += runs.size();
            CHECK(runs.size() >= 5);
            CHECK(runs.front().samples == 178);
        } else {
            ++continuous;
            CHECK(runs.size() == 1);
            CHECK(row.end_us - row.start_us >= 6'000'000);
            CHECK(row.end_us - row.start_us <= 15'000'000);
        }
    }
    CHECK(continuous == 3);
    CHECK(windows == 20);
}

TEST_CASE(
    "a repeated block is counted, other samples in the same range are a conflict, and neither is "
    "stored"
) {
    store::MemoryStore store;
    Core core(store);
    REQUIRE(core.load());
    Entries entries;
    entries.block({}, 0, 256).block({}, 0, 256).block({}, 0, 256, 5);
    core.apply(entries.all());
    CHECK(core.counts().duplicates == 1);
    CHECK(core.counts().conflicts == 1);
    CHECK(shown(core, store) == expected(0, 256));
}

TEST_CASE("another layout under the same name is kept as a stream of its own") {
    store::MemoryStore store;
    Core core(store);
    REQUIRE(core.load());
    Entries entries;
    entries.block({}, 0, 256).block({.channels = 3}, 256, 256);
    core.apply(entries.all());
    REQUIRE(core.flush());
    CHECK(core.counts().layout_changes == 1);
    CHECK(store.streams().value().size() == 2);
    CHECK(shown(core, store) == expected(0, 512));
}

TEST_CASE("payloads that cannot be read and types that are not known are counted and passed over") {
    store::MemoryStore store;
    Core core(store);
    REQUIRE(core.load());
    auto torn = block_of({}, 0, 256);
    torn.mutable_data()->pop_back();
    v1::EegBlock empty;
    Entries entries;
    entries.add(v1::EEG_BLOCK, torn)
        .add(v1::EEG_BLOCK, empty)
        .add(static_cast<v1::EntryType>(99), empty)
        .block({}, 0, 256);
    core.apply(entries.all());
    REQUIRE(core.flush());
    CHECK(core.counts().unreadable == 2);
    CHECK(core.counts().unknown_types == 1);
    CHECK(shown(core, store) == expected(0, 256));
}

TEST_CASE("pages cut by time show every sample once, also where the flush falls between two pages"
) {
    store::MemoryStore store;
    Core core(store);
    REQUIRE(core.load());
    Entries entries;
    for (std::uint64_t second = 0; second < 120; ++second) {
        entries.block({}, second * 256, 256);
    }
    core.apply(std::span(entries.all()).first(70));
    REQUIRE(core.flush());
    core.apply(entries.all());
    const auto all = expected(0, 120ULL * 256);
    CHECK(shown(core, store, 0, whole_day, {.rows = 1}) == all);
    CHECK(shown(core, store, 0, whole_day, {.rows = 3, .bytes = 10'000}) == all);

    const Queries queries(core, store);
    const auto first = queries.eeg("p1", whole_day, {.rows = 100, .bytes = 20'000}).value();
    REQUIRE(first.next_us);
    std::size_t seen = 0;
    for (const auto& run : first.streams.at(0).runs) {
        seen += run.samples;
    }
    REQUIRE(core.flush());
    auto rest = whole_day;
    rest.from_us = *first.next_us;
    CHECK(seen + shown(core, store, 0, rest).size() == all.size());
}

TEST_CASE("a time range cuts to the sample") {
    store::MemoryStore store;
    Core core(store);
    REQUIRE(core.load());
    Entries entries;
    entries.block({}, 0, 2560);
    core.apply(entries.all());
    const auto range = [](std::uint64_t from, std::uint64_t end) {
        return store::TimeRange{.from_us = time_at(from, 256), .until_us = time_at(end, 256)};
    };
    CHECK(shown(core, store, 0, range(100, 300)) == expected(100, 300));
    REQUIRE(core.flush());
    CHECK(shown(core, store, 0, range(100, 300)) == expected(100, 300));
    CHECK(shown(core, store, 0, range(2560, 3000)).empty());
}
