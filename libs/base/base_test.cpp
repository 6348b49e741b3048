// What every service leans on: ids, times, JSON text.
#include "base/json_text.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "base/trace_context.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <string>

using namespace vigil;
using namespace std::string_literals;

TEST_CASE("a derived id follows from its cause and its name alone") {
    CHECK(derived_id("cause", "detection/0") == derived_id("cause", "detection/0"));
    CHECK(derived_id("cause", "detection/0") != derived_id("cause", "detection/1"));
    CHECK(derived_id("cause", "x").size() == 16);
}

TEST_CASE("times are written as RFC 3339 with microseconds") {
    CHECK(to_rfc3339(from_us(1'725'876'007'000'001)) == "2024-09-09T10:00:07.000001Z");
    CHECK(to_rfc3339(from_us(-1)) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("JSON text escapes what would end a string and replaces bytes that are not UTF-8") {
    JsonText json;
    json.open_object()
        .member("a", "\"\\\n\x01")
        .member("b", std::string_view("\xFFz\xC3\xA9"))
        .close_object();
    CHECK(json.text() == "{\"a\":\"\\\"\\\\\\u000a\\u0001\",\"b\":\"\xEF\xBF\xBDz\xC3\xA9\"}");
}

TEST_CASE("JSON text has no word for NaN and writes null") {
    JsonText json;
    json.open_array()
        .value(std::numeric_limits<double>::quiet_NaN())
        .value(0.1)
        .value(true)
        .value(-3)
        .close_array();
    CHECK(json.text() == "[null,0.1,true,-3]");
}

TEST_CASE("a traceparent gives its trace, and a malformed one none") {
    const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const auto trace = trace_of(good);
    REQUIRE(trace);
    CHECK(to_hex(trace->bytes()) == "0af7651916cd43dd8448eb211c80319c");
    const auto hex = trace->hex();
    CHECK(std::string_view(hex.data(), hex.size()) == good.substr(3, 32));
    const std::string later = "cc" + good.substr(2);
    CHECK(trace_of(later) == trace);
    CHECK(trace_of(later + "-what-the-future-will-be-like") == trace);
    CHECK(TraceId{}.bytes().empty());
    const std::string zeros(32, '0');
    for (const auto& bad : {
             std::string(),
             good.substr(1),
             good.substr(0, 54),
             good + "-more", // version 00 ends with its flags
             good + " ",
             good + ", " + good, // two headers
             later + "more",
             "ff" + good.substr(2),
             "0g" + good.substr(2),
             "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"s,
             "00-0af7651916cd43dd8448eb211c8031xx-b7ad6b7169203331-01"s,
             "00-" + zeros + "-b7ad6b7169203331-01",
             good.substr(0, 36) + zeros.substr(0, 16) + "-01",
             good.substr(0, 36) + "b7ad6b716920333g-01",
             good.substr(0, 53) + "0.",
             "00_" + good.substr(3),
             good.substr(0, 35) + "_" + good.substr(36),
             good.substr(0, 52) + "_01",
         }) {
        INFO(bad);
        CHECK_FALSE(trace_of(bad));
    }
}

TEST_CASE("a log line is one JSON object with the fixed fields first") {
    struct Captured : Log {
        using Log::Log;
        std::string last;

        void line(const std::string& text) override { last = text; }
    } log("ward", "0.1");

    log.info("started", {{"port", 8080}, {"ready", true}});
    CHECK(
        log.last.find(
            R"("level":"info","service":"ward","version":"0.1","event":"started","port":8080,"ready":true})"
        ) != std::string::npos
    );
    log.last.clear();
    log.debug("not_shown");
    CHECK(log.last.empty());
}
