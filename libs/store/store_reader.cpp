#include "store/store_reader.hpp"

#include "store/description.hpp"
#include "store/write_check.hpp"

namespace vigil::store {

namespace {

template <class Message>
Message parse(std::string_view bytes) {
    Message message;
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        throw sqlite::Failure(SQLITE_CORRUPT, "a row of store.db cannot be parsed");
    }
    return message;
}

ChunkRow read_chunk(const sqlite::Statement& row, bool with_payload) {
    return {
        .stream_id = row.integer(0),
        .first_sample = static_cast<std::uint64_t>(row.integer(1)),
        .end_sample = static_cast<std::uint64_t>(row.integer(2)),
        .start_us = row.integer(3),
        .end_us = row.integer(4),
        .payload = with_payload ? std::string(row.bytes(6)) : std::string(),
        .pyramid = std::string(row.bytes(5)),
    };
}

} // namespace

StoreReader::StoreReader(const std::filesystem::path& file)
    : file_(sqlite::File::open_for_reading(file)) {}

sqlite::Statement& StoreReader::statement(const char* sql) {
    auto& found = statements_[sql];
    if (!found) {
        found = sqlite::Statement(file_, sql);
    }
    return found;
}

std::int64_t StoreReader::single(const char* sql, std::string_view text) {
    auto& select = statement(sql);
    const sqlite::Use use(select);
    return select.bind_text(1, text).step() ? select.integer(0) : 0;
}

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
    std::vector<StreamRow> found;
    while (select.step()) {
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
        found.push_back(std::move(row));
    }
    return found;
}

Result<Page<ChunkRow>> StoreReader::chunks(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    const auto span = single(
        "SELECT coalesce(max(chunk_span_us), 0) FROM streams WHERE patient = (SELECT id FROM "
        "patients WHERE name = ?1)",
        patient
    );
    std::int64_t after_start = earliest(time.from_us, span);
    std::int64_t after_stream = std::numeric_limits<std::int64_t>::min();
    std::uint64_t after_sample = 0;
    if (cursor) {
        auto read = read_chunk_cursor(*cursor);
        if (!read) {
            return std::unexpected(std::move(read.error()));
        }
        std::tie(after_start, after_stream, after_sample) = *read;
    }
    auto& select = statement(
        "SELECT stream, first_sample, end_sample, start_us, end_us, pyramid, payload FROM chunks "
        "WHERE patient = (SELECT id FROM patients WHERE name = ?1) AND (start_us, stream, "
        "first_sample) > (?2, ?3, ?4) "
        "AND start_us < ?5 AND end_us > ?6 ORDER BY start_us, stream, first_sample LIMIT ?7"
    );
    const sqlite::Use use(select);
    select.bind_text(1, patient)
        .bind(2, after_start)
        .bind(3, after_stream)
        .bind(4, static_cast<std::int64_t>(after_sample));
    select.bind(5, time.until_us)
        .bind(6, time.from_us)
        .bind(7, static_cast<std::int64_t>(limit) + 1);
    Page<ChunkRow> page;
    while (select.step()) {
        if (page.rows.size() == limit) {
            page.cursor = chunk_cursor(page.rows.back());
            break;
        }
        page.rows.push_back(read_chunk(select, true));
    }
    return page;
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
    std::vector<ChunkRow> found;
    while (select.step()) {
        found.push_back(read_chunk(select, false));
    }
    return found;
}

Result<Page<DetectionRow>> StoreReader::detections(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    const auto after = begin_after('d', time.from_us, cursor);
    if (!after) {
        return std::unexpected(after.error());
    }
    auto& select = statement(
        "SELECT d.start_us, d.id, d.body, o.device, o.stream, o.model, o.model_version FROM "
        "detections d "
        "CROSS JOIN origins o ON o.id = d.origin WHERE d.patient = (SELECT id FROM patients WHERE "
        "name = ?1) "
        "AND (d.start_us, d.id) > (?2, ?3) AND d.start_us < ?4 ORDER BY d.start_us, d.id LIMIT ?5"
    );
    const sqlite::Use use(select);
    select.bind_text(1, patient).bind(2, after->start_us).bind_blob(3, after->rest[0]);
    select.bind(4, time.until_us).bind(5, static_cast<std::int64_t>(limit) + 1);
    Page<DetectionRow> page;
    while (select.step()) {
        if (page.rows.size() == limit) {
            const auto& last = page.rows.back();
            page.cursor =
                write_cursor('d', {.start_us = last.detection.start_time_us(), .rest = {last.id}});
            break;
        }
        DetectionRow row{
            .id = std::string(select.bytes(1)),
            .detection = parse<v1::Detection>(select.bytes(2))
        };
        row.detection.set_patient(patient);
        row.detection.set_start_time_us(select.integer(0));
        row.detection.set_device(std::string(select.bytes(3)));
        row.detection.set_stream(std::string(select.bytes(4)));
        row.detection.set_model(std::string(select.bytes(5)));
        row.detection.set_model_version(std::string(select.bytes(6)));
        page.rows.push_back(std::move(row));
    }
    return page;
}

Result<Page<EventRow>> StoreReader::events(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    const auto after = begin_after('e', time.from_us, cursor);
    if (!after) {
        return std::unexpected(after.error());
    }
    auto& select = statement(
        "SELECT body FROM events WHERE patient = (SELECT id FROM patients WHERE name = ?1) "
        "AND (onset_us, id) > (?2, ?3) AND onset_us < ?4 ORDER BY onset_us, id LIMIT ?5"
    );
    const sqlite::Use use(select);
    select.bind_text(1, patient).bind(2, after->start_us).bind_blob(3, after->rest[0]);
    select.bind(4, time.until_us).bind(5, static_cast<std::int64_t>(limit) + 1);
    Page<EventRow> page;
    while (select.step()) {
        if (page.rows.size() == limit) {
            const auto& last = page.rows.back().event;
            page.cursor =
                write_cursor('e', {.start_us = last.span().onset_us(), .rest = {last.id()}});
            break;
        }
        page.rows.push_back({.event = parse<v1::Event>(select.bytes(0))});
    }
    return page;
}

Result<Page<ChronicleRow>> StoreReader::chronicle(
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
    auto& select = statement(
        "SELECT at_us, id, revision, body FROM chronicle WHERE patient = (SELECT id FROM patients "
        "WHERE name = ?1) AND kind = ?2 AND (at_us, id) > (?3, ?4) AND at_us < ?5 ORDER BY at_us, "
        "id LIMIT ?6"
    );
    const sqlite::Use use(select);
    select.bind_text(1, patient).bind(2, static_cast<std::int64_t>(kind));
    select.bind(3, after->start_us).bind_blob(4, after->rest[0]);
    select.bind(5, time.until_us).bind(6, static_cast<std::int64_t>(limit) + 1);
    Page<ChronicleRow> page;
    while (select.step()) {
        if (page.rows.size() == limit) {
            const auto& last = page.rows.back();
            page.cursor = write_cursor(letter, {.start_us = last.at_us, .rest = {last.id}});
            break;
        }
        page.rows.push_back(
            {.kind = kind,
             .id = std::string(select.bytes(1)),
             .patient = patient,
             .at_us = select.integer(0),
             .revision = static_cast<std::uint32_t>(select.integer(2)),
             .body = std::string(select.bytes(3))}
        );
    }
    return page;
}

Result<Page<VitalRow>> StoreReader::vitals(
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
    // >= on the first page: a name and a source may be empty
    auto& select = cursor ? statement(
                                "SELECT id, body FROM vitals WHERE patient = (SELECT id FROM "
                                "patients WHERE name = ?1) "
                                "AND (start_us, name, source) > (?2, ?3, ?4) AND start_us < ?5 "
                                "ORDER BY start_us, name, source LIMIT ?6"
                            )
                          : statement(
                                "SELECT id, body FROM vitals WHERE patient = (SELECT id FROM "
                                "patients WHERE name = ?1) "
                                "AND (start_us, name, source) >= (?2, ?3, ?4) AND start_us < ?5 "
                                "ORDER BY start_us, name, source LIMIT ?6"
                            );
    const sqlite::Use use(select);
    select.bind_text(1, patient)
        .bind(2, after.start_us)
        .bind_text(3, after.rest[0])
        .bind_text(4, after.rest[1]);
    select.bind(5, time.until_us).bind(6, static_cast<std::int64_t>(limit) + 1);
    Page<VitalRow> page;
    while (select.step()) {
        if (page.rows.size() == limit) {
            const auto& last = page.rows.back().vital;
            page.cursor = write_cursor(
                'v',
                {.start_us = last.start_time_us(), .rest = {last.name(), last.source()}}
            );
            break;
        }
        page.rows.push_back(
            {.id = std::string(select.bytes(0)),
             .patient = patient,
             .vital = parse<v1::Vital>(select.bytes(1))}
        );
    }
    return page;
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
    std::vector<BeatsRow> found;
    while (select.step()) {
        found.push_back(
            {.id = std::string(select.bytes(0)),
             .patient = patient,
             .beats = parse<v1::Beats>(select.bytes(1))}
        );
    }
    return found;
}

std::vector<ClockRow> StoreReader::clocks() {
    auto& select = statement(
        "SELECT p.name, c.device, c.data, c.course FROM clocks c JOIN patients p ON p.id = "
        "c.patient ORDER BY p.name, c.device, c.data"
    );
    const sqlite::Use use(select);
    std::vector<ClockRow> found;
    while (select.step()) {
        found.push_back(
            {.patient = std::string(select.bytes(0)),
             .device = std::string(select.bytes(1)),
             .data = static_cast<v1::ClockCourse::Data>(select.integer(2)),
             .course = parse<v1::ClockCourse>(select.bytes(3))}
        );
    }
    return found;
}

std::vector<QuarantineSum> StoreReader::quarantine() {
    auto& select = statement(
        "SELECT device, count(*), sum(length(body)), min(start_us), max(start_us) FROM quarantine "
        "GROUP BY device ORDER BY device"
    );
    const sqlite::Use use(select);
    std::vector<QuarantineSum> found;
    while (select.step()) {
        found.push_back(
            {.device = std::string(select.bytes(0)),
             .entries = static_cast<std::uint64_t>(select.integer(1)),
             .bytes = static_cast<std::uint64_t>(select.integer(2)),
             .first_us = select.integer(3),
             .last_us = select.integer(4)}
        );
    }
    return found;
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
    std::vector<QuarantinedRow> found;
    while (select.step()) {
        found.push_back(
            {.id = std::string(select.bytes(0)),
             .receipt_us = select.integer(1),
             .held = parse<v1::Quarantined>(select.bytes(2))}
        );
    }
    return found;
}

std::vector<NewestWindow> StoreReader::newest_windows() {
    auto& select = statement(
        "SELECT p.name, n.number, n.start_us, n.samples, n.score_q16 FROM newest_windows n "
        "JOIN patients p ON p.id = n.patient ORDER BY p.name"
    );
    const sqlite::Use use(select);
    std::vector<NewestWindow> found;
    while (select.step()) {
        NewestWindow row;
        row.patient = select.bytes(0);
        row.number = static_cast<std::uint32_t>(select.integer(1));
        row.start_us = select.integer(2);
        row.samples = read_samples(select.bytes(3));
        if (!select.is_null(4)) {
            row.score_q16 = static_cast<std::uint32_t>(select.integer(4));
        }
        found.push_back(std::move(row));
    }
    return found;
}

std::vector<VitalRow> StoreReader::newest_heart_rates() {
    auto& select = statement(
        "SELECT p.name, v.id, v.body FROM newest_heart_rates n JOIN patients p ON p.id = n.patient "
        "JOIN vitals v ON v.patient = n.patient AND v.start_us >= n.start_us - ?1 "
        "WHERE v.name = ?2 ORDER BY p.name, v.start_us, v.source"
    );
    const sqlite::Use use(select);
    select.bind(1, newest_heart_rates_us).bind_text(2, heart_rate_name);
    std::vector<VitalRow> found;
    while (select.step()) {
        found.push_back({
            .id = std::string(select.bytes(1)),
            .patient = std::string(select.bytes(0)),
            .vital = parse<v1::Vital>(select.bytes(2)),
        });
    }
    return found;
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
