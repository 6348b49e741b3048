// MariadbStore beside a server that dies, stands still or loses an answer, and beside another
// writer.
#include "store/mariadb/breaking_proxy_suite.hpp"
#include "store/mariadb/mariadb_writer.hpp"
#include "store/store_suite.hpp"

#include <catch2/catch_test_macros.hpp>

#include <set>

using namespace vigil;
using namespace vigil::store;
using namespace vigil::store::suite;

namespace {

constexpr TimeRange always{.from_us = INT64_MIN, .until_us = INT64_MAX};
constexpr int rows_a_step = 5;

// Five vitals and five detections whose ids say which writer made them.
Write step(journal::Sequence expected, const std::string& writer = "w") {
    Write write;
    write.expected = expected;
    write.position = expected + 1;
    for (int i = 0; i < rows_a_step; ++i) {
        const auto at_us = static_cast<std::int64_t>(expected) * rows_a_step + i;
        const auto id = writer + std::to_string(at_us);
        VitalRow row{.id = id, .patient = "p", .vital = {}};
        row.vital.set_name("heart_rate");
        row.vital.set_source(writer);
        row.vital.set_start_time_us(at_us);
        write.vitals.push_back(row);
        DetectionRow detection{.id = id, .detection = {}};
        detection.detection.set_patient("p");
        detection.detection.set_start_time_us(at_us);
        write.detections.push_back(detection);
    }
    return write;
}

// As records does: an error leads to another try, a conflict to a look at the position.
bool write_as_records(Store& store, journal::Sequence expected) {
    const auto write = step(expected);
    return comes_true([&] {
        const auto done = store.write(write);
        if (done) {
            return true;
        }
        CHECK(done.error().code != ErrorCode::internal);
        if (done.error().code != ErrorCode::conflict) {
            return false;
        }
        const auto position = store.position();
        return position && *position == write.position;
    });
}

void check_all_once(Store& store, journal::Sequence steps) {
    CHECK(store.position().value() == steps);
    CHECK(store.size().value().detections == steps * rows_a_step);
    std::size_t found = 0;
    std::optional<std::string> cursor;
    do {
        const auto page = store.detections("p", always, 1'000, cursor).value();
        for (const auto& row : page.rows) {
            CHECK(row.detection.start_time_us() == static_cast<std::int64_t>(found++));
        }
        cursor = page.cursor;
    } while (cursor);
    CHECK(found == steps * rows_a_step);
}

struct Proxied {
    MariadbOptions options = MariadbServer::shared().fresh();
    BreakingProxy proxy{options.port};
    QuietLog log;
    std::unique_ptr<MariadbStore> store;

    Proxied() {
        options.port = static_cast<std::uint16_t>(proxy.port());
        store = MariadbStore::open(options, log).value();
    }
};

} // namespace

TEST_CASE("a server killed in the middle of writes loses nothing and doubles nothing") {
    auto& server = MariadbServer::shared();
    QuietLog log;
    const auto store = MariadbStore::open(server.fresh(), log).value();
    constexpr int kills = 5;
    constexpr journal::Sequence steps_a_kill = 60;
    std::atomic<journal::Sequence> written = 0;
    std::atomic<bool> good = true;
    std::thread writer([&] {
        for (journal::Sequence i = 0; good && i < (kills + 1) * steps_a_kill; ++i) {
            good = write_as_records(*store, i);
            ++written;
        }
    });
    for (int kill = 1; kill <= kills; ++kill) {
        const auto reached = comes_true([&] {
            return !good || written >= static_cast<journal::Sequence>(kill) * steps_a_kill;
        });
        CHECK(reached);
        server.kill();
        server.start();
    }
    writer.join();
    REQUIRE(good);
    check_all_once(*store, (kills + 1) * steps_a_kill);
}

TEST_CASE("while the server is away everything is unavailable, and comes back alone") {
    auto& server = MariadbServer::shared();
    QuietLog log;
    const auto store = MariadbStore::open(server.fresh(), log).value();
    REQUIRE(store->write(step(0)).has_value());
    server.kill();
    const auto refused = store->write(step(1));
    CHECK(refused.error().code == ErrorCode::unavailable);
    CHECK(refused.error().retry == Retry::safe);
    CHECK(store->position().error().code == ErrorCode::unavailable);
    CHECK(store->vitals("p", always, 10, {}).error().code == ErrorCode::unavailable);
    CHECK(store->sync().error().code == ErrorCode::unavailable);
    CHECK(log.has("store_connection_lost"));
    CHECK(!log.has("store_connection_back"));
    server.start();
    CHECK(store->vitals("p", always, 10, {}).value().rows.size() == rows_a_step);
    CHECK(log.has("store_connection_back"));
    CHECK(store->write(step(1)).has_value());
    check_all_once(*store, 2);
}

TEST_CASE("a restart of the server between two calls is not noticed") {
    auto& server = MariadbServer::shared();
    QuietLog log;
    const auto store = MariadbStore::open(server.fresh(), log).value();
    REQUIRE(store->write(step(0)).has_value());
    REQUIRE(store->position().has_value());
    server.kill();
    server.start();
    CHECK(store->position().value() == 1);
    CHECK(store->write(step(1)).has_value());
    CHECK(!log.has("store_connection_lost"));
    check_all_once(*store, 2);
}

TEST_CASE("a server that stands still is unavailable in time, and the position tells") {
    auto& server = MariadbServer::shared();
    auto options = server.fresh();
    QuietLog log;
    MariadbStore::open(options, log).value().reset();
    options.timeout = std::chrono::milliseconds(300);
    options.connect_timeout = std::chrono::milliseconds(300);
    const auto store = MariadbStore::open(options, log).value();
    REQUIRE(store->write(step(0)).has_value());
    server.pause();
    const auto refused = store->write(step(1));
    const auto asked = store->position();
    server.go_on();
    CHECK(refused.error().code == ErrorCode::unavailable);
    CHECK(asked.error().code == ErrorCode::unavailable);
    CHECK(write_as_records(*store, 1));
    check_all_once(*store, 2);
}

TEST_CASE("a COMMIT whose answer was lost is looked up: it happened") {
    Proxied way;
    for (journal::Sequence i = 0; i < 5; ++i) {
        way.proxy.break_at(BreakingProxy::Break::after_commit);
        CHECK(way.store->write(step(i)).has_value());
        CHECK(way.proxy.broken() == static_cast<int>(i) + 1);
    }
    check_all_once(*way.store, 5);
}

TEST_CASE("a COMMIT that the server never got is looked up: it did not happen") {
    Proxied way;
    for (journal::Sequence i = 0; i < 5; ++i) {
        way.proxy.break_at(BreakingProxy::Break::before_commit);
        const auto refused = way.store->write(step(i));
        CHECK(refused.error().code == ErrorCode::unavailable);
        CHECK(refused.error().retry == Retry::safe);
        CHECK(way.proxy.broken() == static_cast<int>(i) + 1);
        CHECK(way.store->position().value() == i);
        CHECK(way.store->write(step(i)).has_value());
    }
    check_all_once(*way.store, 5);
}

TEST_CASE("a COMMIT that nobody can be asked about is in doubt, and a conflict when it comes again"
) {
    Proxied way;
    way.proxy.break_at(BreakingProxy::Break::after_commit);
    way.proxy.refuse(true);
    const auto doubtful = way.store->write(step(0));
    CHECK(doubtful.error().code == ErrorCode::unavailable);
    CHECK(doubtful.error().retry == Retry::in_doubt);
    way.proxy.refuse(false);
    CHECK(way.store->write(step(0)).error().code == ErrorCode::conflict);
    CHECK(way.store->position().value() == 1);
    CHECK(way.store->write(step(1)).has_value());
    check_all_once(*way.store, 2);
}

TEST_CASE("of two writers at the same position one is refused, and leaves nothing") {
    const auto options = MariadbServer::shared().fresh();
    QuietLog log;
    std::vector<std::unique_ptr<MariadbStore>> stores;
    stores.push_back(MariadbStore::open(options, log).value());
    stores.push_back(MariadbStore::open(options, log).value());
    constexpr journal::Sequence steps = 40;
    std::array<std::set<journal::Sequence>, 2> taken;
    std::vector<std::thread> threads;
    for (std::size_t which = 0; which < 2; ++which) {
        threads.emplace_back([&, which] {
            const auto name = "w" + std::to_string(which) + "-";
            for (journal::Sequence i = 0; i < steps;) {
                const auto done = stores[which]->write(step(i, name));
                if (done) {
                    taken[which].insert(i++);
                } else if (done.error().code == ErrorCode::conflict) {
                    i = stores[which]->position().value();
                } else {
                    taken[which].insert(steps); // no other error is one of two writers
                    return;
                }
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(taken[0].size() + taken[1].size() == steps);
    CHECK(!taken[0].contains(steps));
    CHECK(!taken[1].contains(steps));
    for (const auto rows = stores[0]->vitals("p", always, 10'000, {}).value().rows;
         const auto& row : rows) {
        const std::size_t which = row.id.starts_with("w1") ? 1 : 0;
        CHECK(taken[which].contains(
            static_cast<journal::Sequence>(row.vital.start_time_us() / rows_a_step)
        ));
    }
    check_all_once(*stores[0], steps);
}

TEST_CASE("a writer that stands still inside its transaction does not keep the next one out") {
    auto options = MariadbServer::shared().fresh();
    QuietLog log;
    options.timeout = std::chrono::milliseconds(1'000);
    const auto store = MariadbStore::open(options, log).value();
    mariadb::Writer stands(options);
    REQUIRE(stands.begin(step(0)).has_value());
    CHECK(write_as_records(*store, 0));
    check_all_once(*store, 1);
}

TEST_CASE("questions beyond the readers wait, and are refused after the timeout", "[limit]") {
    auto& server = MariadbServer::shared();
    auto options = server.fresh();
    QuietLog log;
    MariadbStore::open(options, log).value().reset();
    options.readers = 1;
    options.timeout = std::chrono::milliseconds(500);
    const auto store = MariadbStore::open(options, log).value();
    REQUIRE(store->write(step(0)).has_value());
    std::atomic<int> overloaded = 0;
    std::atomic<int> late = 0;
    {
        auto administrator = options;
        administrator.host = server.socket();
        mariadb::Connection holds(administrator, {.user = "root", .password = {}});
        holds.run("LOCK TABLES vitals WRITE");
        std::vector<std::thread> threads;
        for (int i = 0; i < 6; ++i) {
            threads.emplace_back([&] {
                const auto asked = store->vitals("p", always, 10, {});
                overloaded += !asked && asked.error().code == ErrorCode::overloaded ? 1 : 0;
                late += !asked && asked.error().code == ErrorCode::unavailable ? 1 : 0;
            });
        }
        for (auto& thread : threads) {
            thread.join();
        }
    }
    CHECK(overloaded > 0);
    CHECK(late > 0);
    CHECK(store->vitals("p", always, 10, {}).value().rows.size() == rows_a_step);
}
