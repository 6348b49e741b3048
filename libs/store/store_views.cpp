// The queries whose answers come as a whole.
#include "store/description.hpp"
#include "store/read_rows.hpp"
#include "store/store_reader.hpp"

namespace vigil::store {

journal::Sequence StoreReader::position() {
    auto& select = statement("SELECT position FROM totals");
    const sqlite::Use use(select);
    select.step();
    return static_cast<journal::Sequence>(select.integer(0));
}

std::vector<StreamRow> StoreReader::streams() {
    auto& select = statement(
        "SELECT s.id, p.name, s.device, s.stream, s.description, s.ended, s.seen FROM streams s "
        "JOIN patients p ON p.id = s.patient ORDER BY s.id"
    );
    const sqlite::Use use(select);
    return read_all(select, [&] {
        StreamRow row;
        row.id = select.integer(0);
        row.patient = select.bytes(1);
        row.device = select.bytes(2);
        row.stream = select.bytes(3);
        if (!read_description(select.bytes(4), row)) {
            throw sqlite::Failure(SQLITE_CORRUPT, "a stream of store.db cannot be parsed");
        }
        row.ended = select.integer(5) != 0;
        row.seen = select.bytes(6);
        return row;
    });
}

std::vector<ChunkRow> StoreReader::pyramid(std::int64_t stream_id, TimeRange time) {
    std::int64_t span = 0;
    {
        auto& select = statement("SELECT chunk_span_us FROM streams WHERE id = ?1");
        const sqlite::Use use(select);
        span = select.bind(1, stream_id).step() ? select.integer(0) : 0;
    }
    auto& select = statement(
        "SELECT stream, first_sample, end_sample, start_us, end_us, pyramid FROM chunks "
        "WHERE stream = ?1 AND start_us >= ?2 AND start_us < ?3 AND end_us > ?4 ORDER BY start_us, "
        "first_sample"
    );
    const sqlite::Use use(select);
    select.bind(1, stream_id)
        .bind(2, earliest(time.from_us, span))
        .bind(3, time.until_us)
        .bind(4, time.from_us);
    return read_all(select, [&] { return read_chunk(select); });
}

std::vector<BeatsRow> StoreReader::beats(const std::string& patient, TimeRange time) {
    const auto span = single(
        "SELECT coalesce(max(span_us), 0) FROM beat_spans WHERE patient = (SELECT id FROM patients "
        "WHERE name = ?1)",
        patient
    );
    auto& select = statement(
        "SELECT id, body FROM beats WHERE patient = (SELECT id FROM patients WHERE name = ?1) "
        "AND start_us >= ?2 AND start_us < ?3 AND end_us > ?4 ORDER BY start_us, id"
    );
    const sqlite::Use use(select);
    select.bind_text(1, patient)
        .bind(2, earliest(time.from_us, span))
        .bind(3, time.until_us)
        .bind(4, time.from_us);
    return read_all(select, [&] {
        return BeatsRow{
            .id = std::string(select.bytes(0)),
            .patient = patient,
            .beats = read_message<v1::Beats>(select.bytes(1))
        };
    });
}

std::vector<ClockRow> StoreReader::clocks() {
    auto& select = statement(
        "SELECT p.name, c.device, c.data, c.course FROM clocks c JOIN patients p ON p.id = "
        "c.patient ORDER BY p.name, c.device, c.data"
    );
    const sqlite::Use use(select);
    return read_all(select, [&] {
        return ClockRow{
            .patient = std::string(select.bytes(0)),
            .device = std::string(select.bytes(1)),
            .data = static_cast<v1::ClockCourse::Data>(select.integer(2)),
            .course = read_message<v1::ClockCourse>(select.bytes(3))
        };
    });
}

std::vector<QuarantineSum> StoreReader::quarantine() {
    auto& select = statement(
        "SELECT device, count(*), sum(length(body)), min(start_us), max(start_us) FROM quarantine "
        "GROUP BY device ORDER BY device"
    );
    const sqlite::Use use(select);
    return read_all(select, [&] {
        return QuarantineSum{
            .device = std::string(select.bytes(0)),
            .entries = static_cast<std::uint64_t>(select.integer(1)),
            .bytes = static_cast<std::uint64_t>(select.integer(2)),
            .first_us = select.integer(3),
            .last_us = select.integer(4)
        };
    });
}

std::vector<QuarantinedRow>
StoreReader::quarantined(const std::string& device, TimeRange time, std::size_t limit) {
    auto& select = statement(
        "SELECT id, receipt_us, body FROM quarantine WHERE device = ?1 AND start_us >= ?2 AND "
        "start_us < ?3 ORDER BY start_us, id LIMIT ?4"
    );
    const sqlite::Use use(select);
    select.bind_text(1, device)
        .bind(2, time.from_us)
        .bind(3, time.until_us)
        .bind(4, static_cast<std::int64_t>(limit));
    return read_all(select, [&] {
        return QuarantinedRow{
            .id = std::string(select.bytes(0)),
            .receipt_us = select.integer(1),
            .held = read_message<v1::Quarantined>(select.bytes(2))
        };
    });
}

std::vector<NewestWindow> StoreReader::newest_windows() {
    auto& select = statement(
        "SELECT p.name, n.number, n.start_us, n.samples, n.score_q16 FROM newest_windows n "
        "JOIN patients p ON p.id = n.patient ORDER BY p.name"
    );
    const sqlite::Use use(select);
    return read_all(select, [&] {
        NewestWindow row;
        row.patient = select.bytes(0);
        row.number = static_cast<std::uint32_t>(select.integer(1));
        row.start_us = select.integer(2);
        row.samples = read_samples(select.bytes(3));
        if (!select.is_null(4)) {
            row.score_q16 = static_cast<std::uint32_t>(select.integer(4));
        }
        return row;
    });
}

std::vector<VitalRow> StoreReader::newest_heart_rates() {
    auto& select = statement(
        "SELECT p.name, v.id, v.body FROM newest_heart_rates n JOIN patients p ON p.id = n.patient "
        "JOIN vitals v ON v.patient = n.patient AND v.start_us >= n.start_us - ?1 "
        "WHERE v.name = ?2 ORDER BY p.name, v.start_us, v.source"
    );
    const sqlite::Use use(select);
    select.bind(1, newest_heart_rates_us).bind_text(2, heart_rate_name);
    return read_all(select, [&] {
        return VitalRow{
            .id = std::string(select.bytes(1)),
            .patient = std::string(select.bytes(0)),
            .vital = read_message<v1::Vital>(select.bytes(2)),
        };
    });
}

Store::Size StoreReader::size() {
    auto& select = statement(
        "SELECT chunks, detections, (SELECT page_count FROM pragma_page_count()) * (SELECT "
        "page_size FROM pragma_page_size()) "
        "FROM totals"
    );
    const sqlite::Use use(select);
    select.step();
    return {
        .chunks = static_cast<std::uint64_t>(select.integer(0)),
        .detections = static_cast<std::uint64_t>(select.integer(1)),
        .bytes = static_cast<std::uint64_t>(select.integer(2)),
    };
}

} // namespace vigil::store
