// The old contract: its bodies, its times, its answers, and the reference's defects that must not
// come back.
#include "eeg_intake/legacy_window.hpp"
#include "eeg_intake/test_ward.hpp"

#include <catch2/catch_test_macros.hpp>

#include <format>
#include <future>
#include <thread>

using namespace vigil;
using namespace vigil::eeg_intake;

namespace {

std::string values(std::size_t count = legacy_samples, const std::string& last = "-7") {
    std::string text;
    for (std::size_t i = 0; i + 1 < count; ++i) {
        text += std::to_string(static_cast<int>(i) - 80) + ", ";
    }
    return count == 0 ? "[]" : "[" + text + last + "]";
}

std::string window(
    const std::string& data = values(),
    const std::string& user = "\"1\"",
    const std::string& time = "2024-9-9 10:0:7"
) {
    return std::format(
        R"({{"fk_user": {}, "eeg_data": {}, "register_timestamp": "{}"}})",
        user,
        data,
        time
    );
}

/// The ward with both old calls open for patient 1; the heart's handler only says that it was
/// called.
struct OldWard : TestWard {
    explicit OldWard(bool eeg = true, bool heart = true) {
        add_legacy_routes(
            router,
            service,
            {.open_eeg = eeg,
             .open_heart = heart,
             .senders = {"1"},
             .zone = LocalZone::named("UTC").value()},
            [](const http::Request&, http::Reply reply) { reply(http::Response::json("heart")); }
        );
    }

    http::Response old(const std::string& body, const std::string& path = "/eeg") {
        return post(path, body, "application/json", {});
    }

    /// The detector scores the newest block, and the tail brings it.
    void score(std::uint32_t q16, bool not_evaluated = false) {
        const auto all = entries();
        v1::Step step;
        auto& shadow = *step.add_detections();
        shadow.set_cause(all.back()->entry.id());
        shadow.set_shadow(true); // no answer is made of it
        shadow.set_score_q16(1);
        auto& detection = *step.add_detections();
        detection.set_cause(all.back()->entry.id());
        detection.set_score_q16(q16);
        detection.set_not_evaluated(not_evaluated);
        auto stored = std::make_shared<journal::Stored>();
        stored->entry.set_type(v1::STEP);
        stored->entry.set_partition(all.back()->entry.partition());
        step.SerializeToString(stored->entry.mutable_payload());
        service.apply(std::vector<journal::StoredPtr>{stored});
    }
};

std::string field_of(const http::Response& response) {
    const auto at = response.body.find("\"field\":\"");
    return at == std::string::npos
               ? ""
               : response.body.substr(at + 9, response.body.find('"', at + 9) - at - 9);
}

} // namespace

TEST_CASE("an old window is answered with the score of this very window") {
    OldWard ward;
    const auto answer = ward.send("/eeg", window(), "application/json", {});
    CHECK_FALSE(answer->has_value());
    ward.score(806); // 806 / 65536
    REQUIRE(answer->has_value());
    CHECK((*answer)->status == 200);
    CHECK(
        (*answer)->body ==
        R"({"status":"success","message":"Completed","response":{"message":"Received","response":0.012298583984375}})"
    );
}

TEST_CASE("an old window becomes an isolated block of one channel") {
    OldWard ward;
    ward.send("/eeg", window(), "application/json", {});
    const auto entries = ward.entries();
    REQUIRE(entries.size() == 1);
    v1::EegBlock block;
    REQUIRE(block.ParseFromString(entries[0]->entry.payload()));
    CHECK(entries[0]->entry.patient() == "p1");
    CHECK(entries[0]->entry.trace_id() == trace_of(test_traceparent)->bytes());
    CHECK(block.isolated());
    CHECK(block.channels(0).label() == "EEG");
    CHECK(block.rate_numerator() == 17361);
    CHECK(block.rate_denominator() == 100);
    CHECK(block.samples() == 178);
    CHECK(block.start_time_us() == test_now_us);
    CHECK(block.first_sample() / legacy_samples / 65536 == 1'725'876'007);
    CHECK(static_cast<signed char>(block.data()[0]) == -80);
    CHECK(static_cast<unsigned char>(block.data()[1]) == 0xFF);
}

TEST_CASE(
    "an old window that is not scored in time is accepted with 202, and not before it is durable"
) {
    OldWard ward;
    ward.journal.hold();
    const auto answer = ward.send("/eeg", window(), "application/json", {});
    ward.clock.advance(std::chrono::seconds(3));
    ward.service.waiter.expire(ward.clock.steady());
    CHECK_FALSE(answer->has_value());
    ward.journal.release();
    REQUIRE(answer->has_value());
    CHECK((*answer)->status == 202);
    CHECK(
        (*answer)->body ==
        R"({"status":"success","message":"Accepted, not yet scored","response":{"message":"Received","response":-1}})"
    );

    const auto second = ward.send("/eeg", window(values(178, "1")), "application/json", {});
    ward.clock.advance(std::chrono::milliseconds(1999));
    ward.service.waiter.expire(ward.clock.steady());
    CHECK_FALSE(second->has_value());
    ward.clock.advance(std::chrono::milliseconds(1));
    ward.service.waiter.expire(ward.clock.steady());
    CHECK((*second)->status == 202);
    CHECK(ward.service.waiter.waiting() == 0);
}

TEST_CASE("a window that cannot be evaluated says so and never shows a score") {
    OldWard ward;
    const auto answer = ward.send("/eeg", window(), "application/json", {});
    ward.score(0, true);
    CHECK((*answer)->status == 200);
    CHECK((*answer)->body.contains(R"("response":-1)"));
}

TEST_CASE("defect 1: a window that could not be saved is never answered with a success") {
    OldWard ward;
    ward.journal.refuse_next(
        fail(ErrorCode::unavailable, "the disk is full", {}, {}, Retry::safe).error()
    );
    const auto response = ward.old(window());
    CHECK(response.status == 503);
    CHECK(response.content_type == "application/problem+json");
    CHECK(ward.entries().empty());
    CHECK(ward.service.waiter.waiting() == 0);
}

TEST_CASE(
    "defect 5: the old calls are answered on /eeg, /heartbeat and /, each only where it is opened"
) {
    OldWard both;
    CHECK(both.old("{}", "/heartbeat").body == "heart");
    CHECK(both.old(R"({"data":{"metrics":[]}})", "/").body == "heart");
    CHECK(
        both.send("/", window(), "application/json", {})->has_value() == false
    ); // waits for its score
    CHECK(both.entries().size() == 1);
    CHECK(both.old("{}", "/").status == 400);
    // broken before it tells what it is: found by a fuzzer
    for (const char* body : {R"({"a" 1})", R"({"a":1 "b":2})", R"({"a":1,})", R"({"a":)"}) {
        INFO(body);
        CHECK(both.old(body, "/").status == 400);
    }
    // a name inside the export does not make it a window
    CHECK(both.old(R"({"data":{"metrics":[{"source":"eeg_data"}]}})", "/").body == "heart");

    OldWard eeg_only(true, false);
    CHECK(eeg_only.old("{}", "/heartbeat").status == 404);
    CHECK(eeg_only.old(R"({"data":{}})", "/").status == 404);
    OldWard heart_only(false, true);
    CHECK(heart_only.old(window()).status == 404);
    CHECK(heart_only.old(window(), "/").status == 404);
    OldWard closed(false, false);
    CHECK(closed.old(window(), "/").status == 404);
}

TEST_CASE("defect 6: a window sent twice is stored once and answered with a success both times") {
    OldWard ward;
    const auto first = ward.send("/eeg", window(), "application/json", {});
    const auto while_waiting = ward.send("/eeg", window(), "application/json", {});
    ward.score(65536);
    REQUIRE(first->has_value());
    REQUIRE(while_waiting->has_value());
    CHECK((*while_waiting)->body == (*first)->body);
    const auto later = ward.old(window());
    CHECK(later.status == 200);
    CHECK(later.body == (*first)->body);
    CHECK(ward.entries().size() == 1);
}

TEST_CASE("two different windows of one second are both stored") {
    OldWard ward;
    ward.send("/eeg", window(), "application/json", {});
    ward.send("/eeg", window(values(178, "-8")), "application/json", {});
    CHECK(ward.entries().size() == 2);
}

TEST_CASE("defect 6: the local time is read in the zone that was named") {
    const auto berlin = LocalZone::named("Europe/Berlin").value();
    std::string body = window();
    CHECK(
        read_legacy_window(body, berlin)->start.time_since_epoch().count() == 1'725'876'007 - 7200
    );
}

TEST_CASE("defect 7: anything but 178 integers of 16 bits is a 400 that names the value") {
    OldWard ward;
    const auto refused = [&](const std::string& data, const std::string& field) {
        const auto response = ward.old(window(data));
        INFO(data.substr(data.size() > 30 ? data.size() - 30 : 0) << " -> " << response.body);
        CHECK(response.status == 400);
        CHECK(response.content_type == "application/problem+json");
        CHECK(field_of(response) == field);
    };
    refused(values(0), "eeg_data");
    refused(values(177), "eeg_data");
    refused(values(179), "eeg_data");
    refused(values(178, "\"text\""), "eeg_data[177]");
    refused(values(178, "NaN"), "eeg_data[177]");
    refused(values(178, "Infinity"), "eeg_data[177]");
    refused(values(178, "1e999"), "eeg_data[177]");
    refused(values(178, "12.5"), "eeg_data[177]");
    refused(values(178, "32768"), "eeg_data[177]");
    refused(values(178, "-32769"), "eeg_data[177]");
    refused(values(178, "99999999999999999999"), "eeg_data[177]");
    refused(values(178, "null"), "eeg_data[177]");
    refused(values(178, "[1]"), "eeg_data[177]");
    refused("\"[1,2,3]\"", "eeg_data");
    refused("7", "eeg_data");
    CHECK(ward.entries().empty());
    std::string body = window(values(178, "3.0"));
    CHECK(read_legacy_window(body, LocalZone::named("UTC").value())->samples[177] == 3);
}

TEST_CASE("an old body with a name twice, unknown, missing or broken is a 400 with its name") {
    OldWard ward;
    const auto refused = [&](const std::string& body, const std::string& field) {
        const auto response = ward.old(body);
        INFO(body.substr(0, 60) << " -> " << response.body);
        CHECK(response.status == 400);
        CHECK(field_of(response) == field);
    };
    refused(R"({"fk_user":1,"fk_user":1})", "fk_user");
    refused(R"({"fk_user":1,"colour":"red"})", "colour");
    refused(R"({"fk_user":1,"eeg_data":)" + values() + "}", "register_timestamp");
    refused(
        R"({"eeg_data":)" + values() + R"(,"register_timestamp":"2024-9-9 10:0:7"})",
        "fk_user"
    );
    refused(R"({"fk_user":1,"register_timestamp":"2024-9-9 10:0:7"})", "eeg_data");
    for (const char* user : {"0", "-1", "\"x\"", "\"\"", "\"1 \"", "4294967296", "1.5", "true"}) {
        refused(window(values(), user), "fk_user");
    }
    for (const char* time :
         {"1900-1-1 0:0:0",
          "1989-12-31 23:59:59",
          "2024-9-16 10:0:7",
          "2024-9-9 10:1:8",
          "yesterday"}) {
        refused(window(values(), "1", time), "register_timestamp");
    }
    for (const std::string& body :
         {std::string(),
          std::string("[]"),
          std::string("{"),
          window() + "x",
          window().substr(0, 100),
          std::string("\xFF\xFE{}"),
          std::string(5000, '[')}) {
        CHECK(ward.old(body).status == 400);
    }
    CHECK(ward.entries().empty());
}

TEST_CASE("without a key only patients opened by name are written, with a key only its own") {
    OldWard ward;
    CHECK(ward.old(window(values(), "2")).status == 401);
    CHECK(ward.old(window(values(), "77")).status == 401);
    CHECK(
        ward.post("/eeg", window(values(), "1"), "application/json", TestWard::device_key("p2"))
            .status == 403
    );
    CHECK(ward.entries().empty());
    ward.send("/eeg", window(values(), "2"), "application/json", TestWard::device_key("p2"));
    CHECK(ward.entries().size() == 1);
}

TEST_CASE("more waiting answers than the bound are accepted without a score") {
    DetectionWaiter waiter(1);
    std::vector<std::optional<std::optional<WindowScore>>> heard(2);
    const auto wait = [&](const std::string& id, std::size_t i) {
        waiter.wait(id, 0, SteadyTime{std::chrono::hours(1)}, [&heard, i](auto score) {
            heard[i] = *score;
        });
        waiter.accepted(id);
    };
    wait("a", 0);
    wait("b", 1);
    CHECK_FALSE(heard[0]);
    REQUIRE(heard[1]);
    CHECK_FALSE(heard[1]->has_value());
    CHECK(waiter.waiting() == 1);
}

TEST_CASE("the waiter's own thread ends what is overdue and stops when asked") {
    SystemClock clock;
    DetectionWaiter waiter(8);
    std::jthread thread([&](std::stop_token stop) { waiter.run(std::move(stop), clock); });
    std::promise<bool> ended;
    waiter.wait("a", 0, clock.steady(), [&](auto score) { ended.set_value(!score->has_value()); });
    waiter.accepted("a");
    CHECK(ended.get_future().get());
}

TEST_CASE("old times are read with and without leading zeros and nothing else is") {
    const auto expected = std::chrono::local_days(std::chrono::year(2024) / 9 / 9) +
                          std::chrono::hours(10) + std::chrono::seconds(7);
    CHECK(read_local_time("2024-9-9 10:0:7").value() == expected);
    CHECK(read_local_time("2024-09-09 10:00:07").value() == expected);
    for (const char* text :
         {"",
          "2024-9-9",
          "2024-9-9 10:0",
          "2024-9-9 10:0:7 ",
          " 2024-9-9 10:0:7",
          "24-9-9 10:0:7",
          "2024-13-1 0:0:0",
          "2024-2-30 0:0:0",
          "2023-2-29 0:0:0",
          "2024-9-9 24:0:0",
          "2024-9-9 10:60:0",
          "2024-9-9 10:0:60",
          "2024-9-9T10:0:7",
          "2024-9-9 10:0:7Z",
          "2024-009-9 10:0:7",
          "2024-9-9 10:0:-7",
          "+2024-9-9 10:0:7",
          "2024-0-9 0:0:0"}) {
        INFO(text);
        CHECK_FALSE(read_local_time(text));
    }
}

TEST_CASE("a doubled local hour is its first occurrence and a missing one lands behind the gap") {
    const auto berlin = LocalZone::named("Europe/Berlin").value();
    const auto utc = [&](const char* local) {
        return to_rfc3339(UtcTime(berlin.to_utc(read_local_time(local).value()))).substr(0, 19);
    };
    CHECK(utc("2024-07-01 12:00:00") == "2024-07-01T10:00:00");
    CHECK(utc("2024-01-01 12:00:00") == "2024-01-01T11:00:00");
    CHECK(utc("2024-10-27 02:30:00") == "2024-10-27T00:30:00"); // still summer time
    CHECK(utc("2024-10-27 03:30:00") == "2024-10-27T02:30:00");
    CHECK(utc("2024-03-31 02:30:00") == "2024-03-31T01:30:00"); // 03:30 summer time
    CHECK(utc("2024-03-31 03:30:00") == "2024-03-31T01:30:00");
    CHECK(
        utc("2024-10-27 02:30:00") == "2024-10-27T00:30:00"
    ); // again, now that other offsets were kept
    CHECK_FALSE(LocalZone::named("Europe/Atlantis"));
}
