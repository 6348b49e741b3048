// What every test of heart_intake stands on: an in-memory journal, a clock that stands still, the
// routes.
#pragma once

#include "heart_intake/routes.hpp"
#include "heart_intake/vital_answer.hpp"
#include "journal/memory_journal.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>

namespace vigil::heart_intake {

inline constexpr std::string_view test_traceparent =
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
inline constexpr std::int64_t now_us = 1'725'876'007'000'000; // 2024-09-09T10:00:07Z

struct Ward {
    journal::MemoryJournal journal;
    access::Directory directory;
    ManualClock clock{from_us(now_us)};
    SeededRandom random{1};
    Metrics metrics;
    HeartIntake service{{journal, directory, clock, random, metrics}};
    http::Router router;

    Ward() {
        add_routes(router, service);
        router.add(
            http::Verb::post,
            "/heartbeat",
            {.access = http::Access::open},
            legacy_heart(service, "p1")
        );
        router.add(
            http::Verb::post,
            "/closed",
            {.access = http::Access::open},
            legacy_heart(service, "")
        );
    }

    static http::Principal device_key(const std::string& patient) {
        http::Principal principal;
        principal.kind = http::Principal::Kind::device;
        principal.patient = patient;
        return principal;
    }

    http::Response post(
        const std::string& path,
        std::string body,
        const std::string& type = "application/json",
        http::Principal principal = device_key("p2")
    ) {
        http::Request request;
        request.verb = http::Verb::post;
        request.path = path;
        request.body = std::move(body);
        request.headers["content-type"] = type;
        request.principal = std::move(principal);
        request.trace = *trace_of(test_traceparent);
        std::optional<http::Response> answer;
        const auto match = router.match(http::Verb::post, path);
        std::get<http::Handler>(match.route->handler)(
            std::move(request),
            http::Reply([&](http::Response r) { answer = std::move(r); })
        );
        return answer.value();
    }

    std::vector<journal::StoredPtr> entries() {
        return journal.read(0, {.entries = 100'000, .bytes = 1 << 30}).value();
    }

    v1::Vital vital(std::size_t i) {
        v1::Vital vital;
        REQUIRE(vital.ParseFromString(entries().at(i)->entry.payload()));
        return vital;
    }
};

inline std::string field_of(const http::Response& response) {
    const auto at = response.body.find("\"field\":\"");
    return at == std::string::npos
               ? ""
               : response.body.substr(at + 9, response.body.find('"', at + 9) - at - 9);
}

} // namespace vigil::heart_intake
