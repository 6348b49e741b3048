#include "vigil/size/access_log.hpp"

#include "queueing/distribution.hpp"
#include "vigil/size/measured_load.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <cmath>
#include <format>
#include <sstream>

namespace vigil::size {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

// 2026-11-28 22:00:00 UTC
constexpr double start_s = 1'795'903'200;

std::string time_text(double utc_s) {
    const std::chrono::sys_seconds time(std::chrono::seconds(static_cast<std::int64_t>(utc_s)));
    return std::format("{:%d/%b/%Y:%H:%M:%S} +0000", time);
}

std::string nginx_line(
    double end_s,
    double lasted_s,
    int status,
    std::string_view pods = "10.0.0.7:8080",
    std::string_view times = "0.100",
    std::string_view statuses = "200",
    std::string_view service = "vigil-eeg-intake-80"
) {
    return std::format(
        "10.1.2.3 - - [{}] \"POST /eeg HTTP/1.1\" {} 52 \"-\" \"watch \\\"7\\\" [beta]\" 912 "
        "{:.3f} [{}] [] {} 52 {} {} 5f0c",
        time_text(end_s),
        status,
        lasted_s,
        service,
        pods,
        times,
        statuses
    );
}

std::string traefik_line(double from_s, int lasted_ms, std::string_view status) {
    return std::format(
        "10.1.2.3 - - [{}] \"POST /predict HTTP/2.0\" {} 31 \"-\" \"curl/8\" 17 "
        "\"predict@kubernetes\" \"http://10.0.0.8:8080\" {}ms",
        time_text(from_s),
        status,
        lasted_ms
    );
}

Result<LogLoads> measure(const std::string& text) {
    std::istringstream log(text);
    return measure_access_log(log);
}

bool says(const Result<LogLoads>& result, std::string_view words) {
    return !result && result.error().detail.find(words) != std::string::npos;
}

/// Requests at those gaps, logged when they end, as nginx does it.
std::string
nginx_log(const queueing::Distribution& gaps, const queueing::Distribution& times, double hours) {
    queueing::RandomStream random(5, 0);
    std::string text;
    for (double now_s = start_s; now_s < start_s + hours * 3600; now_s += gaps.draw(random)) {
        const double took_s = times.draw(random);
        text += nginx_line(
                    now_s + took_s,
                    took_s,
                    200,
                    "10.0.0.7:8080",
                    std::format("{:.3f}", took_s)
                ) +
                "\n";
    }
    return text;
}

} // namespace

TEST_CASE("a line of ingress-nginx arrives its duration before its end") {
    const auto request = read_access_line(nginx_line(start_s, 2.5, 200)).value();
    CHECK(request.format == LogFormat::nginx);
    CHECK(request.service == "vigil-eeg-intake-80");
    CHECK_THAT(request.arrived_s, WithinAbs(start_s - 2.5, 1e-6));
    REQUIRE(request.attempts.size() == 1);
    CHECK(request.attempts[0].service_s == 0.1); // the pod's time, not the whole
    CHECK_FALSE(request.websocket);
    // the zone counts
    auto elsewhere = nginx_line(start_s, 0, 200);
    elsewhere.replace(elsewhere.find("+0000"), 5, "+0530");
    CHECK_THAT(read_access_line(elsewhere)->arrived_s, WithinAbs(start_s - 5.5 * 3600, 1e-6));
}

TEST_CASE("every pod that nginx tried is an attempt of its own") {
    const auto request =
        read_access_line(
            nginx_line(start_s, 0.3, 200, "10.0.0.7:80, 10.0.0.8:80", "0.001, 0.200", "503, 200")
        )
            .value();
    REQUIRE(request.attempts.size() == 2);
    CHECK(request.attempts[0].status == 503);
    CHECK(request.attempts[1].service_s == 0.2);
    // after an internal redirect nginx writes a colon
    CHECK(
        read_access_line(
            nginx_line(start_s, 0.3, 200, "10.0.0.7:80 : 10.0.0.8:80", "0.001 : 0.200", "502 : 200")
        )
            ->attempts.size() == 2
    );
    // a redirect that nginx answers by itself reaches no pod; its own 503 is a refused attempt
    CHECK(read_access_line(nginx_line(start_s, 0, 308, "-", "-", "-"))->attempts.empty());
    const auto none_left = read_access_line(nginx_line(start_s, 0, 503, "-", "-", "-")).value();
    REQUIRE(none_left.attempts.size() == 1);
    CHECK_FALSE(none_left.attempts[0].service_s);
}

TEST_CASE("a line of Traefik's common log format arrives at its time") {
    const auto request = read_access_line(traefik_line(start_s, 250, "200")).value();
    CHECK(request.format == LogFormat::traefik);
    CHECK(request.service == "predict@kubernetes");
    CHECK_THAT(request.arrived_s, WithinAbs(start_s, 1e-6));
    CHECK(request.attempts.at(0).service_s == 0.25);
    const auto away = read_access_line(traefik_line(start_s, 250, "-")).value();
    CHECK_FALSE(away.attempts.at(0).service_s);
}

TEST_CASE("rate, service time and variation come out as they were drawn") {
    const auto loads = measure(nginx_log(
                                   queueing::Distribution::exponential(0.2),
                                   queueing::Distribution::lognormal(0.3, 2),
                                   3
                               ))
                           .value();
    REQUIRE(loads.loads.size() == 1);
    const auto& load = loads.loads[0];
    CHECK(std::abs(load.rate_per_s - 5) < 2 * load.rate_half_width);
    CHECK(load.rate_half_width < 0.1);
    CHECK(std::abs(load.service_s - 0.3) < 2 * load.service_half_width);
    CHECK(load.service_half_width < 0.01);
    CHECK_THAT(load.variation, WithinRel(2.0, 0.15));
    CHECK(load.peak_per_s >= load.rate_per_s);
    CHECK(load.peak_per_s < 5.3);
    CHECK(load.poisson);
}

TEST_CASE("the busiest hour is found, and arrivals that are not Poisson are told") {
    const auto quiet =
        nginx_log(queueing::Distribution::exponential(1), queueing::Distribution::fixed(0.1), 2);
    std::string text = quiet;
    for (int i = 0; i < 7200; ++i) { // two a second for an hour, every half second
        text += nginx_line(start_s + 3 * 3600 + i * 0.5 + 0.1, 0.1, 200) + "\n";
    }
    const auto load = measure(text).value().loads.at(0);
    CHECK_THAT(load.peak_per_s, WithinRel(2.0, 0.02));
    CHECK_THAT(load.peak_from_s, WithinAbs(start_s + 3 * 3600, 121));
    CHECK_FALSE(load.poisson);
    CHECK(load.dispersion.value() < 0.3);
    CHECK_THAT(
        measured_text(load),
        ContainsSubstring("steadier than Poisson") && ContainsSubstring("hour from 2026-11-2")
    );
}

TEST_CASE("refused attempts count as arrivals and not as service time, WebSockets as neither") {
    std::string text;
    for (int i = 0; i < 10; ++i) {
        text += nginx_line(start_s + i, 0.1, 200) + "\n";
        text += nginx_line(start_s + i, 0.001, 503, "10.0.0.7:80", "0.001", "503") + "\n";
        text += nginx_line(start_s + i, 900, 101, "10.0.0.7:80", "900.0", "101") + "\n";
        text += nginx_line(start_s + i, 900, 101, "10.0.0.7:80", "900.0", "101", "ward") + "\n";
    }
    const auto loads = measure(text).value();
    REQUIRE(loads.loads.size() == 1);
    CHECK(loads.loads[0].attempts == 20);
    CHECK(loads.loads[0].refused == 10);
    CHECK(loads.loads[0].websockets == 10);
    CHECK_THAT(loads.loads[0].service_s, WithinRel(0.1, 1e-12));
    REQUIRE(loads.unmeasured.size() == 1);
    CHECK_THAT(loads.unmeasured[0], ContainsSubstring("ward: no request reached a pod"));
}

TEST_CASE("a log that cannot be measured is refused in a sentence") {
    CHECK(says(measure(""), "no request in the log"));
    CHECK(says(measure("\n\n"), "no request in the log"));
    CHECK(says(measure("level=info msg=started\n"), "the first of them line 1, are neither"));
    const auto nginx = nginx_line(start_s, 0.1, 200) + "\n";
    CHECK(says(
        measure(nginx + traefik_line(start_s, 5, "200") + "\n"),
        "line 2 is Traefik's and the log began as ingress-nginx's"
    ));
    CHECK(says(measure(nginx + nginx), "no rate"));
    CHECK(says(measure(nginx + nginx_line(start_s + 9e7, 0.1, 200)), "over two years"));
    const auto refused = nginx_line(start_s, 0, 503, "-", "-", "-") + "\n";
    CHECK(says(measure(refused + refused), "no request was served"));
    CHECK(says(
        measure(traefik_line(start_s, 0, "200") + "\n" + traefik_line(start_s + 9, 0, "200")),
        "below what the log can tell"
    ));
    std::string many;
    for (int i = 0; i <= 1000; ++i) {
        many += nginx_line(start_s + i, 0.1, 200, "10.0.0.7:80", "0.1", "200", std::to_string(i)) +
                "\n";
    }
    CHECK(says(measure(many), "beyond the 1000"));
    // a line without end is no reason to fill the memory; one bad line in a hundred is let pass
    std::string good;
    for (int i = 0; i < 200; ++i) {
        good += nginx_line(start_s + i, 0.1, 200) + "\n";
    }
    const auto with_one =
        measure(good + std::string(200'000, 'x') + "\n" + nginx_line(start_s + 300, 0.1, 200))
            .value();
    CHECK(with_one.loads.at(0).attempts == 201);
    CHECK(says(measure(good + "x\nx\nx\n"), "3 of 203 lines, the first of them line 201"));
}

TEST_CASE("what is cut off or out of range is no line") {
    const auto whole =
        nginx_line(start_s, 0.1, 200, "10.0.0.7:80, 10.0.0.8:80", "0.001, 0.200", "503, 200");
    for (std::size_t length = 0; length < whole.size() - 10; ++length) {
        CHECK_FALSE(read_access_line(whole.substr(0, length)));
    }
    for (const auto& [from, to] :
         {std::pair{"28/Nov", "31/Nov"},
          {"/Nov/", "/Nox/"},
          {":22:00:00", ":24:00:00"},
          {"+0000", "00000"},
          {" 0.100 [", " nan ["},
          {" 200 52", " OK 52"}}) {
        auto broken = nginx_line(start_s, 0.1, 200);
        REQUIRE(broken.find(from) != std::string::npos);
        broken.replace(broken.find(from), std::string_view(from).size(), to);
        CAPTURE(broken);
        CHECK_FALSE(read_access_line(broken));
    }
}

} // namespace vigil::size
