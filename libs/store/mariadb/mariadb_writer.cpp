#include "store/mariadb/mariadb_writer.hpp"

#include "store/description.hpp"
#include "store/mariadb/writer_statements.hpp"
#include "store/write_check.hpp"

#include <algorithm>

namespace vigil::store::mariadb {

namespace {

// Streams come and go: the caches are emptied rather than let grow.
constexpr std::size_t max_cached = 10'000;

// As the server's error 1020 never comes with it: what another writer committed is seen.
constexpr auto* isolation = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

using Values = std::vector<Value>;

void add(Values& values, std::initializer_list<Value> row) {
    values.insert(values.end(), row);
}

Value text(std::string_view bytes) {
    return bytes;
}

Value integer(std::int64_t number) {
    return number;
}

void raise(std::map<std::int64_t, std::int64_t>& most, std::int64_t key, std::int64_t value) {
    const auto [found, added] = most.try_emplace(key, value);
    found->second = std::max(found->second, value);
}

Values pairs(const std::map<std::int64_t, std::int64_t>& most) {
    Values values;
    for (const auto& [key, value] : most) {
        add(values, {key, value});
    }
    return values;
}

template <class Map>
void bound(Map& cache) {
    if (cache.size() >= max_cached) {
        cache.clear();
    }
}

} // namespace

Writer::Writer(const MariadbOptions& options) : connection_(options, options.account) {
    connection_.run(isolation);
    const auto seconds = std::to_string(
        std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(options.timeout).count())
    );
    connection_.run("SET SESSION innodb_lock_wait_timeout = " + seconds);
    if (connection_.is_mariadb()) {
        // A writer that stands still in the middle would keep the fence from all others.
        connection_.run("SET SESSION idle_transaction_timeout = " + seconds);
    }
}

Result<void> Writer::begin(const Write& write) {
    connection_.run("START TRANSACTION");
    const auto position = connection_.run("SELECT position FROM totals WHERE one = 1 FOR UPDATE");
    if (position.rows() != 1) {
        return fail(ErrorCode::internal, "the store has no position");
    }
    return check_write(write, position.number(0, 0));
}

void Writer::put(const Write& write) {
    kept_.clear();
    const auto streams = put_streams(write);
    const auto chunks = put_chunks(write, streams);
    const auto detections = put_detections(write);
    put_events(write);
    put_chronicle(write);
    put_vitals(write);
    put_beats(write);
    put_clocks(write);
    put_quarantined(write);
    put_newest(write);
    connection_.execute(
        "UPDATE totals SET position = ?, chunks = chunks + ?, detections = detections + ? WHERE "
        "one = 1",
        {static_cast<std::int64_t>(write.position), chunks, detections}
    );
    kept_.clear();
}

void Writer::commit() {
    connection_.run("COMMIT");
}

journal::Sequence Writer::settled_position() {
    // one statement, so its lock ends with it
    const auto answer = connection_.run("SELECT position FROM totals WHERE one = 1 FOR UPDATE");
    return answer.rows() == 1 ? answer.number(0, 0) : 0;
}

Writer::Durable Writer::durable() {
    // With a binary log the commit itself is not synced: after a power cut that log decides.
    const auto answer = connection_.run(
        "SELECT position, @@innodb_flush_log_at_trx_commit = 1, @@log_bin = 0 OR @@sync_binlog = 1 "
        "FROM totals WHERE one = 1"
    );
    Durable found;
    if (answer.rows() == 1) {
        found.position = answer.number(0, 0);
        if (answer.integer(0, 1) != 1) {
            found.trouble = "innodb_flush_log_at_trx_commit is not 1";
        } else if (answer.integer(0, 2) != 1) {
            found.trouble = "there is a binary log and sync_binlog is not 1";
        }
    }
    return found;
}

std::string_view Writer::keep(std::string bytes) {
    return kept_.emplace_back(std::move(bytes));
}

std::vector<Writer::StoredStream> Writer::put_streams(const Write& write) {
    std::vector<std::int64_t> spans(write.streams.size());
    for (const auto& [index, row] : write.chunks) {
        spans[index] = std::max(spans[index], row.end_us - row.start_us);
    }
    std::vector<StoredStream> stored;
    Values values;
    for (std::size_t i = 0; i < write.streams.size(); ++i) {
        const auto& row = write.streams[i];
        const auto owner = patient(row.patient);
        const auto description = keep(write_description(row));
        const auto id = stream(owner, row, description);
        stored.push_back({.id = id, .patient = owner});
        add(values,
            {integer(id),
             integer(owner),
             text(row.device),
             text(row.stream),
             text(description),
             integer(row.ended ? 1 : 0),
             text(row.seen),
             integer(spans[i])});
    }
    connection_.execute(update_streams, values);
    return stored;
}

std::int64_t Writer::put_chunks(const Write& write, const std::vector<StoredStream>& streams) {
    Values values;
    Values pieces;
    for (const auto& [index, row] : write.chunks) {
        const auto& stream = streams[index];
        std::string_view payload = row.payload;
        const auto room = connection_.most_bytes() / 2;
        const auto first = payload.substr(0, room);
        std::int64_t more = 0;
        for (payload.remove_prefix(first.size()); !payload.empty();) {
            const auto piece = payload.substr(0, room);
            add(pieces,
                {integer(stream.patient),
                 integer(row.start_us),
                 integer(stream.id),
                 Value(row.first_sample),
                 integer(more++),
                 text(piece)});
            payload.remove_prefix(piece.size());
        }
        add(values,
            {integer(stream.patient),
             integer(row.start_us),
             integer(stream.id),
             Value(row.first_sample),
             Value(row.end_sample),
             integer(row.end_us),
             text(row.pyramid),
             integer(more),
             text(first)});
    }
    connection_.execute(insert_pieces, pieces);
    return static_cast<std::int64_t>(connection_.execute(insert_chunks, values));
}

std::int64_t Writer::put_detections(const Write& write) {
    Values values;
    for (const auto& row : write.detections) {
        const auto owner = patient(row.detection.patient());
        const auto maker = origin(row.detection);
        add(values,
            {integer(owner),
             integer(row.detection.start_time_us()),
             text(row.id),
             integer(maker),
             text(keep(write_detection(row.detection)))});
    }
    return static_cast<std::int64_t>(connection_.execute(insert_detections, values));
}

void Writer::put_events(const Write& write) {
    Values values;
    for (const auto& [event] : write.events) {
        add(values,
            {text(event.id()),
             integer(patient(event.patient())),
             integer(event.span().onset_us()),
             integer(event.revision()),
             text(keep(event.SerializeAsString()))});
    }
    connection_.execute(insert_events, values);
}

void Writer::put_chronicle(const Write& write) {
    Values values;
    for (const auto& row : write.chronicle) {
        add(values,
            {integer(static_cast<std::int64_t>(row.kind)),
             text(row.id),
             integer(patient(row.patient)),
             integer(row.at_us),
             integer(row.revision),
             text(row.body)});
    }
    connection_.execute(insert_chronicle, values);
}

void Writer::put_vitals(const Write& write) {
    Values values;
    std::map<std::int64_t, std::int64_t> newest;
    for (const auto& row : write.vitals) {
        const auto owner = patient(row.patient);
        add(values,
            {integer(owner),
             integer(row.vital.start_time_us()),
             text(row.vital.name()),
             text(row.vital.source()),
             text(row.id),
             text(keep(row.vital.SerializeAsString()))});
        if (row.vital.name() == heart_rate_name) {
            raise(newest, owner, row.vital.start_time_us());
        }
    }
    connection_.execute(insert_vitals, values);
    connection_.execute(insert_heart_rates, pairs(newest));
}

void Writer::put_beats(const Write& write) {
    Values values;
    std::map<std::int64_t, std::int64_t> spans;
    for (const auto& row : write.beats) {
        const auto owner = patient(row.patient);
        const auto start = row.beats.start_time_us();
        const auto end = end_us(start, row.beats.rr_us());
        add(values,
            {integer(owner),
             integer(start),
             text(row.id),
             integer(end),
             text(keep(row.beats.SerializeAsString()))});
        raise(spans, owner, end - start);
    }
    connection_.execute(insert_beats, values);
    connection_.execute(insert_beat_spans, pairs(spans));
}

void Writer::put_clocks(const Write& write) {
    Values values;
    for (const auto& row : write.clocks) {
        add(values,
            {integer(patient(row.patient)),
             text(row.device),
             integer(row.data),
             text(keep(row.course.SerializeAsString()))});
    }
    connection_.execute(insert_clocks, values);
}

void Writer::put_quarantined(const Write& write) {
    Values values;
    for (const auto& row : write.quarantined) {
        add(values,
            {text(row.id),
             text(row.held.device()),
             integer(row.held.start_us()),
             integer(row.receipt_us),
             text(keep(row.held.SerializeAsString()))});
    }
    connection_.execute(insert_quarantine, values);
    connection_.execute(delete_quarantine, Values(write.released.begin(), write.released.end()));
}

void Writer::put_newest(const Write& write) {
    Values values;
    for (const auto& row : write.newest) {
        add(values,
            {integer(patient(row.patient)),
             integer(row.number),
             text(keep(write_samples(row.samples))),
             row.score_q16 ? integer(*row.score_q16) : Value(),
             integer(row.start_us)});
    }
    connection_.execute(insert_newest, values);
}

std::int64_t Writer::patient(const std::string& name) {
    if (const auto found = patients_.find(name); found != patients_.end()) {
        return found->second;
    }
    bound(patients_);
    const auto answer = connection_.execute(
        "INSERT INTO patients (name) VALUES (?) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)",
        {text(name)}
    );
    patients_.emplace(name, answer.inserted_id());
    return answer.inserted_id();
}

std::int64_t Writer::origin(const v1::Detection& detection) {
    Origin
        key(detection.device(), detection.stream(), detection.model(), detection.model_version());
    if (const auto found = origins_.find(key); found != origins_.end()) {
        return found->second;
    }
    bound(origins_);
    const auto answer = connection_.execute(
        "INSERT INTO origins (device, stream, model, model_version) VALUES (?, ?, ?, ?) ON "
        "DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)",
        {text(detection.device()),
         text(detection.stream()),
         text(detection.model()),
         text(detection.model_version())}
    );
    origins_.emplace(std::move(key), answer.inserted_id());
    return answer.inserted_id();
}

std::int64_t
Writer::stream(std::int64_t patient, const StreamRow& row, std::string_view description) {
    StreamKey key(patient, row.device, row.stream);
    if (const auto found = streams_.find(key); found != streams_.end()) {
        return found->second;
    }
    bound(streams_);
    const auto answer = connection_.execute(
        "INSERT INTO streams (patient, device, stream, description, ended, seen) VALUES (?, ?, ?, "
        "?, 0, '') ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)",
        {integer(patient), text(row.device), text(row.stream), text(description)}
    );
    streams_.emplace(std::move(key), answer.inserted_id());
    return answer.inserted_id();
}

} // namespace vigil::store::mariadb
