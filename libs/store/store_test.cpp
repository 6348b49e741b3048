// What every adapter of the store promises: one suite, run against each of them.
#include "store/store_suite.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::store;
using namespace vigil::store::suite;

namespace {

constexpr TimeRange always{.from_us = INT64_MIN, .until_us = INT64_MAX};

StreamRow stream(const std::string& patient, const std::string& name = "s") {
    StreamRow row;
    row.patient = patient;
    row.device = "device";
    row.stream = name;
    row.rate_numerator = 17361;
    row.rate_denominator = 100;
    v1::Channel channel;
    channel.set_label("Fp1-F7");
    channel.set_unit("uV");
    channel.set_scale(0.5);
    row.channels = {channel};
    row.isolated = true;
    row.seen = std::string("\0\1", 2);
    return row;
}

ChunkRow chunk(std::int64_t start_us, std::uint64_t first = 0) {
    ChunkRow row;
    row.first_sample = first;
    row.end_sample = first + 2560;
    row.start_us = start_us;
    row.end_us = start_us + 10'000'000;
    row.payload = "payload" + std::to_string(start_us);
    row.pyramid = "pyramid" + std::to_string(start_us);
    return row;
}

DetectionRow detection(const std::string& patient, std::int64_t start_us, const std::string& id) {
    DetectionRow row{.id = id, .detection = {}};
    row.detection.set_cause("cause of " + id);
    row.detection.set_patient(patient);
    row.detection.set_device("device");
    row.detection.set_stream("s");
    row.detection.set_model("window-178");
    row.detection.set_model_version("1");
    row.detection.set_start_time_us(start_us);
    row.detection.set_end_time_us(start_us + 1'025'000);
    row.detection.set_score_q16(65536);
    row.detection.add_channel_q16(3);
    return row;
}

EventRow event(const std::string& id, std::int64_t onset_us, std::uint32_t revision) {
    EventRow row;
    row.event.set_id(id);
    row.event.set_patient("p");
    row.event.set_revision(revision);
    row.event.mutable_span()->set_onset_us(onset_us);
    return row;
}

VitalRow vital(
    const std::string& patient,
    std::int64_t start_us,
    double value,
    const std::string& name = "heart_rate"
) {
    VitalRow row{.id = "id" + std::to_string(start_us), .patient = patient, .vital = {}};
    row.vital.set_name(name);
    row.vital.set_unit("/min");
    row.vital.set_source("watch");
    row.vital.set_start_time_us(start_us);
    row.vital.set_value(value);
    return row;
}

Write at(Store& store, journal::Sequence by = 1) {
    Write write;
    write.expected = store.position().value();
    write.position = write.expected + by;
    return write;
}

// All pages, each of `limit` rows.
template <class Row>
std::vector<Row> all_pages(std::size_t limit, auto ask) {
    std::vector<Row> rows;
    std::optional<std::string> cursor;
    do {
        auto page = ask(limit, cursor).value();
        CHECK(page.rows.size() <= limit);
        CHECK((!page.cursor || page.rows.size() == limit));
        rows.insert(rows.end(), page.rows.begin(), page.rows.end());
        cursor = page.cursor;
    } while (cursor);
    return rows;
}

} // namespace

TEMPLATE_TEST_CASE(
    "a new store is at position 0 and empty",
    "[store]",
    MemoryFixture,
    SqliteFixture,
    MariadbFixture
) {
    TestType fixture;
    auto& store = fixture.store();
    CHECK(store.position().value() == 0);
    CHECK(store.streams().value().empty());
    CHECK(store.chunks("p", always, 10, {}).value().rows.empty());
    CHECK(store.pyramid(1, always).value().empty());
    CHECK(store.newest_windows().value().empty());
    CHECK(store.newest_heart_rates().value().empty());
    CHECK(store.size().value().chunks == 0);
}

TEMPLATE_TEST_CASE(
    "a write moves the position and a write from another position is a conflict",
    "[store]",
    MemoryFixture,
    SqliteFixture,
    MariadbFixture
) {
    TestType fixture;
    auto& store = fixture.store();
    auto write = at(store, 10);
    write.vitals = {vital("p", 1, 70)};
    REQUIRE(store.write(write).has_value());
    CHECK(store.position().value() == 10);
    CHECK(store.sync().value() == 10);
    write.vitals = {vital("p", 2, 71)};
    CHECK(store.write(write).error().code == ErrorCode::conflict);
    CHECK(store.vitals("p", always, 10, {}).value().rows.size() == 1);
    write.expected = 10;
    write.position = 9;
    CHECK(store.write(write).error().code == ErrorCode::invalid_argument);
    write.position = 11;
    write.chunks = {{.stream = 0, .row = chunk(0)}};
    CHECK(store.write(write).error().code == ErrorCode::invalid_argument);
    CHECK(store.position().value() == 10);
}

TEMPLATE_TEST_CASE(
    "streams keep their id and take what is new",
    "[store]",
    MemoryFixture,
    SqliteFixture,
    MariadbFixture
) {
    TestType fixture;
    auto& store = fixture.store();
    auto write = at(store);
    write.streams = {stream("p"), stream("q")};
    REQUIRE(store.write(write).has_value());
    auto changed = at(store);
    changed.streams = {stream("p")};
    changed.streams[0].ended = true;
    changed.streams[0].seen = "more";
    REQUIRE(store.write(changed).has_value());
    if constexpr (TestType::survives_restart) {
        fixture.reopen();
    }
    const auto rows = fixture.store().streams().value();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].id != rows[1].id);
    const auto& p = rows[0].patient == "p" ? rows[0] : rows[1];
    const auto& q = rows[0].patient == "q" ? rows[0] : rows[1];
    CHECK(p.ended);
    CHECK(p.seen == "more");
    CHECK(!q.ended);
    CHECK(q.seen == std::string("\0\1", 2));
    CHECK(q.rate_numerator == 17361);
    CHECK(q.rate_denominator == 100);
    CHECK(q.isolated);
    CHECK(!q.synthetic);
    CHECK(q.channels.at(0).label() == "Fp1-F7");
    CHECK(q.channels.at(0).scale() == 0.5);
}

TEMPLATE_TEST_CASE(
    "chunks are found by overlap with a time, page by page",
    "[store]",
    MemoryFixture,
    SqliteFixture,
    MariadbFixture
) {
    TestType fixture;
    auto& store = fixture.store();
    auto write = at(store);
    write.streams = {stream("p", "a"), stream("p", "b"), stream("other")};
    for (int i = 0; i < 20; ++i) {
        const auto first = static_cast<std::uint64_t>(i) * 2560;
        for (std::size_t s = 0; s < 3; ++s) {
            write.chunks.push_back({.stream = s, .row = chunk(i * 10'000'000, first)});
        }
    }
    REQUIRE(store.write(write).has_value());
    for (const std::size_t limit : {1, 3, 7, 100}) {
        const auto rows = all_pages<ChunkRow>(limit, [&](std::size_t count, const auto& cursor) {
            return store.chunks("p", always, count, cursor);
        });
        REQUIRE(rows.size() == 40);
        for (std::size_t i = 1; i < rows.size(); ++i) {
            CHECK(
                std::pair(rows[i - 1].start_us, rows[i - 1].stream_id) <
                std::pair(rows[i].start_us, rows[i].stream_id)
            );
        }
        CHECK(rows[0].payload == "payload0");
        CHECK(rows[0].end_sample == 2560);
    }
    const auto some =
        store.chunks("p", {.from_us = 15'000'000, .until_us = 30'000'000}, 100, {}).value().rows;
    REQUIRE(some.size() == 4);
    CHECK(some[0].start_us == 10'000'000);
    CHECK(some[3].start_us == 20'000'000);
    CHECK(store.size().value().chunks == 60);
    CHECK(store.size().value().bytes > 0);
}

TEMPLATE_TEST_CASE(
    "a pyramid is the rows of one stream without their payload",
    "[store]",
    MemoryFixture,
    SqliteFixture,
    MariadbFixture
) {
    TestType fixture;
    auto& store = fixture.store();
    auto write = at(store);
    write.streams = {stream("p", "a"), stream("p", "b")};
    write.chunks = {
        {.stream = 1, .row = chunk(0)},
        {.stream = 1, .row = chunk(10'000'000, 2560)},
        {.stream = 0, .row = chunk(0)}
    };
    REQUIRE(store.write(write).has_value());
    const auto streams = store.streams().value();
    const auto id = streams[0].stream == "b" ? streams[0].id : streams[1].id;
    const auto rows = store.pyramid(id, {.from_us = 9'999'999, .until_us = 20'000'000}).value();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].payload.empty());
    CHECK(rows[0].pyramid == "pyramid0");
    CHECK(rows[1].stream_id == id);
    CHECK(store.pyramid(id, {.from_us = 10'000'000, .until_us = 20'000'000}).value().size() == 1);
}

TEMPLATE_TEST_CASE(
    "detections come back whole, in the order of their time, once",
    "[store]",
    MemoryFixture,
    SqliteFixture,
    MariadbFixture
) {
    TestType fixture;
    auto& store = fixture.store();
    auto write = at(store);
    for (int i = 0; i < 10; ++i) {
        write.detections.push_back(detection(
            "p",
            i / 2,
            std::string(1, static_cast<char>('a' + i)) + std::string("\0.", 2)
        ));
    }
    write.detections.push_back(write.detections[3]);
    write.detections.push_back(detection("q", 0, "of another"));
    REQUIRE(store.write(write).has_value());
    for (const std::size_t limit : {1, 2, 3, 50}) {
        const auto rows =
            all_pages<DetectionRow>(limit, [&](std::size_t count, const auto& cursor) {
                return store.detections("p", always, count, cursor);
            });
        REQUIRE(rows.size() == 10);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            CHECK(rows[i].id == write.detections[i].id);
            CHECK(
                rows[i].detection.SerializeAsString() ==
                write.detections[i].detection.SerializeAsString()
            );
        }
    }
    CHECK(store.detections("p", {.from_us = 1, .until_us = 3}, 50, {}).value().rows.size() == 4);
    CHECK(store.size().value().detections == 11);
}

TEMPLATE_TEST_CASE(
    "of the chronicle the latest revision is kept, each kind by itself, and found by its time",
    "",
    suite::MemoryFixture,
    suite::SqliteFixture,
    suite::MariadbFixture
) {
    using Kind = ChronicleRow::Kind;
    TestType fixture;
    auto& store = fixture.store();
    const auto row = [](Kind kind, std::string id, std::int64_t at_us, std::uint32_t revision) {
        return ChronicleRow{
            .kind = kind,
            .id = id,
            .patient = "p",
            .at_us = at_us,
            .revision = revision,
            .body = id + std::to_string(revision),
        };
    };
    Write write;
    write.position = 1;
    write.chronicle = {
        row(Kind::alarm, "a", 10, 1),
        row(Kind::alarm, "b", 10, 1),
        row(Kind::alarm, "c", 30, 2),
        row(Kind::mark, "a", 10, 0),
    };
    REQUIRE(store.write(write));
    write.expected = 1;
    write.position = 2;
    write.chronicle = {
        row(Kind::alarm, "b", 10, 2),
        row(Kind::alarm, "c", 40, 1),
        row(Kind::alarm, "d", 20, 7),
        row(Kind::mark, "a", 50, 0),
    };
    REQUIRE(store.write(write));
    const auto found = [&](Kind kind, std::size_t at_once) {
        std::string bodies;
        std::optional<std::string> cursor;
        do {
            const auto page = store.chronicle(kind, "p", always, at_once, cursor).value();
            CHECK(page.rows.size() <= at_once);
            for (const auto& one : page.rows) {
                CHECK(one.kind == kind);
                CHECK(one.patient == "p");
                bodies += one.body + "@" + std::to_string(one.at_us) + " ";
            }
            cursor = page.cursor;
        } while (cursor);
        return bodies;
    };
    for (const std::size_t at_once : {1U, 2U, 3U, 10U}) {
        CHECK(found(Kind::alarm, at_once) == "a1@10 b2@10 d7@20 c2@30 ");
    }
    CHECK(found(Kind::mark, 10) == "a0@10 ");
    CHECK(found(Kind::heart, 10).empty());
    const TimeRange part{.from_us = 10, .until_us = 30};
    CHECK(store.chronicle(Kind::alarm, "p", part, 10, {}).value().rows.size() == 3);
    CHECK(store.chronicle(Kind::alarm, "q", always, 10, {}).value().rows.empty());
    CHECK(store.chronicle(Kind::alarm, "p", always, 0, {}).error().field == "limit");
    const auto cursor = store.chronicle(Kind::alarm, "p", always, 1, {}).value().cursor;
    CHECK(store.chronicle(Kind::mark, "p", always, 1, cursor).error().field == "cursor");
}

TEMPLATE_TEST_CASE(
    "of an event the latest revision is kept, and found by its onset",
    "[store]",
    MemoryFixture,
    SqliteFixture,
    MariadbFixture
) {
    TestType fixture;
    auto& store = fixture.store();
    auto write = at(store);
    write.events = {event("a", 10, 1), event("b", 10, 1), event("c", 30, 2)};
    REQUIRE(store.write(write));
    write = at(store);
    write.events = {event("b", 5, 2), event("c", 40, 1), event("d", 20, 7)};
    REQUIRE(store.write(write));

    for (const std::size_t limit : {1U, 2U, 10U}) {
        const auto rows = all_pages<EventRow>(limit, [&](std::size_t count, const auto& cursor) {
            return store.events("p", always, count, cursor);
        });
        std::string found;
        for (const auto& row : rows) {
            found += row.event.id() + std::to_string(row.event.revision());
        }
        CHECK(found == "b2a1d7c2");
    }
    CHECK(store.events("p", {.from_us = 10, .until_us = 30}, 10, {}).value().rows.size() == 2);
    CHECK(store.events("q", always, 10, {}).value().rows.empty());
    CHECK(store.events("p", always, 0, {}).error().field == "limit");
    CHECK(store.events("p", always, 10, "not a cursor").error().field == "cursor");
}

TEMPLATE_TEST_CASE(
    "a vital that is sent again replaces the older one",
    "[store]",
    MemoryFixture,
    SqliteFixture,
    MariadbFixture
) {
    TestType fixture;
    auto& store = fixture.store();
    auto write = at(store);
    write.vitals = {
        vital("p", 5, 70),
        vital("p", 6, 71),
        vital("p", 5, 72),
        vital("p", 5, 12, "respiratory_rate")
    };
    REQUIRE(store.write(write).has_value());
    for (const std::size_t limit : {1, 2, 50}) {
        const auto rows = all_pages<VitalRow>(limit, [&](std::size_t count, const auto& cursor) {
            return store.vitals("p", always, count, cursor);
        });
        REQUIRE(rows.size() == 3);
        CHECK(rows[0].vital.value() == 72);
        CHECK(rows[0].id == "id5");
        CHECK(rows[1].vital.name() == "respiratory_rate");
        CHECK(rows[2].vital.value() == 71);
    }
    CHECK(store.vitals("p", {.from_us = 6, .until_us = 7}, 50, {}).value().rows.size() == 1);
    CHECK(store.vitals("q", always, 50, {}).value().rows.empty());
}

TEMPLATE_TEST_CASE(
    "beats are found by overlap with a time",
    "[store]",
    MemoryFixture,
    SqliteFixture,
    MariadbFixture
) {
    TestType fixture;
    auto& store = fixture.store();
    auto write = at(store);
    for (int i = 0; i < 3; ++i) {
        BeatsRow row{.id = "b" + std::to_string(i), .patient = "p", .beats = {}};
        row.beats.set_start_time_us(i * 10'000'000);
        for (int k = 0; k < 10; ++k) {
            row.beats.add_rr_us(1'000'000);
        }
        write.beats.push_back(row);
    }
    REQUIRE(store.write(write).has_value());
    const auto rows = store.beats("p", {.from_us = 9'999'999, .until_us = 20'000'000}).value();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].id == "b0");
    CHECK(rows[1].beats.rr_us_size() == 10);
}

TEMPLATE_TEST_CASE(
    "what is quarantined is found by device and time until it is let go",
    "[store]",
    MemoryFixture,
    SqliteFixture,
    MariadbFixture
) {
    TestType fixture;
    auto& store = fixture.store();
    auto write = at(store);
    for (int i = 0; i < 4; ++i) {
        QuarantinedRow row{.id = "q" + std::to_string(i), .receipt_us = 7, .held = {}};
        row.held.set_type(v1::EEG_BLOCK);
        row.held.set_device(i == 3 ? "d2" : "d1");
        row.held.set_start_us(30 - i * 10);
        row.held.set_payload(std::string(10, 'x'));
        write.quarantined.push_back(row);
    }
    write.quarantined.push_back(write.quarantined.front());
    REQUIRE(store.write(write).has_value());
    auto sums = store.quarantine().value();
    REQUIRE(sums.size() == 2);
    CHECK(sums[0].device == "d1");
    CHECK(sums[0].entries == 3);
    CHECK(sums[0].bytes == 3 * write.quarantined[0].held.ByteSizeLong());
    CHECK(sums[0].first_us == 10);
    CHECK(sums[0].last_us == 30);
    const auto rows = store.quarantined("d1", {.from_us = 10, .until_us = 30}, 10).value();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].id == "q2");
    CHECK(rows[1].id == "q1");
    CHECK(rows[1].receipt_us == 7);
    CHECK(rows[1].held.payload() == std::string(10, 'x'));
    CHECK(store.quarantined("d1", {.from_us = 0, .until_us = 100}, 1).value().size() == 1);

    auto release = at(store);
    release.released = {"q2", "q3", "unknown"};
    REQUIRE(store.write(release).has_value());
    sums = store.quarantine().value();
    REQUIRE(sums.size() == 1);
    CHECK(sums[0].entries == 2);
}

TEMPLATE_TEST_CASE(
    "a device's clock is replaced as a whole, each kind of data by itself",
    "[store]",
    MemoryFixture,
    SqliteFixture,
    MariadbFixture
) {
    TestType fixture;
    auto& store = fixture.store();
    const auto row = [](const std::string& patient, v1::ClockCourse::Data data, int began) {
        ClockRow made{.patient = patient, .device = "d", .data = data, .course = {}};
        made.course.set_began_us(began);
        return made;
    };
    auto write = at(store);
    write.clocks = {row("q", v1::ClockCourse::EEG, 1), row("p", v1::ClockCourse::BEATS, 2)};
    REQUIRE(store.write(write).has_value());
    write = at(store);
    write.clocks = {row("p", v1::ClockCourse::EEG, 3), row("p", v1::ClockCourse::BEATS, 4)};
    REQUIRE(store.write(write).has_value());
    if constexpr (TestType::survives_restart) {
        fixture.reopen();
    }
    const auto found = fixture.store().clocks().value();
    REQUIRE(found.size() == 3);
    CHECK(found[0].patient == "p");
    CHECK(found[0].data == v1::ClockCourse::EEG);
    CHECK(found[0].course.began_us() == 3);
    CHECK(found[1].course.began_us() == 4);
    CHECK(found[2].patient == "q");
    CHECK(found[2].device == "d");
}

TEMPLATE_TEST_CASE(
    "the newest window of a patient is kept, and takes its score later",
    "[store]",
    MemoryFixture,
    SqliteFixture,
    MariadbFixture
) {
    TestType fixture;
    auto& store = fixture.store();
    const auto window = [](std::int64_t start_us, std::optional<std::uint32_t> score) {
        return NewestWindow{
            .patient = "p",
            .number = 3,
            .start_us = start_us,
            .samples = {-1, 70'000, 0},
            .score_q16 = score
        };
    };
    for (const auto& row : {window(10, {}), window(20, {}), window(20, 65536), window(15, 1)}) {
        auto write = at(store);
        write.newest = {row};
        REQUIRE(store.write(write).has_value());
    }
    const auto rows = store.newest_windows().value();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].start_us == 20);
    CHECK(rows[0].number == 3);
    CHECK(rows[0].score_q16 == 65536);
    CHECK(rows[0].samples == std::vector<std::int32_t>{-1, 70'000, 0});
}

TEMPLATE_TEST_CASE(
    "the newest heart rates are those of five hours before the newest",
    "[store]",
    MemoryFixture,
    SqliteFixture,
    MariadbFixture
) {
    TestType fixture;
    auto& store = fixture.store();
    constexpr std::int64_t hour = 3'600'000'000;
    auto write = at(store);
    write.vitals = {
        vital("p", 0, 60),
        vital("p", 3 * hour, 61),
        vital("p", 8 * hour, 62),
        vital("p", 9 * hour, 1, "steps")
    };
    write.vitals.push_back(vital("q", 0, 80));
    REQUIRE(store.write(write).has_value());
    const auto rows = store.newest_heart_rates().value();
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].vital.value() == 61);
    CHECK(rows[1].vital.value() == 62);
    CHECK(rows[2].patient == "q");
}
