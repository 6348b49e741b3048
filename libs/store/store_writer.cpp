#include "store/store_writer.hpp"

#include "store/description.hpp"
#include "store/write_check.hpp"

namespace vigil::store {

namespace {

// 16 MiB of pages. A checkpoint syncs; the journal holds what a power cut takes before it.
constexpr int checkpoint_frames = 4096;

// Streams come and go: the caches are emptied rather than let grow.
constexpr std::size_t max_cached = 10'000;

} // namespace

StoreWriter::StoreWriter(sqlite::File file)
    : file_(std::move(file)),
      begin_(file_, "BEGIN IMMEDIATE"),
      commit_(file_, "COMMIT"),
      position_(file_, "SELECT position FROM totals"),
      patient_(
          file_,
          "INSERT INTO patients (name) VALUES (?1) ON CONFLICT (name) DO UPDATE SET name = name "
          "RETURNING id"
      ),
      origin_(
          file_,
          "INSERT INTO origins (device, stream, model, model_version) VALUES (?1, ?2, ?3, ?4) "
          "ON CONFLICT (device, stream, model, model_version) DO UPDATE SET model = model "
          "RETURNING id"
      ),
      stream_(
          file_,
          "INSERT INTO streams (patient, device, stream, description, ended, seen) VALUES (?1, ?2, "
          "?3, ?4, ?5, ?6) "
          "ON CONFLICT (patient, device, stream) DO UPDATE SET description = ?4, ended = ?5, seen "
          "= ?6 RETURNING id"
      ),
      chunk_(
          file_,
          "INSERT OR IGNORE INTO chunks (patient, stream, first_sample, end_sample, start_us, "
          "end_us, pyramid, payload) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
      ),
      span_(file_, "UPDATE streams SET chunk_span_us = ?2 WHERE id = ?1 AND chunk_span_us < ?2"),
      detection_(
          file_,
          "INSERT OR IGNORE INTO detections (patient, start_us, id, origin, body) VALUES (?1, ?2, "
          "?3, ?4, ?5)"
      ),
      event_(
          file_,
          "INSERT INTO events (id, patient, onset_us, revision, body) VALUES (?1, ?2, ?3, ?4, ?5) "
          "ON CONFLICT (id) DO UPDATE SET onset_us = ?3, revision = ?4, body = ?5 WHERE revision < "
          "?4"
      ),
      chronicle_(
          file_,
          "INSERT INTO chronicle (kind, id, patient, at_us, revision, body) VALUES (?1, ?2, ?3, "
          "?4, "
          "?5, ?6) ON CONFLICT (kind, id) DO UPDATE SET at_us = ?4, revision = ?5, body = ?6 WHERE "
          "revision < ?5"
      ),
      vital_(
          file_,
          "INSERT OR REPLACE INTO vitals (patient, start_us, name, source, id, body) VALUES (?1, "
          "?2, ?3, ?4, ?5, ?6)"
      ),
      heart_rate_(
          file_,
          "INSERT INTO newest_heart_rates (patient, start_us) VALUES (?1, ?2) "
          "ON CONFLICT (patient) DO UPDATE SET start_us = max(start_us, ?2)"
      ),
      beats_(
          file_,
          "INSERT OR IGNORE INTO beats (patient, start_us, id, end_us, body) VALUES (?1, ?2, ?3, "
          "?4, ?5)"
      ),
      clock_(
          file_,
          "INSERT OR REPLACE INTO clocks (patient, device, data, course) VALUES (?1, ?2, ?3, ?4)"
      ),
      quarantine_(
          file_,
          "INSERT OR IGNORE INTO quarantine (id, device, start_us, receipt_us, body) VALUES (?1, "
          "?2, ?3, ?4, ?5)"
      ),
      release_(file_, "DELETE FROM quarantine WHERE id = ?1"),
      beat_span_(
          file_,
          "INSERT INTO beat_spans (patient, span_us) VALUES (?1, ?2) "
          "ON CONFLICT (patient) DO UPDATE SET span_us = max(span_us, ?2)"
      ),
      newest_(
          file_,
          "INSERT INTO newest_windows (patient, number, start_us, samples, score_q16) VALUES (?1, "
          "?2, ?3, ?4, ?5) "
          "ON CONFLICT (patient) DO UPDATE SET number = ?2, start_us = ?3, samples = ?4, score_q16 "
          "= ?5 WHERE start_us <= ?3"
      ),
      totals_(
          file_,
          "UPDATE totals SET position = ?1, chunks = chunks + ?2, detections = detections + ?3"
      ) {}

journal::Sequence StoreWriter::position() {
    const sqlite::Use use(position_);
    position_.step();
    return static_cast<journal::Sequence>(position_.integer(0));
}

Result<void> StoreWriter::write(const Write& write) {
    begin_.run();
    try {
        // inside the transaction, so that nobody writes between the look and the commit
        if (auto checked = check_write(write, position()); !checked) {
            file_.roll_back();
            return checked;
        }
        put(write);
        commit_.run();
    } catch (const sqlite::Failure&) {
        file_.roll_back();
        patients_.clear();
        origins_.clear();
        throw;
    }
    return {};
}

void StoreWriter::put(const Write& write) {
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
    totals_.bind(1, static_cast<std::int64_t>(write.position))
        .bind(2, chunks)
        .bind(3, detections)
        .run();
}

std::vector<StoreWriter::StoredStream> StoreWriter::put_streams(const Write& write) {
    std::vector<StoredStream> stored;
    for (const auto& row : write.streams) {
        const auto owner = patient(row.patient);
        const auto description = write_description(row);
        const sqlite::Use use(stream_);
        stream_.bind(1, owner).bind_text(2, row.device).bind_text(3, row.stream);
        stream_.bind_blob(4, description).bind(5, row.ended ? 1 : 0).bind_blob(6, row.seen);
        stream_.step();
        stored.push_back({.id = stream_.integer(0), .patient = owner});
        // a statement with RETURNING has written only once it has run to its end
        stream_.step();
    }
    return stored;
}

std::int64_t StoreWriter::put_chunks(const Write& write, const std::vector<StoredStream>& streams) {
    std::int64_t written = 0;
    for (const auto& [index, row] : write.chunks) {
        const auto& stream = streams[index];
        chunk_.bind(1, stream.patient).bind(2, stream.id);
        chunk_.bind(3, static_cast<std::int64_t>(row.first_sample))
            .bind(4, static_cast<std::int64_t>(row.end_sample));
        chunk_.bind(5, row.start_us)
            .bind(6, row.end_us)
            .bind_blob(7, row.pyramid)
            .bind_blob(8, row.payload)
            .run();
        written += changed() ? 1 : 0;
        span_.bind(1, stream.id).bind(2, row.end_us - row.start_us).run();
    }
    return written;
}

std::int64_t StoreWriter::put_detections(const Write& write) {
    std::int64_t written = 0;
    for (const auto& row : write.detections) {
        const auto body = write_detection(row.detection);
        detection_.bind(1, patient(row.detection.patient())).bind(2, row.detection.start_time_us());
        detection_.bind_blob(3, row.id).bind(4, origin(row.detection)).bind_blob(5, body).run();
        written += changed() ? 1 : 0;
    }
    return written;
}

void StoreWriter::put_events(const Write& write) {
    for (const auto& [event] : write.events) {
        const auto body = event.SerializeAsString();
        event_.bind_blob(1, event.id()).bind(2, patient(event.patient()));
        event_.bind(3, event.span().onset_us()).bind(4, event.revision());
        event_.bind_blob(5, body).run();
    }
}

void StoreWriter::put_chronicle(const Write& write) {
    for (const auto& row : write.chronicle) {
        chronicle_.bind(1, static_cast<std::int64_t>(row.kind)).bind_blob(2, row.id);
        chronicle_.bind(3, patient(row.patient)).bind(4, row.at_us).bind(5, row.revision);
        chronicle_.bind_blob(6, row.body).run();
    }
}

void StoreWriter::put_vitals(const Write& write) {
    for (const auto& row : write.vitals) {
        const auto owner = patient(row.patient);
        const auto body = row.vital.SerializeAsString();
        vital_.bind(1, owner).bind(2, row.vital.start_time_us()).bind_text(3, row.vital.name());
        vital_.bind_text(4, row.vital.source()).bind_blob(5, row.id).bind_blob(6, body).run();
        if (row.vital.name() == heart_rate_name) {
            heart_rate_.bind(1, owner).bind(2, row.vital.start_time_us()).run();
        }
    }
}

void StoreWriter::put_beats(const Write& write) {
    for (const auto& row : write.beats) {
        const auto owner = patient(row.patient);
        const auto body = row.beats.SerializeAsString();
        const auto start = row.beats.start_time_us();
        const auto end = end_us(start, row.beats.rr_us());
        beats_.bind(1, owner)
            .bind(2, start)
            .bind_blob(3, row.id)
            .bind(4, end)
            .bind_blob(5, body)
            .run();
        beat_span_.bind(1, owner).bind(2, end - start).run();
    }
}

void StoreWriter::put_clocks(const Write& write) {
    for (const auto& row : write.clocks) {
        const auto course = row.course.SerializeAsString();
        clock_.bind(1, patient(row.patient))
            .bind_text(2, row.device)
            .bind(3, row.data)
            .bind_blob(4, course)
            .run();
    }
}

void StoreWriter::put_quarantined(const Write& write) {
    for (const auto& row : write.quarantined) {
        const auto body = row.held.SerializeAsString();
        quarantine_.bind_blob(1, row.id)
            .bind_text(2, row.held.device())
            .bind(3, row.held.start_us())
            .bind(4, row.receipt_us)
            .bind_blob(5, body)
            .run();
    }
    for (const auto& id : write.released) {
        release_.bind_blob(1, id).run();
    }
}

void StoreWriter::put_newest(const Write& write) {
    for (const auto& row : write.newest) {
        const auto samples = write_samples(row.samples);
        newest_.bind(1, patient(row.patient))
            .bind(2, row.number)
            .bind(3, row.start_us)
            .bind_blob(4, samples);
        if (row.score_q16) {
            newest_.bind(5, *row.score_q16);
        } else {
            newest_.bind_null(5);
        }
        newest_.run();
    }
}

std::int64_t StoreWriter::patient(const std::string& name) {
    if (const auto found = patients_.find(name); found != patients_.end()) {
        return found->second;
    }
    if (patients_.size() >= max_cached) {
        patients_.clear();
    }
    const sqlite::Use use(patient_);
    patient_.bind_text(1, name).step();
    const auto id = patient_.integer(0);
    patient_.step();
    patients_.emplace(name, id);
    return id;
}

std::int64_t StoreWriter::origin(const v1::Detection& detection) {
    Origin
        key(detection.device(), detection.stream(), detection.model(), detection.model_version());
    if (const auto found = origins_.find(key); found != origins_.end()) {
        return found->second;
    }
    if (origins_.size() >= max_cached) {
        origins_.clear();
    }
    const sqlite::Use use(origin_);
    origin_.bind_text(1, detection.device()).bind_text(2, detection.stream());
    origin_.bind_text(3, detection.model()).bind_text(4, detection.model_version()).step();
    const auto id = origin_.integer(0);
    origin_.step();
    origins_.emplace(std::move(key), id);
    return id;
}

bool StoreWriter::changed() const {
    return sqlite3_changes64(file_.handle()) > 0;
}

void StoreWriter::checkpoint(bool all) {
    if (all || file_.wal_frames() >= checkpoint_frames) {
        file_.checkpoint(all);
    }
}

} // namespace vigil::store
