// The queries whose answers go from page to page; the others are in store_views.cpp.
#include "store/store_reader.hpp"

#include "store/read_rows.hpp"
#include "store/write_check.hpp"

namespace vigil::store {

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
    const auto read = [&] {
        auto row = read_chunk(select);
        row.payload = select.bytes(6);
        return row;
    };
    return read_page(select, limit, read, chunk_cursor);
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
    const auto read = [&] {
        DetectionRow row{
            .id = std::string(select.bytes(1)),
            .detection = read_message<v1::Detection>(select.bytes(2))
        };
        row.detection.set_patient(patient);
        row.detection.set_start_time_us(select.integer(0));
        row.detection.set_device(std::string(select.bytes(3)));
        row.detection.set_stream(std::string(select.bytes(4)));
        row.detection.set_model(std::string(select.bytes(5)));
        row.detection.set_model_version(std::string(select.bytes(6)));
        return row;
    };
    return read_page(select, limit, read, [](const DetectionRow& last) {
        return write_cursor('d', {.start_us = last.detection.start_time_us(), .rest = {last.id}});
    });
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
    const auto read = [&] { return EventRow{.event = read_message<v1::Event>(select.bytes(0))}; };
    return read_page(select, limit, read, [](const EventRow& last) {
        return write_cursor(
            'e',
            {.start_us = last.event.span().onset_us(), .rest = {last.event.id()}}
        );
    });
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
    const auto read = [&] {
        return ChronicleRow{
            .kind = kind,
            .id = std::string(select.bytes(1)),
            .patient = patient,
            .at_us = select.integer(0),
            .revision = static_cast<std::uint32_t>(select.integer(2)),
            .body = std::string(select.bytes(3))
        };
    };
    return read_page(select, limit, read, [letter](const ChronicleRow& last) {
        return write_cursor(letter, {.start_us = last.at_us, .rest = {last.id}});
    });
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
    const auto read = [&] {
        return VitalRow{
            .id = std::string(select.bytes(0)),
            .patient = patient,
            .vital = read_message<v1::Vital>(select.bytes(1))
        };
    };
    return read_page(select, limit, read, [](const VitalRow& last) {
        const auto& vital = last.vital;
        return write_cursor(
            'v',
            {.start_us = vital.start_time_us(), .rest = {vital.name(), vital.source()}}
        );
    });
}

} // namespace vigil::store
