// The queries whose answers go from page to page; the others are in mariadb_views.cpp.
//
// Where a page begins behind a row is written out, "a >= ? AND (a > ? OR b > ?)": the server makes
// a range of an index of it, and none of (a, b) > (?, ?).
#include "store/mariadb/mariadb_reader.hpp"

#include "store/mariadb/read_message.hpp"
#include "store/write_check.hpp"

namespace vigil::store::mariadb {

namespace {

Value one_more(std::size_t limit) {
    return static_cast<std::int64_t>(limit) + 1;
}

/// How many rows of an answer the page has: its last one only says that there is a next page.
std::size_t shown(const Answer& answer, std::size_t limit) {
    return std::min(answer.rows(), limit);
}

} // namespace

std::int64_t Reader::single(const char* sql, Value value) {
    const auto answer = connection_.execute(sql, {value});
    return answer.rows() == 0 ? 0 : answer.integer(0, 0);
}

ChunkRow Reader::read_chunk(const Answer& answer, std::size_t row, std::int64_t patient) {
    ChunkRow chunk{
        .stream_id = answer.integer(row, 0),
        .first_sample = answer.number(row, 1),
        .end_sample = answer.number(row, 2),
        .start_us = answer.integer(row, 3),
        .end_us = answer.integer(row, 4),
        .payload = std::string(answer.bytes(row, 6)),
        .pyramid = std::string(answer.bytes(row, 5)),
    };
    if (const auto more = answer.integer(row, 7); more > 0) {
        const auto pieces = connection_.execute(
            "SELECT bytes FROM chunk_pieces WHERE patient = ? AND start_us = ? AND stream = ? AND "
            "first_sample = ? AND piece < ? ORDER BY piece",
            {patient, chunk.start_us, chunk.stream_id, chunk.first_sample, more}
        );
        for (std::size_t i = 0; i < pieces.rows(); ++i) {
            chunk.payload += pieces.bytes(i, 0);
        }
    }
    return chunk;
}

Result<Page<ChunkRow>> Reader::chunks(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    std::int64_t after_start = 0;
    std::int64_t after_stream = std::numeric_limits<std::int64_t>::min();
    std::uint64_t after_sample = 0;
    if (cursor) {
        auto read = read_chunk_cursor(*cursor);
        if (!read) {
            return std::unexpected(std::move(read.error()));
        }
        std::tie(after_start, after_stream, after_sample) = *read;
    }
    const auto owner = single("SELECT id FROM patients WHERE name = ?", patient);
    if (!cursor) {
        after_start = earliest(
            time.from_us,
            single("SELECT COALESCE(MAX(chunk_span_us), 0) FROM streams WHERE patient = ?", owner)
        );
    }
    const auto answer = connection_.execute(
        "SELECT stream, first_sample, end_sample, start_us, end_us, pyramid, payload, more FROM "
        "chunks WHERE patient = ? AND start_us >= ? AND (start_us > ? OR stream > ? OR (stream = ? "
        "AND first_sample > ?)) AND start_us < ? AND end_us > ? ORDER BY start_us, stream, "
        "first_sample LIMIT ?",
        {owner,
         after_start,
         after_start,
         after_stream,
         after_stream,
         after_sample,
         time.until_us,
         time.from_us,
         one_more(limit)}
    );
    Page<ChunkRow> page;
    for (std::size_t i = 0; i < shown(answer, limit); ++i) {
        page.rows.push_back(read_chunk(answer, i, owner));
    }
    if (answer.rows() > limit) {
        page.cursor = chunk_cursor(page.rows.back());
    }
    return page;
}

Result<Page<DetectionRow>> Reader::detections(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    const auto after = begin_after('d', time.from_us, cursor);
    if (!after) {
        return std::unexpected(after.error());
    }
    const auto answer = connection_.execute(
        "SELECT d.start_us, d.id, d.body, o.device, o.stream, o.model, o.model_version FROM "
        "patients p STRAIGHT_JOIN detections d ON d.patient = p.id STRAIGHT_JOIN origins o ON o.id "
        "= d.origin WHERE p.name = ? AND d.start_us >= ? AND (d.start_us > ? OR d.id > ?) AND "
        "d.start_us < ? ORDER BY d.start_us, d.id LIMIT ?",
        {patient, after->start_us, after->start_us, after->rest[0], time.until_us, one_more(limit)}
    );
    Page<DetectionRow> page;
    for (std::size_t i = 0; i < shown(answer, limit); ++i) {
        DetectionRow row{
            .id = std::string(answer.bytes(i, 1)),
            .detection = read_message<v1::Detection>(answer.bytes(i, 2))
        };
        row.detection.set_patient(patient);
        row.detection.set_start_time_us(answer.integer(i, 0));
        row.detection.set_device(std::string(answer.bytes(i, 3)));
        row.detection.set_stream(std::string(answer.bytes(i, 4)));
        row.detection.set_model(std::string(answer.bytes(i, 5)));
        row.detection.set_model_version(std::string(answer.bytes(i, 6)));
        page.rows.push_back(std::move(row));
    }
    if (answer.rows() > limit) {
        const auto& last = page.rows.back();
        page.cursor =
            write_cursor('d', {.start_us = last.detection.start_time_us(), .rest = {last.id}});
    }
    return page;
}

Result<Page<EventRow>> Reader::events(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    const auto after = begin_after('e', time.from_us, cursor);
    if (!after) {
        return std::unexpected(after.error());
    }
    const auto answer = connection_.execute(
        "SELECT e.body FROM patients p STRAIGHT_JOIN events e ON e.patient = p.id WHERE p.name = ? "
        "AND e.onset_us >= ? AND (e.onset_us > ? OR e.id > ?) AND e.onset_us < ? ORDER BY "
        "e.onset_us, e.id LIMIT ?",
        {patient, after->start_us, after->start_us, after->rest[0], time.until_us, one_more(limit)}
    );
    Page<EventRow> page;
    for (std::size_t i = 0; i < shown(answer, limit); ++i) {
        page.rows.push_back({.event = read_message<v1::Event>(answer.bytes(i, 0))});
    }
    if (answer.rows() > limit) {
        const auto& last = page.rows.back().event;
        page.cursor = write_cursor('e', {.start_us = last.span().onset_us(), .rest = {last.id()}});
    }
    return page;
}

Result<Page<ChronicleRow>> Reader::chronicle(
    ChronicleRow::Kind kind,
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    const auto letter = chronicle_letter(kind);
    const auto after = begin_after(letter, time.from_us, cursor);
    if (!after) {
        return std::unexpected(after.error());
    }
    const auto answer = connection_.execute(
        "SELECT c.at_us, c.id, c.revision, c.body FROM patients p STRAIGHT_JOIN chronicle c ON "
        "c.patient = p.id WHERE p.name = ? AND c.kind = ? AND c.at_us >= ? AND (c.at_us > ? OR "
        "c.id > ?) AND c.at_us < ? ORDER BY c.at_us, c.id LIMIT ?",
        {patient,
         static_cast<std::int64_t>(kind),
         after->start_us,
         after->start_us,
         after->rest[0],
         time.until_us,
         one_more(limit)}
    );
    Page<ChronicleRow> page;
    for (std::size_t i = 0; i < shown(answer, limit); ++i) {
        page.rows.push_back(
            {.kind = kind,
             .id = std::string(answer.bytes(i, 1)),
             .patient = patient,
             .at_us = answer.integer(i, 0),
             .revision = static_cast<std::uint32_t>(answer.integer(i, 2)),
             .body = std::string(answer.bytes(i, 3))}
        );
    }
    if (answer.rows() > limit) {
        const auto& last = page.rows.back();
        page.cursor = write_cursor(letter, {.start_us = last.at_us, .rest = {last.id}});
    }
    return page;
}

Result<Page<VitalRow>> Reader::vitals(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    Cursor after{.start_us = time.from_us, .rest = {"", ""}};
    if (cursor) {
        auto read = read_cursor('v', *cursor, 2);
        if (!read) {
            return std::unexpected(read.error());
        }
        after = std::move(*read);
    }
    // the first page has no row before it: a name and a source may be empty
    const auto answer = connection_.execute(
        "SELECT v.id, v.body FROM patients p STRAIGHT_JOIN vitals v ON v.patient = p.id WHERE "
        "p.name = ? AND v.start_us >= ? AND (? = 0 OR v.start_us > ? OR v.name > ? OR (v.name = ? "
        "AND v.source > ?)) AND v.start_us < ? ORDER BY v.start_us, v.name, v.source LIMIT ?",
        {patient,
         after.start_us,
         std::int64_t{cursor.has_value()},
         after.start_us,
         after.rest[0],
         after.rest[0],
         after.rest[1],
         time.until_us,
         one_more(limit)}
    );
    Page<VitalRow> page;
    for (std::size_t i = 0; i < shown(answer, limit); ++i) {
        page.rows.push_back(
            {.id = std::string(answer.bytes(i, 0)),
             .patient = patient,
             .vital = read_message<v1::Vital>(answer.bytes(i, 1))}
        );
    }
    if (answer.rows() > limit) {
        const auto& last = page.rows.back().vital;
        page.cursor = write_cursor(
            'v',
            {.start_us = last.start_time_us(), .rest = {last.name(), last.source()}}
        );
    }
    return page;
}

} // namespace vigil::store::mariadb
