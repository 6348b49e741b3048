#include "store/mariadb/mariadb_schema.hpp"

#include <array>

namespace vigil::store::mariadb {

namespace {

// Names and ids are bytes: they compare as in store.db, without a character set that folds cases or
// passes over blanks at the end, and the same under MySQL. 255 bytes of each: the longest key has
// four, where InnoDB takes 3072 bytes.
//
// Each is one statement that may run again: the server commits it before the line that says so.
// Each only adds. Never change or remove one: add the next.
constexpr std::array migrations{
    "CREATE TABLE IF NOT EXISTS patients (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, name "
    "VARBINARY(255) NOT NULL, UNIQUE KEY by_name (name)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
    // chunk_span_us: the longest row, so that a query by overlap knows how far back the first one
    // may start
    "CREATE TABLE IF NOT EXISTS streams (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, patient "
    "BIGINT NOT NULL, device VARBINARY(255) NOT NULL, stream VARBINARY(255) NOT NULL, description "
    "MEDIUMBLOB NOT NULL, ended TINYINT NOT NULL, seen MEDIUMBLOB NOT NULL, chunk_span_us BIGINT "
    "NOT NULL DEFAULT 0, UNIQUE KEY by_name (patient, device, stream)) ENGINE=InnoDB "
    "ROW_FORMAT=DYNAMIC",
    // A patient's rows of one time lie side by side. What a payload has beyond one packet stands in
    // `more` pieces of chunk_pieces.
    "CREATE TABLE IF NOT EXISTS chunks (patient BIGINT NOT NULL, start_us BIGINT NOT NULL, stream "
    "BIGINT NOT NULL, first_sample BIGINT UNSIGNED NOT NULL, end_sample BIGINT UNSIGNED NOT NULL, "
    "end_us BIGINT NOT NULL, pyramid MEDIUMBLOB NOT NULL, more INT NOT NULL, payload MEDIUMBLOB "
    "NOT "
    "NULL, PRIMARY KEY (patient, start_us, stream, first_sample), KEY by_stream (stream, "
    "start_us)) "
    "ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
    "CREATE TABLE IF NOT EXISTS chunk_pieces (patient BIGINT NOT NULL, start_us BIGINT NOT NULL, "
    "stream BIGINT NOT NULL, first_sample BIGINT UNSIGNED NOT NULL, piece INT NOT NULL, bytes "
    "MEDIUMBLOB NOT NULL, PRIMARY KEY (patient, start_us, stream, first_sample, piece)) "
    "ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
    // who made a detection: few, and long beside the detection itself
    "CREATE TABLE IF NOT EXISTS origins (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, device "
    "VARBINARY(255) NOT NULL, stream VARBINARY(255) NOT NULL, model VARBINARY(255) NOT NULL, "
    "model_version VARBINARY(255) NOT NULL, UNIQUE KEY by_name (device, stream, model, "
    "model_version)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
    "CREATE TABLE IF NOT EXISTS detections (patient BIGINT NOT NULL, start_us BIGINT NOT NULL, id "
    "VARBINARY(255) NOT NULL, origin BIGINT NOT NULL, body MEDIUMBLOB NOT NULL, PRIMARY KEY "
    "(patient, start_us, id)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
    "CREATE TABLE IF NOT EXISTS vitals (patient BIGINT NOT NULL, start_us BIGINT NOT NULL, name "
    "VARBINARY(255) NOT NULL, source VARBINARY(255) NOT NULL, id VARBINARY(255) NOT NULL, body "
    "MEDIUMBLOB NOT NULL, PRIMARY KEY (patient, start_us, name, source)) ENGINE=InnoDB "
    "ROW_FORMAT=DYNAMIC",
    "CREATE TABLE IF NOT EXISTS beats (patient BIGINT NOT NULL, start_us BIGINT NOT NULL, id "
    "VARBINARY(255) NOT NULL, end_us BIGINT NOT NULL, body MEDIUMBLOB NOT NULL, PRIMARY KEY "
    "(patient, start_us, id)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
    "CREATE TABLE IF NOT EXISTS beat_spans (patient BIGINT NOT NULL PRIMARY KEY, span_us BIGINT "
    "NOT "
    "NULL) ENGINE=InnoDB",
    "CREATE TABLE IF NOT EXISTS newest_windows (patient BIGINT NOT NULL PRIMARY KEY, number BIGINT "
    "NOT NULL, start_us BIGINT NOT NULL, samples MEDIUMBLOB NOT NULL, score_q16 BIGINT) "
    "ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
    "CREATE TABLE IF NOT EXISTS newest_heart_rates (patient BIGINT NOT NULL PRIMARY KEY, start_us "
    "BIGINT NOT NULL) ENGINE=InnoDB",
    // `one` is always 1. Counted as they are written: count(*) of millions of rows takes seconds
    "CREATE TABLE IF NOT EXISTS totals (one TINYINT NOT NULL PRIMARY KEY, position BIGINT NOT "
    "NULL, "
    "chunks BIGINT NOT NULL, detections BIGINT NOT NULL) ENGINE=InnoDB",
    "INSERT INTO totals (one, position, chunks, detections) VALUES (1, 0, 0, 0) ON DUPLICATE KEY "
    "UPDATE one = one",
    "CREATE TABLE IF NOT EXISTS events (id VARBINARY(255) NOT NULL PRIMARY KEY, patient BIGINT NOT "
    "NULL, onset_us BIGINT NOT NULL, revision BIGINT NOT NULL, body MEDIUMBLOB NOT NULL, KEY "
    "by_patient (patient, onset_us, id)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
    // what nobody's devices sent: rows leave when a device turns out to be somebody's
    "CREATE TABLE IF NOT EXISTS quarantine (id VARBINARY(255) NOT NULL PRIMARY KEY, device "
    "VARBINARY(255) NOT NULL, start_us BIGINT NOT NULL, receipt_us BIGINT NOT NULL, body "
    "MEDIUMBLOB "
    "NOT NULL, KEY by_device (device, start_us, id)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
    // ChronicleRow: alarms, past events, hearts, marks
    "CREATE TABLE IF NOT EXISTS chronicle (kind TINYINT UNSIGNED NOT NULL, id VARBINARY(255) NOT "
    "NULL, patient BIGINT NOT NULL, at_us BIGINT NOT NULL, revision BIGINT NOT NULL, body "
    "MEDIUMBLOB NOT NULL, PRIMARY KEY (kind, id), KEY by_patient (patient, kind, at_us, id)) "
    "ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
    "CREATE TABLE IF NOT EXISTS clocks (patient BIGINT NOT NULL, device VARBINARY(255) NOT NULL, "
    "data TINYINT UNSIGNED NOT NULL, course MEDIUMBLOB NOT NULL, PRIMARY KEY (patient, device, "
    "data)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
};

// `needs`: programs that know fewer migrations than this must not start any more. A migration that
// only adds needs 0, so that the release before still starts beside this one, and after it.
constexpr auto* make_table =
    "CREATE TABLE IF NOT EXISTS migrations (number INT NOT NULL PRIMARY KEY, needs INT NOT NULL, "
    "at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP) ENGINE=InnoDB";

constexpr int no_such_table = 1146;
constexpr int table_denied = 1142; // also what a table that is not there may say

struct Done {
    std::int64_t number = 0;
    std::int64_t needs = 0;
};

Done look(Connection& connection) {
    try {
        const auto answer = connection.run(
            "SELECT COALESCE(MAX(number), 0), COALESCE(MAX(needs), 0) FROM "
            "migrations"
        );
        return {.number = answer.integer(0, 0), .needs = answer.integer(0, 1)};
    } catch (const Failure& failure) {
        if (failure.number() == no_such_table || failure.number() == table_denied) {
            return {};
        }
        throw;
    }
}

// Ends with the session, so a program that dies while it migrates lets the next one go on.
Result<void> lock(Connection& connection, std::chrono::milliseconds timeout) {
    const auto until = std::chrono::steady_clock::now() + timeout;
    while (true) {
        const auto answer = connection.run("SELECT GET_LOCK(CONCAT('vigil.', MD5(DATABASE())), 1)");
        if (answer.integer(0, 0) == 1) {
            return {};
        }
        if (std::chrono::steady_clock::now() >= until) {
            return fail(
                ErrorCode::unavailable,
                "another program has been changing the store's tables for too long",
                {},
                {},
                Retry::safe
            );
        }
    }
}

Result<void> check(const Done& done) {
    if (done.needs > known_migrations()) {
        return fail(
            ErrorCode::internal,
            "a newer release of Vigil has dropped what this one reads from the store; start that "
            "one, or restore a backup"
        );
    }
    return {};
}

} // namespace

std::int64_t known_migrations() {
    return static_cast<std::int64_t>(migrations.size());
}

Result<void> migrate(const MariadbOptions& options, const Account& account, Log& log) {
    {
        Connection connection(options, options.account);
        const auto done = look(connection);
        if (done.number >= known_migrations()) {
            return check(done);
        }
    }
    Connection connection(options, account);
    if (auto locked = lock(connection, options.timeout); !locked) {
        return locked;
    }
    connection.run(make_table);
    auto done = look(connection);
    if (auto checked = check(done); !checked) {
        return checked;
    }
    while (done.number < known_migrations()) {
        connection.run(migrations[static_cast<std::size_t>(done.number)]);
        ++done.number;
        connection.execute("INSERT INTO migrations (number, needs) VALUES (?, 0)", {done.number});
        log.info("store_migrated", {{"migration", done.number}});
    }
    return {};
}

} // namespace vigil::store::mariadb
