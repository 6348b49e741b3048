// The export of an iPhone app in all its shapes, its repeats, and the reference's defects.
#include "heart_intake/test_heart.hpp"

#include <cstdlib>
#include <format>
#include <fstream>
#include <iterator>

using namespace vigil;
using namespace vigil::heart_intake;

namespace {
std::string metric(
    const std::string& points,
    const std::string& name = "heart_rate",
    const std::string& unit = "count/min"
) {
    return std::format(R"({{"name":"{}","units":"{}","data":[{}]}})", name, unit, points);
}

std::string export_of(const std::string& metrics) {
    return R"({"data":{"metrics":[)" + metrics + "]}}";
}

std::string
point(const std::string& values, const std::string& date = "2024-09-09 10:00:00 +0200") {
    return std::format(R"({{"date":"{}",{},"source":"Watch"}})", date, values);
}

constexpr const char* export_path = "/v1/health-auto-export";

} // namespace

TEST_CASE(
    "defect 2: the heart rate is the key's patient's alone, whatever stands first, and is not cut "
    "to an integer"
) {
    Ward ward;
    const auto body = export_of(
        metric(point("\"qty\":7369"), "step_count", "count") + "," +
        metric(point(R"("Min":52,"Avg":74.6,"Max":116)"))
    );
    const auto response = ward.post("/heartbeat", body, "application/json", {});
    CHECK(response.status == 200);
    CHECK(response.body == R"({"status":"success","message":"Completed"})");
    const auto entries = ward.entries();
    REQUIRE(entries.size() == 1);
    CHECK(entries[0]->entry.type() == v1::VITAL);
    CHECK(entries[0]->entry.patient() == "p1");
    CHECK(
        entries[0]->entry.partition() == journal::partition_of("p1", journal::default_partitions)
    );
    const auto vital = ward.vital(0);
    CHECK(vital.name() == "heart_rate");
    CHECK(vital.unit() == "/min");
    CHECK(vital.value() == 74.6);
    CHECK(vital.minimum() == 52);
    CHECK(vital.maximum() == 116);
    CHECK(vital.start_time_us() == now_us - 7'207'000'000);
    CHECK(vital.utc_offset_s() == 7200);
    CHECK(vital.source() == "Watch");
    CHECK(vital.batched());

    ward.post("/heartbeat", body, "application/json", Ward::device_key("p2"));
    CHECK(ward.entries().at(1)->entry.patient() == "p2");
    CHECK(ward.post("/closed", body, "application/json", {}).status == 401);
}

TEST_CASE("every spelling of a value and any order of members is read") {
    Ward ward;
    const auto response = ward.post(
        export_path,
        R"({"workouts":[{"name":"run","qty":[1,2]}],"data":{"workouts":[],"metrics":[)"
        R"({"data":[{"source":"W","max":90,"min":60,"avg":70.5,"date":"2024-09-09 09:00:00 +0000","extra":{"a":[1]}}],)"
        R"("units":"count/min","name":"heart_rate"},)"
        R"({"units":"count/min","data":[{"qty":61,"date":"2024-09-09 00:00:00 -0700"}],"name":"resting_heart_rate"},)"
        R"({"name":"heart_rate_variability","units":"ms","data":[{"date":"2024-09-09 00:00:00 -0700","qty":59.77}]},)"
        R"({"name":"empty","units":"count","data":[]}]}})"
    );
    CHECK(response.status == 200);
    CHECK(response.body.contains(R"("accepted":3)"));
    CHECK(ward.vital(0).value() == 70.5);
    CHECK(ward.vital(0).maximum() == 90);
    CHECK(ward.vital(1).name() == "resting_heart_rate");
    CHECK(ward.vital(1).utc_offset_s() == -25'200);
    CHECK(ward.vital(2).unit() == "ms");
    CHECK_FALSE(ward.vital(2).has_minimum());
}

TEST_CASE("the app's own sample is read whole") {
    const char* data = std::getenv("VIGIL_DATA");
    if (data == nullptr) {
        SKIP("VIGIL_DATA is not set");
    }
    std::ifstream file(std::string(data) + "/heart/health_auto_export_sample.json");
    REQUIRE(file);
    const std::string body(std::istreambuf_iterator<char>(file), {});
    Ward ward;
    ward.clock.step(std::chrono::days(700));
    HeartIntake later({ward.journal, ward.directory, ward.clock, ward.random, ward.metrics});
    std::string copy = body;
    auto posted = read_health_export(copy);
    REQUIRE(posted);
    CHECK(posted->points.size() == 5);
    CHECK(posted->skipped == 1); // step_count
    CHECK(posted->refused.empty());
    std::optional<VitalOutcome> outcome;
    later.submit({.patient = "p1"}, std::move(*posted), {}, [&](Result<VitalOutcome> o) {
        outcome = std::move(*o);
    });
    REQUIRE(outcome);
    CHECK(outcome->accepted == 5);
    CHECK(ward.vital(0).value() == 74.613139994679827);
}

TEST_CASE("overlapping re-sends are duplicates, another value is an update") {
    Ward ward;
    const auto two =
        metric(point("\"Avg\":70") + "," + point("\"Avg\":71", "2024-09-09 10:01:00 +0200"));
    ward.post(export_path, export_of(two));
    const auto three = metric(
        point("\"Avg\":71", "2024-09-09 10:01:00 +0200") + "," +
        point("\"Avg\":72", "2024-09-09 10:02:00 +0200") + "," +
        point("\"Avg\":72", "2024-09-09 10:02:00 +0200")
    );
    const auto response = ward.post(export_path, export_of(three));
    CHECK(response.body.contains(R"("accepted":1,"duplicates":2)"));
    // the same instant written with another offset is the same point
    CHECK(
        ward.post(export_path, export_of(metric(point("\"Avg\":70", "2024-09-09 08:00:00 +0000"))))
            .body.contains(R"("duplicates":1)")
    );
    CHECK(ward.post(export_path, export_of(metric(point("\"Avg\":70.5"))))
              .body.contains(R"("accepted":1)"));
    CHECK(ward.entries().size() == 4);
    // another instance, or this one after a restart, knows from the tail
    HeartIntake other({ward.journal, ward.directory, ward.clock, ward.random, ward.metrics});
    other.apply(ward.entries());
    std::string again = export_of(three);
    std::optional<VitalOutcome> outcome;
    other.submit({.patient = "p2"}, *read_health_export(again), {}, [&](Result<VitalOutcome> o) {
        outcome = std::move(*o);
    });
    CHECK(outcome->accepted == 0);
    CHECK(outcome->duplicates == 3);
}

TEST_CASE("a value that was not stored is not a duplicate when it comes again") {
    Ward ward;
    const auto body = export_of(metric(point("\"Avg\":70")));
    ward.journal.refuse_next(fail(ErrorCode::unavailable, "the disk is full").error());
    CHECK(ward.post(export_path, body).status == 503);
    CHECK(ward.post("/heartbeat", body).status == 200);
    CHECK(ward.entries().size() == 1);
}

TEST_CASE("a 207 names each refused value and the others are stored") {
    Ward ward;
    const auto response = ward.post(
        "/heartbeat",
        export_of(metric(
            point("\"Avg\":70") + "," + point("\"Avg\":9.99") + "," + point("\"Avg\":NaN") + "," +
            point("\"Avg\":70,\"Min\":80,\"Max\":75") + "," + point("\"Avg\":\"70\"") + "," +
            point("\"Max\":75") + "," + point("\"Avg\":70", "yesterday") + "," +
            point("\"Avg\":70", "1900-01-01 00:00:00 +0000") + "," +
            point("\"Avg\":70", "2024-09-16 10:00:00 +0000") + "," +
            point("\"Avg\":70,\"qty\":70") + "," + point("\"Avg\":70,\"Avg\":70") + ",7," +
            point("\"Avg\":400.5") + "," + point("\"Avg\":1e999")
        ))
    );
    INFO(response.body);
    CHECK(response.status == 207);
    for (const char* field :
         {"[1].value",
          "[2].Avg",
          "[3].minimum",
          "[4].Avg",
          "[5]",
          "[6].date",
          "[7].start_time_us",
          "[8].start_time_us",
          "[9].qty",
          "[10].Avg",
          "[11]",
          "[12].value",
          "[13].Avg"}) {
        INFO(field);
        CHECK(response.body.contains(std::format("\"data.metrics[0].data{}\"", field)));
    }
    CHECK(response.body.contains(R"("accepted":1)"));
    CHECK(ward.entries().size() == 1);
}

TEST_CASE("where nothing was taken the answer is a problem that names the first fault") {
    Ward ward;
    const auto response = ward.post(export_path, export_of(metric(point("\"Avg\":500"))));
    CHECK(response.status == 400);
    CHECK(response.content_type == "application/problem+json");
    CHECK(field_of(response) == "data.metrics[0].data[0].value");
    CHECK(
        ward.post(export_path, export_of(metric(point("\"Avg\":70"), "heart_rate", "Hz"))).status ==
        400
    );
    CHECK(ward.entries().empty());
}

TEST_CASE("JSON that is no export is a 400 and nothing is stored") {
    Ward ward;
    for (const std::string& body :
         {std::string(),
          std::string("{}"),
          std::string("[]"),
          std::string(R"({"data":[]})"),
          std::string(R"({"data":{}})"),
          std::string(R"({"data":{"metrics":7}})"),
          std::string(R"({"data":{"metrics":[7]}})"),
          std::string(R"({"data":{"metrics":[{}]}})"),
          std::string(R"({"data":{"metrics":[]},"data":{"metrics":[]}})"),
          export_of(metric(point("\"Avg\":70"))).substr(0, 90),
          export_of("") + "x",
          std::string(R"({"data":{"metrics":[{"name":"a","name":"b","units":"","data":[]}]}})"),
          std::string("\xFF\xFE")}) {
        INFO(body);
        CHECK(ward.post(export_path, body).status == 400);
    }
    CHECK(ward.entries().empty());
}

TEST_CASE(
    "an export that is broken inside a value is refused whole, since nothing behind it can be read"
) {
    Ward ward;
    for (const char* broken : // found by a fuzzer
         {R"({"date""2024-09-09 10:00:00 +0200","Avg":70})",
          R"({"date":"2024-09-09 10:00:00 +0200" "Avg":70})",
          R"({"Avg":70,})",
          R"({7:70})",
          R"({"date":"\x"})",
          R"({"Avg":})",
          R"({"Avg":70)"}) {
        INFO(broken);
        const auto good = point("\"Avg\":70");
        CHECK(
            ward.post(export_path, export_of(metric(good + "," + broken + "," + good))).status ==
            400
        );
    }
    CHECK(ward.entries().empty());
}

TEST_CASE("a batch of 50,000 values is taken, one more is too large") {
    Ward ward;
    std::string points;
    points.reserve(5 << 20);
    for (int i = 0; i < 50'000; ++i) {
        points += std::format(
            R"({}{{"date":"2024-09-{:02} {:02}:{:02}:{:02} +0000","qty":{}}})",
            i == 0 ? "" : ",",
            1 + i / 7200,
            i / 300 % 24,
            i / 5 % 60,
            i % 5 * 12,
            60 + i % 40
        );
    }
    CHECK(
        ward.post(
                export_path,
                export_of(metric(points + R"(,{"date":"2024-09-08 00:00:00 +0000","qty":60})"))
        )
            .status == 413
    );
    CHECK(
        ward.post(
                export_path,
                export_of(metric(points, "steps", "count") + "," + metric(point("\"qty\":70")))
        )
            .status == 413
    );
    CHECK(ward.entries().empty());
    const auto response = ward.post(export_path, export_of(metric(points)));
    CHECK(response.status == 200);
    CHECK(response.body.contains(R"("accepted":50000)"));
    CHECK(ward.post(export_path, export_of(metric(points)))
              .body.contains(R"("accepted":0,"duplicates":50000)"));
}

TEST_CASE("times with an offset are read, and nothing else") {
    CHECK(
        to_rfc3339(read_offset_time("2024-09-09 10:00:00 +0200")->utc) ==
        "2024-09-09T08:00:00.000000Z"
    );
    CHECK(
        to_rfc3339(read_offset_time("2024-02-29 23:59:59 -0930")->utc) ==
        "2024-03-01T09:29:59.000000Z"
    );
    for (const char* text :
         {"",
          "2024-09-09 10:00:00",
          "2024-09-09 10:00:00 0200",
          "2024-09-09 10:00:00 +02:00",
          "2024-09-09T10:00:00 +0200",
          "2024-9-9 10:00:00 +0200",
          "2024-02-30 10:00:00 +0200",
          "2024-09-09 24:00:00 +0200",
          "2024-09-09 10:60:00 +0200",
          "2024-09-09 10:00:60 +0200",
          "2024-09-09 10:00:00 +1500",
          "2024-09-09 10:00:00 +0260",
          "2024-00-09 10:00:00 +0200",
          "2024-09-09 10:00:00 AM +0200",
          "2024-09-09 10:00:00 +0200 "}) {
        INFO(text);
        CHECK_FALSE(read_offset_time(text));
    }
}
