// What SqliteStore promises beyond the suite: restarts, crashes, queries beside writes, older and
// newer files.
#include "journal/sqlite_file.hpp"
#include "store/store_suite.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <set>
#include <thread>

using namespace vigil;
using namespace vigil::store;
using namespace vigil::store::suite;

namespace {

Write step(journal::Sequence expected, int rows) {
    Write write;
    write.expected = expected;
    write.position = expected + 1;
    for (int i = 0; i < rows; ++i) {
        VitalRow row{.id = "id", .patient = "p", .vital = {}};
        row.vital.set_name("heart_rate");
        row.vital.set_start_time_us(static_cast<std::int64_t>(expected) * 1000 + i);
        write.vitals.push_back(row);
    }
    return write;
}

constexpr TimeRange always{.from_us = INT64_MIN, .until_us = INT64_MAX};

} // namespace

TEST_CASE("wherever a crash cuts the log off, rows and position belong together") {
    const TemporaryFolder folder;
    QuietLog log;
    SqliteStoreOptions options;
    options.file = folder.path() / "store.db";
    const auto store = SqliteStore::open(options, log).value();
    for (journal::Sequence i = 0; i < 20; ++i) {
        REQUIRE(store->write(step(i, 3)).has_value());
    }
    // a power cut may take the end of the WAL, page by page
    constexpr std::uintmax_t page = 4096;
    std::set<journal::Sequence> positions;
    for (auto bytes = std::filesystem::file_size(folder.path() / "store.db-wal"); bytes > page;
         bytes -= page) {
        const TemporaryFolder copy;
        for (const auto* name : {"store.db", "store.db-wal"}) {
            std::filesystem::copy(folder.path() / name, copy.path() / name);
        }
        std::filesystem::resize_file(copy.path() / "store.db-wal", bytes);
        options.file = copy.path() / "store.db";
        const auto again = SqliteStore::open(options, log).value();
        const auto position = again->position().value();
        positions.insert(position);
        REQUIRE(again->vitals("p", always, 1000, {}).value().rows.size() == position * 3);
        REQUIRE(again->write(step(position, 3)).has_value());
    }
    CHECK(positions.size() >= 20);
}

TEST_CASE("what was synced is in the file itself") {
    const TemporaryFolder folder;
    const TemporaryFolder copy;
    QuietLog log;
    SqliteStoreOptions options;
    options.file = folder.path() / "store.db";
    const auto store = SqliteStore::open(options, log).value();
    REQUIRE(store->write(step(0, 3)).has_value());
    CHECK(store->sync().value() == 1);
    std::filesystem::copy_file(options.file, copy.path() / "store.db");
    options.file = copy.path() / "store.db";
    CHECK(SqliteStore::open(options, log).value()->position().value() == 1);
}

TEST_CASE("queries of several threads go on beside the writer and see whole writes") {
    const TemporaryFolder folder;
    QuietLog log;
    SqliteStoreOptions options;
    options.file = folder.path() / "store.db";
    options.readers = 2;
    const auto store = SqliteStore::open(options, log).value();
    std::atomic<bool> stop = false;
    std::atomic<bool> whole = true;
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i) {
        readers.emplace_back([&] {
            while (!stop) {
                const auto rows = store->vitals("p", always, 10'000, {});
                whole = whole && rows.has_value() && rows->rows.size() % 5 == 0;
            }
        });
    }
    for (journal::Sequence i = 0; i < 100; ++i) {
        REQUIRE(store->write(step(i, 5)).has_value());
    }
    stop = true;
    for (auto& reader : readers) {
        reader.join();
    }
    CHECK(whole);
    CHECK(store->vitals("p", always, 10'000, {}).value().rows.size() == 500);
}

TEST_CASE("a file of a newer release is refused, one that is no database too") {
    const TemporaryFolder folder;
    QuietLog log;
    SqliteStoreOptions options;
    options.file = folder.path() / "store.db";
    SqliteStore::open(options, log).value().reset();
    {
        const auto file = sqlite::File::open(options.file, sqlite::File::Sync::normal);
        file.run("INSERT INTO migrations (number) VALUES (1000)");
    }
    CHECK(SqliteStore::open(options, log).error().code == ErrorCode::internal);
    options.file = folder.path();
    CHECK(SqliteStore::open(options, log).error().code == ErrorCode::unavailable);
}

TEST_CASE("migrations that were cut off go on") {
    const TemporaryFolder folder;
    QuietLog log;
    SqliteStoreOptions options;
    options.file = folder.path() / "store.db";
    SqliteStore::open(options, log).value().reset();
    {
        const auto file = sqlite::File::open(options.file, sqlite::File::Sync::normal);
        file.run("DELETE FROM migrations WHERE number > 5");
        file.run("DROP TABLE newest_windows");
    }
    const auto store = SqliteStore::open(options, log).value();
    CHECK(store->newest_windows().value().empty());
    CHECK(store->write(step(0, 1)).has_value());
}
