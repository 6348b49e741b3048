// What MariadbStore promises beyond the suite: accounts, migrations, certificates, long payloads,
// settings of the server, backups.
#include "store/mariadb/mariadb_schema.hpp"
#include "store/store_suite.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::store;
using namespace vigil::store::suite;

namespace {

constexpr TimeRange always{.from_us = INT64_MIN, .until_us = INT64_MAX};

VitalRow vital(std::int64_t start_us, const std::string& name = "heart_rate") {
    VitalRow row{.id = "id" + std::to_string(start_us), .patient = "p", .vital = {}};
    row.vital.set_name(name);
    row.vital.set_start_time_us(start_us);
    return row;
}

Write step(journal::Sequence expected) {
    Write write;
    write.expected = expected;
    write.position = expected + 1;
    write.vitals = {vital(static_cast<std::int64_t>(expected))};
    return write;
}

int number_of(const MariadbOptions& options, const std::string& sql) {
    try {
        mariadb::Connection connection(options, options.account);
        connection.run(sql);
        return 0;
    } catch (const mariadb::Failure& failure) {
        return failure.number();
    }
}

class CountingLog : public Log {
public:
    CountingLog() : Log("store_test", "0") {}

    std::atomic<int> migrated = 0;

protected:
    void line(const std::string& text) override {
        migrated += text.contains("\"store_migrated\"") ? 1 : 0;
    }
};

} // namespace

TEST_CASE("the account of records can write rows and change no table") {
    auto& server = MariadbServer::shared();
    const auto options = server.fresh();
    QuietLog log;
    const auto store = MariadbStore::open(options, log).value();
    REQUIRE(store->write(step(0)).has_value());
    constexpr int table_denied = 1142;
    constexpr int database_denied = 1044;
    CHECK(number_of(options, "DROP TABLE vitals") == table_denied);
    CHECK(number_of(options, "TRUNCATE TABLE vitals") == table_denied);
    CHECK(number_of(options, "ALTER TABLE vitals ADD COLUMN x INT") == table_denied);
    CHECK(number_of(options, "CREATE TABLE x (y INT)") == table_denied);
    CHECK(number_of(options, "DROP DATABASE " + options.database) == database_denied);
    CHECK(number_of(options, "SELECT * FROM mysql.global_priv") == table_denied);
    CHECK(number_of(options, "DELETE FROM quarantine") == 0);
    CHECK(store->vitals("p", always, 10, {}).value().rows.size() == 1);

    auto alone = server.fresh();
    alone.migration = {};
    CHECK(!MariadbStore::open(alone, log).has_value()); // nobody made its tables
    CHECK(MariadbStore::open(options, log).has_value());
    alone = options;
    alone.migration = {.user = "nobody", .password = "wrong"};
    CHECK(MariadbStore::open(alone, log).has_value()); // which is not entered for nothing
}

TEST_CASE("a wrong password and a database that is not there are unavailable") {
    auto options = MariadbServer::shared().fresh();
    QuietLog log;
    auto wrong = options;
    wrong.account.password = "wrong";
    const auto refused = MariadbStore::open(wrong, log);
    CHECK(refused.error().code == ErrorCode::unavailable);
    CHECK(refused.error().retry == Retry::safe);
    CHECK(!refused.error().cause.contains("\"wrong\""));
    wrong = options;
    wrong.database = "none";
    CHECK(MariadbStore::open(wrong, log).error().code == ErrorCode::unavailable);
}

TEST_CASE("programs that start at once migrate once") {
    const auto options = MariadbServer::shared().fresh();
    CountingLog log;
    std::vector<std::future<bool>> opened;
    std::latch together(4);
    for (int i = 0; i < 4; ++i) {
        opened.push_back(std::async(std::launch::async, [&] {
            together.arrive_and_wait();
            const auto store = MariadbStore::open(options, log);
            return store.has_value() && (*store)->position().value() == 0;
        }));
    }
    for (auto& one : opened) {
        CHECK(one.get());
    }
    CHECK(log.migrated == mariadb::known_migrations());
}

TEST_CASE("migrations that were cut off go on, also behind one that ran and was not noted") {
    auto& server = MariadbServer::shared();
    const auto options = server.fresh();
    CountingLog log;
    MariadbStore::open(options, log).value().reset();
    server.run("DELETE FROM migrations WHERE number > 5", options.database);
    server.run("DROP TABLE newest_windows", options.database);
    const auto store = MariadbStore::open(options, log).value();
    CHECK(log.migrated == 2 * mariadb::known_migrations() - 5);
    CHECK(store->newest_windows().value().empty());
    CHECK(store->write(step(0)).has_value());
}

TEST_CASE("tables of a newer release are taken until it has dropped something") {
    auto& server = MariadbServer::shared();
    const auto options = server.fresh();
    QuietLog log;
    MariadbStore::open(options, log).value().reset();
    server.run("INSERT INTO migrations (number, needs) VALUES (1000, 0)", options.database);
    CHECK(MariadbStore::open(options, log).value()->write(step(0)).has_value());
    server.run("INSERT INTO migrations (number, needs) VALUES (1001, 1000)", options.database);
    CHECK(MariadbStore::open(options, log).error().code == ErrorCode::internal);
}

TEST_CASE("with a CA the server must show its certificate for this host") {
    auto& server = MariadbServer::shared();
    auto options = server.fresh();
    QuietLog log;
    options.ca_file = server.path("ca.pem");
    MariadbStore::open(options, log).value().reset();
    mariadb::Connection connection(options, options.account);
    CHECK(!connection.run("SHOW STATUS LIKE 'Ssl_cipher'").bytes(0, 1).empty());

    auto other = options;
    other.ca_file = server.path("other.pem");
    CHECK(MariadbStore::open(other, log).error().code == ErrorCode::unavailable);
    other = options;
    other.host = "localhost"; // the certificate is for 127.0.0.1
    CHECK(MariadbStore::open(other, log).error().code == ErrorCode::unavailable);
    other = options;
    other.ca_file = server.path("none.pem");
    CHECK(MariadbStore::open(other, log).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a server that may lose commits is refused, and once it does nothing is freed") {
    auto& server = MariadbServer::shared();
    const auto options = server.fresh();
    QuietLog log;
    const auto store = MariadbStore::open(options, log).value();
    REQUIRE(store->write(step(0)).has_value());
    CHECK(store->sync().value() == 1);
    for (const std::string setting : {"0", "2"}) {
        server.run("SET GLOBAL innodb_flush_log_at_trx_commit = " + setting);
        CHECK(store->sync().error().code == ErrorCode::unavailable);
        const auto refused = MariadbStore::open(options, log);
        server.run("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
        CHECK(refused.error().code == ErrorCode::unprocessable);
        CHECK(refused.error().detail.contains("innodb_flush_log_at_trx_commit"));
    }
    CHECK(store->sync().value() == 1);
}

TEST_CASE("a payload larger than max_allowed_packet comes back whole", "[limit]") {
    auto& server = MariadbServer::shared();
    const auto options = server.fresh();
    QuietLog log;
    const auto store = MariadbStore::open(options, log).value();
    const auto packet =
        static_cast<std::size_t>(server.run("SELECT @@max_allowed_packet").integer(0, 0));
    auto write = step(0);
    StreamRow stream;
    stream.patient = "p";
    stream.device = "d";
    stream.stream = "s";
    write.streams = {stream};
    for (std::size_t i = 0; i < 3; ++i) {
        ChunkRow row;
        row.first_sample = i;
        row.end_sample = i + 1;
        row.start_us = static_cast<std::int64_t>(i);
        row.end_us = row.start_us + 1;
        row.payload.resize(i == 1 ? packet + 3'000'001 : 5, static_cast<char>('a' + i));
        row.payload.back() = 'z';
        write.chunks.push_back({.stream = 0, .row = row});
    }
    REQUIRE(store->write(write).has_value());
    const auto rows = store->chunks("p", always, 10, {}).value().rows;
    REQUIRE(rows.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK((rows[i].payload == write.chunks[i].row.payload));
    }
    CHECK(store->size().value().chunks == 3);
}

TEST_CASE("names and ids have at most 255 bytes, and a message fits a packet", "[limit]") {
    const auto options = MariadbServer::shared().fresh();
    QuietLog log;
    const auto store = MariadbStore::open(options, log).value();
    auto write = step(0);
    write.vitals[0].vital.set_name(std::string(255, 'n'));
    CHECK(store->write(write).has_value());
    write = step(1);
    write.vitals[0].vital.set_name(std::string(256, 'n'));
    CHECK(store->write(write).error().code == ErrorCode::too_large);
    write = step(1);
    write.quarantined = {{.id = std::string(256, 'q'), .receipt_us = 0, .held = {}}};
    CHECK(store->write(write).error().code == ErrorCode::too_large);
    write.quarantined[0].id = "q";
    write.quarantined[0].held.set_payload(std::string(5 << 20, 'x'));
    CHECK(store->write(write).error().code == ErrorCode::too_large);
    write.quarantined[0].held.set_payload(std::string(1 << 20, 'x'));
    CHECK(store->write(write).has_value());
}

TEST_CASE("names differ by case, by a blank at the end and by their form in Unicode") {
    const auto options = MariadbServer::shared().fresh();
    QuietLog log;
    const auto store = MariadbStore::open(options, log).value();
    auto write = step(0);
    write.vitals = {
        vital(1, "a"),
        vital(1, "A"),
        vital(1, "a "),
        vital(1, ""),
        vital(1, "\xc3\xa4"),
        vital(1, "a\xcc\x88"),
    };
    REQUIRE(store->write(write).has_value());
    const auto rows = store->vitals("p", always, 10, {}).value().rows;
    REQUIRE(rows.size() == 6);
    CHECK(rows[0].vital.name().empty());
    CHECK(rows[1].vital.name() == "A");
    CHECK(rows[3].vital.name() == "a ");
}

TEST_CASE("a thousand rows of each kind are written in one step, and again without effect") {
    const auto options = MariadbServer::shared().fresh();
    QuietLog log;
    const auto store = MariadbStore::open(options, log).value();
    auto write = step(0);
    write.vitals.clear();
    for (int i = 0; i < 1'000; ++i) {
        write.vitals.push_back(vital(i));
        DetectionRow detection{.id = "d" + std::to_string(i), .detection = {}};
        detection.detection.set_patient("p" + std::to_string(i % 7));
        detection.detection.set_start_time_us(i);
        write.detections.push_back(detection);
        write.released.push_back("q" + std::to_string(i));
    }
    REQUIRE(store->write(write).has_value());
    write.expected = 1;
    write.position = 2;
    REQUIRE(store->write(write).has_value());
    CHECK(store->vitals("p", always, 10'000, {}).value().rows.size() == 1'000);
    CHECK(store->detections("p3", always, 10'000, {}).value().rows.size() == 143);
    CHECK(store->size().value().detections == 1'000);
}

namespace {

/// Everything that a store answers, as text.
std::string answers(Store& store) {
    std::string text = std::to_string(store.position().value());
    const auto size = store.size().value();
    text += ' ' + std::to_string(size.chunks) + ' ' + std::to_string(size.detections);
    for (const auto given = store.streams().value(); const auto& row : given) {
        text += row.patient + row.stream + row.seen + std::to_string(row.id);
        for (const auto chunks = store.pyramid(row.id, always).value();
             const auto& chunk : chunks) {
            text += chunk.pyramid;
        }
    }
    for (const auto rows = store.chunks("p", always, 1'000, {}).value().rows;
         const auto& row : rows) {
        text += row.payload + std::to_string(row.first_sample);
    }
    for (const auto rows = store.detections("p", always, 1'000, {}).value().rows;
         const auto& row : rows) {
        text += row.id + row.detection.SerializeAsString();
    }
    for (const auto rows = store.vitals("p", always, 1'000, {}).value().rows;
         const auto& row : rows) {
        text += row.id + row.vital.SerializeAsString();
    }
    for (const auto given = store.newest_windows().value(); const auto& row : given) {
        text += row.patient + std::to_string(row.samples.at(0));
    }
    return text;
}

Write of_all_kinds() {
    auto write = step(0);
    StreamRow stream;
    stream.patient = "p";
    stream.device = "d";
    stream.stream = "s";
    stream.seen = std::string("\0'\"\\\n\x1a\xff", 7);
    write.streams = {stream};
    std::string all(256 * 1'000, '\0');
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = static_cast<char>(i * 7 / 3);
    }
    ChunkRow chunk;
    chunk.first_sample = UINT64_C(1) << 63;
    chunk.end_sample = chunk.first_sample + 1;
    chunk.end_us = 1;
    chunk.payload = all;
    chunk.pyramid = all.substr(0, 300);
    write.chunks = {{.stream = 0, .row = chunk}};
    DetectionRow detection{.id = std::string("\0\xff'", 3), .detection = {}};
    detection.detection.set_patient("p");
    detection.detection.set_model("window-178");
    write.detections = {detection};
    write.newest = {{.patient = "p", .number = 1, .start_us = 1, .samples = {-5}, .score_q16 = {}}};
    return write;
}

} // namespace

TEST_CASE("what mariadb-dump saved answers alike in an empty server") {
    auto& server = MariadbServer::shared();
    const auto options = server.fresh();
    QuietLog log;
    const auto store = MariadbStore::open(options, log).value();
    REQUIRE(store->write(of_all_kinds()).has_value());
    const auto saved = server.path("saved.sql");
    run_program(
        {"mariadb-dump",
         "--no-defaults",
         "--socket=" + server.socket(),
         "--user=root",
         "--single-transaction",
         "--hex-blob",
         options.database},
        server.path("dump.log"),
        saved
    );
    REQUIRE(store->write(step(1)).has_value()); // not in the backup

    MariadbServer empty;
    const auto restored = empty.prepare("vigil");
    run_program(
        {"mariadb", "--no-defaults", "--socket=" + empty.socket(), "--user=root", "vigil"},
        empty.path("restore.log"),
        "/dev/null",
        saved
    );
    CountingLog quiet;
    const auto again = MariadbStore::open(restored, quiet).value();
    CHECK(quiet.migrated == 0);
    CHECK(again->position().value() == 1);
    REQUIRE(again->write(step(1)).has_value()); // the journal has the rest
    CHECK((answers(*again) == answers(*store)));
}
