// The simulator itself: repeatable, honest intervals, senders, shared cores, retries, pods that
// come and go.
#include "queueing/loss.hpp"
#include "queueing/simulation_plans.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <array>
#include <limits>

namespace vigil::queueing {

using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

/// Sixteen devices that send once a second to five slots, 62.5 ms each: one erlang.
SimulationPlan devices(double phase_s, double jitter_s = 0) {
    return {
        .stations =
            {{.name = "intake",
              .pods = {.slots = 5, .cores = 5},
              .service_s = Distribution::fixed(0.0625)}},
        .senders =
            {{.station = 0,
              .how =
                  Periodic{.senders = 16, .period_s = 1, .jitter_s = jitter_s, .phase_s = phase_s}}
            },
        .duration_s = 3000,
        .warm_up_s = 10,
    };
}

bool says(const SimulationPlan& plan, std::string_view words) {
    const auto result = simulate(plan);
    return !result && result.error().code == ErrorCode::invalid_argument &&
           result.error().detail.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("a seed repeats a simulation bit for bit, and another seed does not") {
    auto plan = poisson_plan(
        {.pods = 3, .slots = 4, .cores = 2, .dispatch = Dispatch::two_distinct},
        6,
        20'000
    );
    plan.stations[0].service_s = Distribution::lognormal(1, 2);
    plan.stations[0].retry = {.attempts = 3, .after_s = 2, .jitter = 0.5};
    const auto once = simulate(plan).value();
    const auto again = simulate(plan).value();
    CHECK(once.events == again.events);
    CHECK(once.stations[0].refused == again.stations[0].refused);
    CHECK(once.stations[0].mean_response_s == again.stations[0].mean_response_s);
    CHECK(once.stations[0].slots_used == again.stations[0].slots_used);
    plan.seed = 2;
    CHECK(simulate(plan)->stations[0].mean_response_s != once.stations[0].mean_response_s);
}

TEST_CASE("the generator is xoshiro256++") {
    // the first outputs from the state 1, 2, 3, 4, as in the tests of Rust's rand_xoshiro 0.6
    RandomStream random(std::array<std::uint64_t, 4>{1, 2, 3, 4});
    CHECK(random.bits() == 41943041);
    CHECK(random.bits() == 58720359);
    CHECK(random.bits() == 3588806011781223);
    CHECK(random.bits() == 3591011842654386);
    CHECK(random.bits() == 9228616714210784205U);
}

TEST_CASE("95 % intervals cover the true blocking in about 95 % of runs") {
    int covered = 0;
    constexpr int runs = 200;
    for (int seed = 1; seed <= runs; ++seed) {
        auto plan = poisson_plan({.pods = 1, .slots = 3, .cores = 3}, 2, 6'000);
        plan.seed = static_cast<std::uint64_t>(seed);
        covered += run(plan).blocking.covers(erlang_b(3, 2)) ? 1 : 0;
    }
    // 190 are expected with a deviation of 3.1
    CHECK(covered >= 180);
    CHECK(covered <= 199);
}

TEST_CASE("devices that send in the same second are refused 69 % where Erlang B says 0.3 %") {
    CHECK_THAT(erlang_b(5, 1), WithinAbs(0.003, 5e-4));
    CHECK(run(devices(0)).blocking.value == 11.0 / 16);
    // a little jitter helps little: the work of all still overlaps
    CHECK(run(devices(0, 0.05)).blocking.value > 0.5);
    // phases spread over the period make one seed's pattern for ever; on average they do better
    // than Poisson
    double spread = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        auto plan = devices(1);
        plan.seed = seed;
        plan.duration_s = 100;
        spread += run(plan).blocking.value / 100;
    }
    CHECK(spread < erlang_b(5, 1));
    CHECK(run(devices(0, 1)).blocking.value < 0.004);
}

TEST_CASE("a storm of returning senders is worn down by jitter and not without it") {
    SimulationPlan plan{
        .stations =
            {{.name = "intake",
              .pods = {.slots = 10, .cores = 10},
              .service_s = Distribution::fixed(0.1),
              .retry = {.attempts = 8, .after_s = 5, .factor = 1, .longest_s = 5}}},
        .senders = {{.station = 0, .how = Burst{.senders = 400, .at_s = 1, .spread_s = 0}}},
        .duration_s = 100,
    };
    // without jitter ten are served at each of eight attempts, and all others return together
    CHECK(run(plan).given_up == 320);
    plan.stations[0].retry.jitter = 1;
    CHECK(run(plan).given_up < 20);
    // or they spread their first attempt: 100 a second can be served
    plan.stations[0].retry.jitter = 0;
    plan.senders[0].how = Burst{.senders = 400, .at_s = 1, .spread_s = 10};
    CHECK(run(plan).given_up == 0);
}

TEST_CASE("requests that share a core take longer, each its share") {
    SimulationPlan plan{
        .stations =
            {{.name = "predict",
              .pods = {.slots = 5, .cores = 1},
              .service_s = Distribution::fixed(1)}},
        .senders = {{.station = 0, .how = Burst{.senders = 2}}},
        .duration_s = 10,
    };
    CHECK_THAT(run(plan).mean_response_s, WithinRel(2.0, 1e-12));
    plan.stations[0].pods.cores = 2;
    CHECK_THAT(run(plan).mean_response_s, WithinRel(1.0, 1e-12));
    plan.stations[0].pods.cores = 0.5;
    CHECK_THAT(run(plan).mean_response_s, WithinRel(4.0, 1e-12));
    // one at 0 s, one at 0.5 s: the first has half of its work left and shares it until 1.5 s, the
    // second ends at 2 s
    plan.stations[0].pods.cores = 1;
    plan.senders = {
        {.station = 0, .how = Burst{.senders = 1}},
        {.station = 0, .how = Burst{.senders = 1, .at_s = 0.5}}
    };
    CHECK_THAT(run(plan).mean_response_s, WithinRel(1.5, 1e-12));
    CHECK_THAT(run(plan).cores_used, WithinRel(0.2, 1e-12));
}

TEST_CASE("a refusal two calls down fails the request at the top, which may come back") {
    const auto pool = [](std::string name, std::uint64_t slots, double service_s) {
        return Station{
            .name = std::move(name),
            .pods = {.slots = slots, .cores = static_cast<double>(slots)},
            .service_s = Distribution::fixed(service_s),
        };
    };
    SimulationPlan plan{
        .stations = {pool("ward", 9, 1), pool("records", 9, 1), pool("store", 1, 10)},
        .senders = {{.station = 0, .how = Burst{.senders = 2}}},
        .duration_s = 100,
    };
    plan.stations[0].calls = Onward{.to = 1};
    plan.stations[1].calls = Onward{.to = 2};
    const auto result = simulate(plan).value();
    CHECK(result.stations[0].given_up == 1);
    CHECK(result.stations[0].failed_below == 1);
    CHECK(result.stations[1].failed_below == 1);
    CHECK(result.stations[2].refused == 1);
    // one held its slot for 12 s, the other for the 2 s until it was refused
    CHECK_THAT(result.stations[0].mean_response_s, WithinRel(7.0, 1e-12));
    plan.stations[0].retry = {.attempts = 2, .after_s = 30};
    CHECK(run(plan).given_up == 0);
    CHECK(run(plan).attempts == 3);
}

TEST_CASE("the autoscaler decides as Kubernetes documents it") {
    // "if the current metric value is 200m, and the desired value is 100m, the number of replicas
    // will be doubled; if it is 50m, halved"
    Autoscaler doubles({.target = 0.1, .fewest = 1, .most = 100});
    CHECK(doubles.decide(0, 4, 4 * 0.2) == 8);
    Autoscaler halves({.target = 0.1, .fewest = 1, .most = 100, .steady_s = 0});
    CHECK(halves.decide(0, 4, 4 * 0.05) == 2);
    // within 10 % of the target nothing changes
    Autoscaler tolerant({.target = 0.5, .fewest = 1, .most = 100});
    CHECK(tolerant.decide(0, 10, 10 * 0.54) == 10);
    CHECK(tolerant.decide(15, 10, 10 * 0.56) == 12);
    // up by four pods or 100 %, never beyond the most
    Autoscaler quick({.target = 0.5, .fewest = 1, .most = 30});
    CHECK(quick.decide(0, 2, 20) == 6);
    CHECK(quick.decide(15, 20, 100) == 30);
    // down only when five minutes have wished it
    Autoscaler steady({.target = 0.5, .fewest = 2, .most = 30});
    CHECK(steady.decide(0, 10, 5) == 10);
    CHECK(steady.decide(15, 10, 0.1) == 10);
    CHECK(steady.decide(300, 10, 0.1) == 10);
    CHECK(steady.decide(316, 10, 0.1) == 2);
}

TEST_CASE(
    "the autoscaler brings pods for a load that begins, too late for what comes before they are "
    "ready"
) {
    auto plan = poisson_plan({.pods = 1, .slots = 4, .cores = 4}, 12, 12 * 1200);
    plan.warm_up_s = 0;
    plan.stations[0].scaler =
        AutoscalerPlan{.by = ScaleBy::slots, .target = 0.5, .fewest = 1, .most = 20};
    const auto at_once = run(plan);
    CHECK(at_once.most_pods >= 6);
    CHECK(at_once.most_pods <= 10);
    plan.stations[0].start_s = Distribution::fixed(60);
    const auto slow = run(plan);
    CHECK(slow.refused > at_once.refused + 200);
    // without it three quarters would be refused for ever
    plan.stations[0].scaler.reset();
    CHECK(run(plan).blocking.value > 0.65);
}

TEST_CASE("pods that are removed end their requests first") {
    // one burst at the start, then nothing: scaled from ten pods to one
    SimulationPlan plan{
        .stations =
            {{.name = "predict",
              .pods = {.pods = 10, .slots = 4, .cores = 4, .dispatch = Dispatch::least_busy},
              .service_s = Distribution::fixed(100),
              .scaler =
                  AutoscalerPlan{
                      .by = ScaleBy::slots,
                      .target = 1,
                      .fewest = 1,
                      .most = 10,
                      .steady_s = 0
                  }}},
        .senders = {{.station = 0, .how = Burst{.senders = 10}}},
        .duration_s = 1000,
    };
    const auto result = run(plan);
    CHECK(result.refused == 0);
    CHECK_THAT(result.mean_response_s, WithinRel(100.0, 1e-12)); // none was cut off
    // three pods' worth are wanted after 15 s, but seven drain until 100 s; then one stays
    CHECK_THAT(result.pods, WithinRel((10 * 100 + 2 * 5 + 1 * 900.0) / 1000, 0.02));
}

TEST_CASE("a simulation stops when more comes back than its memory is for") {
    auto plan = poisson_plan({.pods = 1, .slots = 2, .cores = 2}, 20);
    plan.stations[0].retry = {.attempts = {}, .after_s = 1};
    plan.most_requests = 1000;
    const auto result = simulate(plan);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::unprocessable);
    CHECK(result.error().detail.find("more than 1000 requests") == 0);
}

TEST_CASE("a plan that cannot be run is refused in a sentence") {
    const auto good = poisson_plan({.pods = 1, .slots = 2, .cores = 2}, 1, 100);
    REQUIRE(simulate(good));
    const auto broken = [&](auto&& change) {
        auto plan = good;
        change(plan);
        return plan;
    };
    const double none = std::numeric_limits<double>::quiet_NaN();
    CHECK(says(broken([](auto& plan) { plan.stations.clear(); }), "1 to 1000 stations"));
    CHECK(says(broken([](auto& plan) { plan.duration_s = 0; }), "longer than 0 s"));
    CHECK(says(broken([&](auto& plan) { plan.warm_up_s = none; }), "longer than 0 s"));
    CHECK(says(broken([](auto& plan) { plan.batches = 1; }), "batches"));
    CHECK(says(broken([](auto& plan) { plan.stations[0].pods.slots = 0; }), "slots"));
    CHECK(says(broken([](auto& plan) { plan.stations[0].pods.pods = 100'001; }), "pods"));
    CHECK(says(broken([](auto& plan) { plan.stations[0].pods.dispatchers = 0; }), "pods"));
    CHECK(says(
        broken([](auto& plan) { plan.stations[0].service_s = Distribution::fixed(0); }),
        "service time"
    ));
    CHECK(says(
        broken([](auto& plan) { plan.stations[0].service_s = Distribution::exponential(-1); }),
        "service time"
    ));
    CHECK(says(
        broken([](auto& plan) { plan.stations[0].start_s = Distribution::fixed(-1); }),
        "start"
    ));
    CHECK(says(broken([](auto& plan) { plan.stations[0].onward = {{.to = 0}}; }), "later station"));
    CHECK(says(broken([](auto& plan) { plan.stations[0].calls = Onward{.to = 0}; }), "called"));
    CHECK(says(broken([](auto& plan) { plan.stations[0].retry.attempts = 0; }), "retries"));
    CHECK(says(
        broken([](auto& plan) { plan.stations[0].retry = {.attempts = {}, .after_s = 0}; }),
        "must wait"
    ));
    CHECK(says(
        broken([](auto& plan) { plan.stations[0].scaler = AutoscalerPlan{.fewest = 3, .most = 2}; }
        ),
        "autoscaler"
    ));
    CHECK(says(broken([](auto& plan) { plan.senders[0].station = 7; }), "not in the plan"));
    CHECK(says(
        broken([](auto& plan) { plan.senders[0].how = Renewal{.gap_s = Distribution::fixed(0)}; }),
        "gaps"
    ));
    CHECK(says(broken([](auto& plan) { plan.senders[0].how = Periodic{.period_s = 0}; }), "period")
    );
    CHECK(says(broken([](auto& plan) { plan.senders[0].how = Burst{.at_s = -1}; }), "burst"));
    CHECK_FALSE(Distribution::measured({}));
    CHECK_FALSE(Distribution::measured({1, -1}));
}

} // namespace vigil::queueing
