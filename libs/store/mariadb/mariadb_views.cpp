// The queries whose answers come as a whole.
#include "store/description.hpp"
#include "store/mariadb/mariadb_reader.hpp"
#include "store/mariadb/read_message.hpp"
#include "store/write_check.hpp"

namespace vigil::store::mariadb {

journal::Sequence Reader::position() {
    const auto answer = connection_.execute("SELECT position FROM totals WHERE one = 1");
    return answer.rows() == 0 ? 0 : answer.number(0, 0);
}

std::vector<StreamRow> Reader::streams() {
    const auto answer = connection_.execute(
        "SELECT s.id, p.name, s.device, s.stream, s.description, s.ended, s.seen FROM streams s "
        "JOIN patients p ON p.id = s.patient ORDER BY s.id"
    );
    std::vector<StreamRow> found;
    for (std::size_t i = 0; i < answer.rows(); ++i) {
        StreamRow row;
        row.id = answer.integer(i, 0);
        row.patient = answer.bytes(i, 1);
        row.device = answer.bytes(i, 2);
        row.stream = answer.bytes(i, 3);
        if (!read_description(answer.bytes(i, 4), row)) {
            throw Failure(
                fail(ErrorCode::internal, "a stream of the store cannot be parsed").error(),
                0,
                false
            );
        }
        row.ended = answer.integer(i, 5) != 0;
        row.seen = answer.bytes(i, 6);
        found.push_back(std::move(row));
    }
    return found;
}

std::vector<ChunkRow> Reader::pyramid(std::int64_t stream_id, TimeRange time) {
    const auto span = single("SELECT chunk_span_us FROM streams WHERE id = ?", stream_id);
    const auto answer = connection_.execute(
        "SELECT first_sample, end_sample, start_us, end_us, pyramid FROM chunks WHERE stream = ? "
        "AND start_us >= ? AND start_us < ? AND end_us > ? ORDER BY start_us, first_sample",
        {stream_id, earliest(time.from_us, span), time.until_us, time.from_us}
    );
    std::vector<ChunkRow> found;
    for (std::size_t i = 0; i < answer.rows(); ++i) {
        found.push_back({
            .stream_id = stream_id,
            .first_sample = answer.number(i, 0),
            .end_sample = answer.number(i, 1),
            .start_us = answer.integer(i, 2),
            .end_us = answer.integer(i, 3),
            .payload = {},
            .pyramid = std::string(answer.bytes(i, 4)),
        });
    }
    return found;
}

std::vector<BeatsRow> Reader::beats(const std::string& patient, TimeRange time) {
    const auto owner = single("SELECT id FROM patients WHERE name = ?", patient);
    const auto span = single("SELECT span_us FROM beat_spans WHERE patient = ?", owner);
    const auto answer = connection_.execute(
        "SELECT id, body FROM beats WHERE patient = ? AND start_us >= ? AND start_us < ? AND "
        "end_us > ? ORDER BY start_us, id",
        {owner, earliest(time.from_us, span), time.until_us, time.from_us}
    );
    std::vector<BeatsRow> found;
    for (std::size_t i = 0; i < answer.rows(); ++i) {
        found.push_back(
            {.id = std::string(answer.bytes(i, 0)),
             .patient = patient,
             .beats = read_message<v1::Beats>(answer.bytes(i, 1))}
        );
    }
    return found;
}

std::vector<ClockRow> Reader::clocks() {
    const auto answer = connection_.execute(
        "SELECT p.name, c.device, c.data, c.course FROM clocks c JOIN patients p ON p.id = "
        "c.patient ORDER BY p.name, c.device, c.data"
    );
    std::vector<ClockRow> found;
    for (std::size_t i = 0; i < answer.rows(); ++i) {
        found.push_back(
            {.patient = std::string(answer.bytes(i, 0)),
             .device = std::string(answer.bytes(i, 1)),
             .data = static_cast<v1::ClockCourse::Data>(answer.integer(i, 2)),
             .course = read_message<v1::ClockCourse>(answer.bytes(i, 3))}
        );
    }
    return found;
}

std::vector<QuarantineSum> Reader::quarantine() {
    const auto answer = connection_.execute(
        "SELECT device, COUNT(*), CAST(SUM(LENGTH(body)) AS UNSIGNED), MIN(start_us), "
        "MAX(start_us) FROM quarantine GROUP BY device ORDER BY device"
    );
    std::vector<QuarantineSum> found;
    for (std::size_t i = 0; i < answer.rows(); ++i) {
        found.push_back(
            {.device = std::string(answer.bytes(i, 0)),
             .entries = answer.number(i, 1),
             .bytes = answer.number(i, 2),
             .first_us = answer.integer(i, 3),
             .last_us = answer.integer(i, 4)}
        );
    }
    return found;
}

std::vector<QuarantinedRow>
Reader::quarantined(const std::string& device, TimeRange time, std::size_t limit) {
    const auto answer = connection_.execute(
        "SELECT id, receipt_us, body FROM quarantine WHERE device = ? AND start_us >= ? AND "
        "start_us < ? ORDER BY start_us, id LIMIT ?",
        {device, time.from_us, time.until_us, static_cast<std::int64_t>(limit)}
    );
    std::vector<QuarantinedRow> found;
    for (std::size_t i = 0; i < answer.rows(); ++i) {
        found.push_back(
            {.id = std::string(answer.bytes(i, 0)),
             .receipt_us = answer.integer(i, 1),
             .held = read_message<v1::Quarantined>(answer.bytes(i, 2))}
        );
    }
    return found;
}

std::vector<NewestWindow> Reader::newest_windows() {
    const auto answer = connection_.execute(
        "SELECT p.name, n.number, n.start_us, n.samples, n.score_q16 FROM newest_windows n JOIN "
        "patients p ON p.id = n.patient ORDER BY p.name"
    );
    std::vector<NewestWindow> found;
    for (std::size_t i = 0; i < answer.rows(); ++i) {
        NewestWindow row;
        row.patient = answer.bytes(i, 0);
        row.number = static_cast<std::uint32_t>(answer.integer(i, 1));
        row.start_us = answer.integer(i, 2);
        row.samples = read_samples(answer.bytes(i, 3));
        if (!answer.is_null(i, 4)) {
            row.score_q16 = static_cast<std::uint32_t>(answer.integer(i, 4));
        }
        found.push_back(std::move(row));
    }
    return found;
}

std::vector<VitalRow> Reader::newest_heart_rates() {
    const auto answer = connection_.execute(
        "SELECT p.name, v.id, v.body FROM newest_heart_rates n JOIN patients p ON p.id = n.patient "
        "JOIN vitals v ON v.patient = n.patient AND v.start_us >= n.start_us - ? WHERE v.name = ? "
        "ORDER BY p.name, v.start_us, v.source",
        {newest_heart_rates_us, heart_rate_name}
    );
    std::vector<VitalRow> found;
    for (std::size_t i = 0; i < answer.rows(); ++i) {
        found.push_back({
            .id = std::string(answer.bytes(i, 1)),
            .patient = std::string(answer.bytes(i, 0)),
            .vital = read_message<v1::Vital>(answer.bytes(i, 2)),
        });
    }
    return found;
}

Store::Size Reader::size() {
    const auto answer = connection_.execute(
        "SELECT chunks, detections, (SELECT CAST(COALESCE(SUM(data_length + index_length), 0) AS "
        "UNSIGNED) FROM information_schema.tables WHERE table_schema = DATABASE()) FROM totals "
        "WHERE one = 1"
    );
    if (answer.rows() == 0) {
        return {};
    }
    return {
        .chunks = answer.number(0, 0),
        .detections = answer.number(0, 1),
        .bytes = answer.number(0, 2),
    };
}

} // namespace vigil::store::mariadb
