#include "queueing/loss.hpp"
#include "vigil/size/cluster_check.hpp"
#include "vigil/size/prometheus_load.hpp"
#include "vigil/size/service_histogram.hpp"
#include "vigil/size/test_command.hpp"
#include "vigil/size/test_prometheus.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <simdjson.h>

#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <random>

namespace vigil::size {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

constexpr double not_scraped = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t noon_s = 1'795'953'600 / 86'400 * 86'400 + 43'200; // some day, 12:00 UTC

/// Counters of Poisson arrivals, so many a minute, of which a share is refused.
std::pair<std::function<double(int)>, std::function<double(int)>>
poisson(double per_minute, double refused_share, unsigned seed, int minutes = 24 * 60) {
    std::mt19937 random(seed);
    std::poisson_distribution<int> arrive(per_minute);
    auto arrivals = std::make_shared<std::vector<double>>(1, 1e6); // it has run for long
    auto refused = std::make_shared<std::vector<double>>(1, 1e4);
    for (int minute = 0; minute < minutes; ++minute) {
        const int came = arrive(random);
        arrivals->push_back(arrivals->back() + came);
        std::binomial_distribution<int> refuse(came, refused_share);
        refused->push_back(refused->back() + refuse(random));
    }
    return {
        [arrivals](int minute) { return arrivals->at(static_cast<std::size_t>(minute)); },
        [refused](int minute) { return refused->at(static_cast<std::size_t>(minute)); }
    };
}

std::vector<TestPod> two_pods(double per_minute, double refused_share) {
    std::vector<TestPod> pods;
    for (unsigned number = 1; number <= 2; ++number) {
        const auto [arrivals, refused] = poisson(per_minute, refused_share, number);
        pods.push_back(
            {.instance = "pod-" + std::to_string(number), .arrivals = arrivals, .refused = refused}
        );
    }
    return pods;
}

Result<ClusterLoads> measure(const TestPrometheus& served) {
    Prometheus prometheus(served.url());
    return measure_prometheus(prometheus, noon_s + 7, 24);
}

} // namespace

TEST_CASE("rates, times, slots and pods are those of the pods together, refused ones counted in") {
    const TestPrometheus served(two_pods(600, 0.05), {});
    const auto loads = measure(served);
    REQUIRE(loads);
    REQUIRE(loads->routes.size() == 1);
    const auto& load = loads->routes[0].load;
    CHECK(load.service == "detector POST /predict");
    CHECK_THAT(load.rate_per_s, WithinRel(20.0, 0.01));
    CHECK(std::abs(load.rate_per_s - 20) < 2 * load.rate_half_width);
    CHECK(load.rate_half_width < 0.1);
    CHECK_THAT(
        static_cast<double>(load.refused) / static_cast<double>(load.attempts),
        WithinAbs(0.05, 0.002)
    );
    CHECK_THAT(load.service_s, WithinRel(0.25, 1e-12));
    CHECK(load.poisson);
    REQUIRE(load.cluster);
    CHECK(load.cluster->pods == 2);
    CHECK(load.cluster->slots == 4);
    CHECK_THAT(load.cluster->now_per_s, WithinRel(20.0, 0.05));
    CHECK(load.cluster->unseen_minutes == 0);
}

TEST_CASE("the profile has each hour of the day, and the busiest hour is found at its time") {
    // ten a minute, and sixty from 09:00 to 10:00 UTC; asked from noon to noon
    const auto counter = [](int minute) {
        return 10.0 * minute + 50.0 * std::clamp(minute - 21 * 60, 0, 60);
    };
    const TestPrometheus served(
        {{.arrivals = counter, .refused = [](int) { return 0.0; }}},
        {.failed = 7}
    );
    const auto loads = measure(served);
    REQUIRE(loads);
    const auto& load = loads->routes[0].load;
    CHECK(load.profile.peak == 9U);
    CHECK_THAT(load.profile.per_s[9].value(), WithinRel(1.0, 1e-9));
    CHECK_THAT(load.profile.per_s[10].value(), WithinRel(1.0 / 6, 1e-9));
    CHECK_THAT(load.profile.per_s[0].value(), WithinRel(1.0 / 6, 1e-9));
    CHECK_THAT(load.peak_per_s, WithinRel(1.0, 1e-9));
    CHECK_THAT(load.peak_from_s, WithinAbs(static_cast<double>(noon_s - 3 * 3600), 0.5));
    CHECK_FALSE(load.poisson); // a clock is steadier
    CHECK(load.cluster->failed_share > 0);
    const auto text = profile_text(load.profile);
    CHECK_THAT(text, ContainsSubstring("09         1 a second") && ContainsSubstring("<- peak"));
}

TEST_CASE("a counter that begins anew, a pod that comes later and a gap are each taken as they are"
) {
    const auto steady = [](int minute) { return 100.0 + 60.0 * minute; };
    const auto restarted = [](int minute) {
        return minute < 700 ? 5000 + 60.0 * minute : 60.0 * (minute - 699);
    };
    const auto late = [](int minute) {
        return minute < 720 ? not_scraped : 90'000 + 60.0 * (minute - 720); // old, seen late
    };
    const auto hidden = [](int minute) {
        return minute > 100 && minute < 160 ? not_scraped : 60.0 * minute;
    };
    const auto none = [](int) { return 0.0; };
    const TestPrometheus served(
        {{.instance = "a", .arrivals = steady, .refused = none},
         {.instance = "b", .arrivals = restarted, .refused = none},
         {.instance = "c", .arrivals = late, .refused = none},
         {.instance = "d", .arrivals = hidden, .refused = none}},
        {}
    );
    const auto loads = measure(served);
    REQUIRE(loads);
    const auto& route = loads->routes[0];
    CHECK(route.load.cluster->unseen_minutes == 60);
    CHECK_THAT(route.load.cluster->remarks.at(0), ContainsSubstring("60 of 1440 minutes"));
    CHECK_FALSE(route.arrivals.requests.counts[130]);
    CHECK(route.arrivals.requests.counts[50] == 180U);
    CHECK(route.arrivals.requests.counts[699] == 180U);
    CHECK(route.arrivals.requests.counts[719] == 180U); // what c had counted before is not new
    CHECK(route.arrivals.requests.counts[720] == 240U);
    CHECK(route.arrivals.pods.front() == 3);
    CHECK(route.arrivals.pods.back() == 4);
}

TEST_CASE("of a Prometheus that has just begun the minutes count of which both ends were seen") {
    const auto since = [](double value) {
        return [value](int minute) {
            return minute < 24 * 60 - 3 ? not_scraped : value * (minute - 24 * 60 + 10);
        };
    };
    const TestPrometheus served({{.arrivals = since(120), .refused = since(0)}}, {});
    const auto loads = measure(served);
    REQUIRE(loads);
    CHECK_THAT(loads->routes[0].load.rate_per_s, WithinRel(2.0, 1e-9));
    CHECK(loads->routes[0].load.cluster->unseen_minutes == 24 * 60 - 3);
}

TEST_CASE("the squared variation of a histogram lies within bounds that no distribution breaks") {
    const std::array<double, 16> edges{
        0.0001,
        0.00025,
        0.0005,
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.25,
        0.5,
        1,
        2.5,
        5,
        10
    };
    const auto of = [&](auto&& draw) {
        std::vector<TimeBucket> buckets;
        for (const double edge : edges) {
            buckets.push_back({.upper_s = edge});
        }
        buckets.push_back({.upper_s = std::numeric_limits<double>::infinity()});
        double sum = 0;
        double squares = 0;
        constexpr int count = 200'000;
        for (int i = 0; i < count; ++i) {
            const double time = draw();
            sum += time;
            squares += time * time;
            std::ranges::find_if(buckets, [&](auto& one) { return time <= one.upper_s; })->count +=
                1;
        }
        const double mean = sum / count;
        const auto found = variation_of(buckets, mean);
        REQUIRE(found);
        const double truth = squares / count / (mean * mean) - 1;
        CHECK(found->low <= truth + 1e-9);
        CHECK(found->high >= truth - 1e-9);
        CHECK(found->low <= found->estimate);
        CHECK(found->estimate <= found->high);
        const auto times = times_of(buckets, mean);
        for (const auto& [drawn, expected] :
             {std::pair(&times.likely_s, found->estimate),
              std::pair(&times.least_varied_s, found->low),
              std::pair(&times.most_varied_s, found->high)}) {
            REQUIRE(drawn->size() == 10'000);
            CHECK(std::ranges::is_sorted(*drawn));
            const double drawn_mean = std::ranges::fold_left(*drawn, 0.0, std::plus()) / 10'000;
            CHECK_THAT(drawn_mean, WithinRel(mean, 1e-9));
            const double drawn_squares =
                std::ranges::fold_left(*drawn, 0.0, [](double all, double one) {
                    return all + one * one / 10'000;
                });
            if (std::isfinite(expected)) {
                CHECK_THAT(
                    drawn_squares / (mean * mean) - 1,
                    WithinRel(expected, 0.03) || WithinAbs(expected, 0.01)
                );
            }
        }
        return std::pair(found->estimate, truth);
    };
    std::mt19937 random(3);
    std::exponential_distribution<double> exponential(1 / 0.03);
    std::lognormal_distribution<double> lognormal(std::log(0.2), 0.5);
    const auto [of_exponential, one] = of([&] { return exponential(random); });
    CHECK_THAT(of_exponential, WithinRel(one, 0.1));
    const auto [of_lognormal, true_lognormal] = of([&] { return lognormal(random); });
    CHECK_THAT(of_lognormal, WithinAbs(true_lognormal, 0.1));
    const auto [of_fixed, zero] = of([] { return 0.03; });
    CHECK_THAT(of_fixed, WithinAbs(zero, 0.1));
    CHECK(std::isinf(of([] { return 20.0; }).second) == false); // beyond the last bucket
    CHECK_FALSE(variation_of({}, 1));
    CHECK_FALSE(variation_of({{.upper_s = 1, .count = 5}}, not_scraped));
}

TEST_CASE("what a broken Prometheus says becomes a sentence that tells what to do") {
    struct Case {
        http::Response answer;
        const char* says;
    };

    const auto json = [](std::string body, unsigned status = 200) {
        return http::Response::json(std::move(body), status);
    };
    auto elsewhere = json("", 302);
    elsewhere.headers.emplace_back("Location", "http://other:9090/graph");
    auto page = json("<html>sign in</html>");
    page.content_type = "text/html";
    for (const auto& [answer, says] : {
             Case{json(R"({"status":"success","data":{"resultTy)"), "no whole JSON"},
             Case{page, "not its proxy"},
             Case{json("no", 401), "wants a login"},
             Case{elsewhere, "to http://other:9090/graph; give that address"},
             Case{
                 json(R"({"status":"error","errorType":"timeout","error":"query timed out"})", 503),
                 "query timed out; ask for less at once (--hours)"
             },
             Case{json(R"({"status":"error"})", 500), "it says no reason"},
             Case{json(R"({"status":"success"})"), "holds no matrix"},
             Case{
                 json(R"({"status":"success","data":{"resultType":"vector","result":[]}})"),
                 "holds no matrix"
             },
             Case{
                 json(
                     R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1]]}]}})"
                 ),
                 "not of the HTTP API's shape"
             },
         }) {
        CAPTURE(says);
        const TestPrometheus served(answer);
        const auto loads = measure(served);
        REQUIRE_FALSE(loads);
        CHECK_THAT(loads.error().detail, ContainsSubstring(says));
    }
    const TestPrometheus empty(std::vector<TestPod>{}, TestTimes{});
    CHECK_THAT(measure(empty).error().detail, ContainsSubstring("does it scrape Vigil's monitor"));
    Prometheus nobody("http://127.0.0.1:1");
    CHECK_THAT(
        measure_prometheus(nobody, noon_s, 1).error().detail,
        ContainsSubstring("is Prometheus there")
    );
    Prometheus no_web("ftp://prometheus.example");
    CHECK_THAT(
        measure_prometheus(no_web, noon_s, 1).error().detail,
        ContainsSubstring("kubectl port-forward")
    );
}

TEST_CASE("NaN and silence leave a route unmeasured, in a sentence, and the others go on") {
    auto pods = two_pods(600, 0.05);
    pods.push_back(
        {.route = "POST /eeg",
         .instance = "pod-3",
         .arrivals = [](int) { return 42.0; },
         .refused = [](int) { return 0.0; }}
    );
    TestPrometheus served(pods, {});
    served.also(R"("warnings":["some blocks could not be read"],"infos":["a","a"],)");
    const auto loads = measure(served);
    REQUIRE(loads);
    CHECK(loads->routes.size() == 1);
    REQUIRE(loads->unmeasured.size() == 1);
    CHECK_THAT(
        loads->unmeasured[0],
        ContainsSubstring("no request came in the last 24 h (--hours) to detector POST /eeg")
    );
    CHECK(loads->warnings == std::vector<std::string>{"some blocks could not be read", "a"});
    const TestPrometheus unserved(two_pods(600, 1), {.count = 0, .sum_s = not_scraped});
    CHECK_THAT(measure(unserved).error().detail, ContainsSubstring("its times are NaN"));
}

TEST_CASE("a running service is checked against its model: true, not true, and too little to tell"
) {
    // two pods of four slots at 2.5 erlangs each, in random split
    const double refused = queueing::erlang_b(4, 2.5);
    const TestPrometheus as_modelled(two_pods(600, refused), {});
    const auto agrees = run("--check --prometheus " + as_modelled.url());
    CHECK(agrees.status == 0);
    CHECK_THAT(agrees.out, ContainsSubstring("the model is true of it"));
    const auto of_an_hour = run("--check --hours 1 --prometheus " + as_modelled.url());
    CHECK(of_an_hour.status == 0);
    CHECK_THAT(of_an_hour.out, ContainsSubstring("in 1 hours: the model is true of it"));

    const TestPrometheus worse(two_pods(600, 1.1 * refused), {});
    const auto differs = run("--check --prometheus " + worse.url());
    CHECK(differs.status == 1);
    CHECK_THAT(differs.out, ContainsSubstring("the model is NOT true of it"));
    // another dispatch is another model
    CHECK(run("--check --dispatch least-busy --prometheus " + as_modelled.url()).status == 1);

    const TestPrometheus idle(two_pods(2, 0), {});
    const auto silent = run("--check --prometheus " + idle.url());
    CHECK(silent.status == 2);
    CHECK_THAT(silent.out, ContainsSubstring("too little to check"));
    CHECK(run("--check --slots 4").status == 2); // nothing to compare with
}

TEST_CASE("pods in turn are checked with the times that were measured, not with exponential ones") {
    // Two pods of a slot, two requests a second, all of 0.25 s: each pod sees gaps of two phases,
    // of which N come on average while it is busy (renewal function of the Erlang distribution,
    // Cox, Renewal Theory, 1962, section 4.6), and N / (1 + N) are refused.
    constexpr double phases = 2 * 0.25;
    const double lost = phases / 2 - 0.25 + std::exp(-2 * phases) / 4;
    const double refused = lost / (1 + lost);
    const double exponential =
        queueing::blocking(
            {.pods = 2, .slots = 1, .cores = 1, .dispatch = queueing::Dispatch::round_robin},
            phases
        )
            .value()
            .share;
    CHECK(exponential > 1.3 * refused);
    TestTimes fixed;
    fixed.buckets = {{"0.24", 0}, {"0.26", 1e6}, {"+Inf", 1e6}};
    const auto pods = [](double share) {
        auto two = two_pods(60, share);
        for (auto& pod : two) {
            pod.slots = 1;
        }
        return two;
    };
    const TestPrometheus as_measured(pods(refused), fixed);
    const std::string in_turn = "--check --dispatch round-robin --prometheus ";
    const auto agrees = run(in_turn + as_measured.url());
    CHECK(agrees.status == 0);
    CHECK_THAT(agrees.out, ContainsSubstring("the model is true of it"));
    const TestPrometheus as_exponential(pods(exponential), fixed);
    CHECK(run(in_turn + as_exponential.url()).status == 1);
    // a simulation draws them too, and says that the formula is not about them
    const auto simulated =
        run("--simulate --dispatch round-robin --prometheus " + as_measured.url());
    CHECK_THAT(simulated.out, ContainsSubstring("simulated   2 pods: 8."));
    CHECK_THAT(simulated.out, ContainsSubstring("the formula lies OUTSIDE"));
    CHECK_THAT(simulated.out, ContainsSubstring("--simulate draws those that were measured"));
    CHECK_FALSE(run("--prometheus " + as_measured.url()).out.contains("draws those"));
}

TEST_CASE("where slots share cores, the work behind a measured time is found before it is sized") {
    // four slots on one core at 0.7 erlangs: the time in service is what the model's use gives
    double blocking = 1;
    double used = 0;
    for (int slot = 1; slot <= 4; ++slot) {
        blocking = 0.7 * blocking / (1 + 0.7 * blocking);
        used = used * (1 - blocking) + slot * blocking;
    }
    constexpr double per_s = 10;
    TestTimes times;
    times.sum_s = times.count * used / (per_s * (1 - blocking));
    const TestPrometheus served(two_pods(60 * per_s, blocking), times);
    const auto checked = run("--check --cores 1 --prometheus " + served.url());
    CHECK(checked.status == 0);
    const auto sized = run("--cores 1 --json --prometheus " + served.url());
    simdjson::dom::parser parser;
    const auto service = parser.parse(sized.out)["services"].at(0);
    CHECK_THAT(service["service_s"].get_double().value(), WithinRel(0.07, 0.02));
    CHECK(service["measured"]["profile_per_s"].get_array().value().size() == 24);
    CHECK(service["measured"]["pods_now"].get_uint64().value() == 2);
}

} // namespace vigil::size
