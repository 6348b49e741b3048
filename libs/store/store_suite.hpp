// What the shared suite needs of every adapter of the store: a fixture each.
#pragma once

#include "journal/journal_suite.hpp"
#include "store/mariadb/server_suite.hpp"
#include "store/memory_store.hpp"
#include "store/sqlite_store.hpp"

namespace vigil::store::suite {

class MemoryFixture {
public:
    static constexpr bool survives_restart = false;

    [[nodiscard]] Store& store() { return store_; }

private:
    MemoryStore store_;
};

class SqliteFixture {
public:
    static constexpr bool survives_restart = true;

    SqliteFixture() { open(); }

    [[nodiscard]] Store& store() { return *store_; }

    void reopen() {
        store_.reset();
        open();
    }

private:
    void open() {
        SqliteStoreOptions options;
        options.file = folder_.path() / "store.db";
        store_ = SqliteStore::open(options, log_).value();
    }

    TemporaryFolder folder_;
    QuietLog log_;
    std::unique_ptr<SqliteStore> store_;
};

} // namespace vigil::store::suite
