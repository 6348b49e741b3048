// What every service leans on: ids, times, JSON text.
#include "base/json_text.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>

using namespace vigil;

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
