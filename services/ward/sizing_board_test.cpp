#include "ward/sizing_board.hpp"

#include "queueing/loss.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <simdjson.h>

namespace vigil::ward {

using Catch::Matchers::WithinRel;

namespace {

Metrics::Labels of(const std::string& route) {
    return {{"route", route}};
}

void count(Metrics& metrics, const std::string& route, int arrivals, int refused, double slots) {
    metrics.gauge("vigil_http_slots", "", of(route)).Set(slots);
    metrics.gauge("vigil_http_in_service", "", of(route)).Set(2);
    metrics.counter("vigil_http_arrivals_total", "", of(route)).Increment(arrivals);
    metrics.counter("vigil_http_slots_refused_total", "", of(route)).Increment(refused);
    auto& times = metrics.duration_seconds("vigil_http_service_seconds", "", of(route));
    for (int served = 0; served < arrivals - refused; ++served) {
        times.Observe(0.25);
    }
}

} // namespace

TEST_CASE("the board tells rate, time, load and refusals of the routes that had requests") {
    Metrics metrics;
    ManualClock clock{UtcTime{}};
    const SizingBoard board(metrics, clock);
    count(metrics, "POST /predict", 600, 60, 4);
    count(metrics, "GET /v1/patients/{id}/eeg", 0, 0, 64);
    metrics.counter("vigil_http_requests_total", "", {{"route", "none"}, {"status", "2xx"}});
    clock.advance(std::chrono::seconds(60));
    simdjson::dom::parser parser;
    const auto answer = parser.parse(board.answer());
    CHECK_THAT(answer["running_s"].get_double().value(), WithinRel(60.0, 1e-9));
    REQUIRE(answer["routes"].get_array().value().size() == 1);
    const auto route = answer["routes"].at(0);
    CHECK(route["route"].get_string().value() == "POST /predict");
    CHECK(route["slots"].get_uint64().value() == 4);
    CHECK(route["in_service"].get_int64().value() == 2);
    CHECK_THAT(route["rate_per_s"].get_double().value(), WithinRel(10.0, 1e-9));
    CHECK_THAT(route["service_s"].get_double().value(), WithinRel(0.25, 1e-9));
    CHECK_THAT(route["erlangs"].get_double().value(), WithinRel(2.5, 1e-9));
    CHECK_THAT(route["refused_share"].get_double().value(), WithinRel(0.1, 1e-9));
    CHECK_THAT(
        route["model_share"].get_double().value(),
        WithinRel(queueing::erlang_b(4, 2.5), 1e-9)
    );
    REQUIRE(route["curves"].get_array().value().size() == 5);
    const auto curves = route["curves"].get_array().value();
    for (const auto curve : curves) {
        double before = 0;
        const auto points = curve["points"].get_array().value();
        CHECK(points.size() > 5);
        for (const auto point : points) {
            CHECK(point.at(1).get_double().value() > before);
            before = point.at(1).get_double().value();
        }
    }
}

TEST_CASE("a route whose first request is still in service has a load of nothing yet") {
    RouteCounts counts{.route = "POST /eeg", .slots = 2, .arrivals = 1, .in_service = 1};
    simdjson::dom::parser parser;
    const auto answer = parser.parse(sizing_json({counts}, 0));
    CHECK(answer["routes"].at(0)["erlangs"].get_double().value() == 0);
    CHECK(answer["routes"].at(0)["model_share"].get_double().value() == 0);
    CHECK(route_counts("").empty());
    CHECK(route_counts("vigil_http_slots{route=\"a\"} much\nx").empty());
}

} // namespace vigil::ward
