#include "store/store_schema.hpp"

#include <array>

namespace vigil::store {

namespace {

// Each is one statement that may run again. Never change or remove one: add the next.
constexpr std::array migrations{
    "CREATE TABLE IF NOT EXISTS patients (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    // chunk_span_us: the longest row, so that a query by overlap knows how far back the first one
    // may start
    "CREATE TABLE IF NOT EXISTS streams (id INTEGER PRIMARY KEY, patient INTEGER NOT NULL "
    "REFERENCES patients (id), "
    "device TEXT NOT NULL, stream TEXT NOT NULL, description BLOB NOT NULL, ended INTEGER NOT "
    "NULL, seen BLOB NOT NULL, "
    "chunk_span_us INTEGER NOT NULL DEFAULT 0, UNIQUE (patient, device, stream))",
    // the pyramid stands before the payload: reading it leaves the payload's overflow pages alone
    "CREATE TABLE IF NOT EXISTS chunks (id INTEGER PRIMARY KEY, patient INTEGER NOT NULL, stream "
    "INTEGER NOT NULL, "
    "first_sample INTEGER NOT NULL, end_sample INTEGER NOT NULL, start_us INTEGER NOT NULL, end_us "
    "INTEGER NOT NULL, "
    "pyramid BLOB NOT NULL, payload BLOB NOT NULL)",
    "CREATE UNIQUE INDEX IF NOT EXISTS chunks_by_patient ON chunks (patient, start_us, stream, "
    "first_sample)",
    "CREATE INDEX IF NOT EXISTS chunks_by_stream ON chunks (stream, start_us)",
    // who made a detection: few, and long beside the detection itself
    "CREATE TABLE IF NOT EXISTS origins (id INTEGER PRIMARY KEY, device TEXT NOT NULL, stream TEXT "
    "NOT NULL, "
    "model TEXT NOT NULL, model_version TEXT NOT NULL, UNIQUE (device, stream, model, "
    "model_version))",
    "CREATE TABLE IF NOT EXISTS detections (patient INTEGER NOT NULL, start_us INTEGER NOT NULL, "
    "id BLOB NOT NULL, "
    "origin INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (patient, start_us, id)) WITHOUT "
    "ROWID",
    "CREATE TABLE IF NOT EXISTS vitals (patient INTEGER NOT NULL, start_us INTEGER NOT NULL, name "
    "TEXT NOT NULL, "
    "source TEXT NOT NULL, id BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (patient, start_us, "
    "name, source)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS beats (patient INTEGER NOT NULL, start_us INTEGER NOT NULL, id "
    "BLOB NOT NULL, "
    "end_us INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (patient, start_us, id)) WITHOUT "
    "ROWID",
    "CREATE TABLE IF NOT EXISTS beat_spans (patient INTEGER PRIMARY KEY, span_us INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS newest_windows (patient INTEGER PRIMARY KEY, number INTEGER NOT "
    "NULL, "
    "start_us INTEGER NOT NULL, samples BLOB NOT NULL, score_q16 INTEGER)",
    "CREATE TABLE IF NOT EXISTS newest_heart_rates (patient INTEGER PRIMARY KEY, start_us INTEGER "
    "NOT NULL)",
    // counted as they are written: count(*) of millions of rows takes seconds
    "CREATE TABLE IF NOT EXISTS totals (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER "
    "NOT NULL, "
    "chunks INTEGER NOT NULL, detections INTEGER NOT NULL)",
    "INSERT OR IGNORE INTO totals (one, position, chunks, detections) VALUES (1, 0, 0, 0)",
    "CREATE TABLE IF NOT EXISTS events (id BLOB PRIMARY KEY, patient INTEGER NOT NULL, onset_us "
    "INTEGER NOT NULL, "
    "revision INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID",
    "CREATE UNIQUE INDEX IF NOT EXISTS events_by_patient ON events (patient, onset_us, id)",
    // what nobody's devices sent: rows leave when a device turns out to be somebody's
    "CREATE TABLE IF NOT EXISTS quarantine (id BLOB PRIMARY KEY, device TEXT NOT NULL, start_us "
    "INTEGER NOT NULL, "
    "receipt_us INTEGER NOT NULL, body BLOB NOT NULL)",
    "CREATE INDEX IF NOT EXISTS quarantine_by_device ON quarantine (device, start_us, id)",
    // ChronicleRow: alarms, past events, hearts, marks
    "CREATE TABLE IF NOT EXISTS chronicle (kind INTEGER NOT NULL, id BLOB NOT NULL, patient "
    "INTEGER "
    "NOT NULL, at_us INTEGER NOT NULL, revision INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY "
    "(kind, id)) WITHOUT ROWID",
    "CREATE UNIQUE INDEX IF NOT EXISTS chronicle_by_patient ON chronicle (patient, kind, at_us, "
    "id)",
    "CREATE TABLE IF NOT EXISTS clocks (patient INTEGER NOT NULL, device TEXT NOT NULL, data "
    "INTEGER NOT NULL, course BLOB NOT NULL, PRIMARY KEY (patient, device, data)) WITHOUT ROWID",
};

} // namespace

Result<void> migrate(const sqlite::File& file) {
    file.run("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY)");
    std::int64_t done = 0;
    {
        sqlite::Statement select(file, "SELECT coalesce(max(number), 0) FROM migrations");
        select.step();
        done = select.integer(0);
    }
    if (done > static_cast<std::int64_t>(migrations.size())) {
        return fail(
            ErrorCode::internal,
            "store.db was made by a newer release of Vigil; start that one, or restore a backup"
        );
    }
    for (auto number = static_cast<std::size_t>(done); number < migrations.size(); ++number) {
        file.run("BEGIN IMMEDIATE");
        try {
            file.run(migrations[number]);
            sqlite::Statement insert(file, "INSERT INTO migrations (number) VALUES (?1)");
            insert.bind(1, static_cast<std::int64_t>(number) + 1).run();
            file.run("COMMIT");
        } catch (const sqlite::Failure&) {
            file.roll_back();
            throw;
        }
    }
    return {};
}

} // namespace vigil::store
