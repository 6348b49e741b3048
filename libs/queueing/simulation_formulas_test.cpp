// The formulas against the simulator, each at the 0.1 % level with a fixed seed.
#include "queueing/loss.hpp"
#include "queueing/nested.hpp"
#include "queueing/network.hpp"
#include "queueing/pulling.hpp"
#include "queueing/retries.hpp"
#include "queueing/rounds.hpp"
#include "queueing/simulation_plans.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <algorithm>
#include <map>

namespace vigil::queueing {

using Catch::Matchers::WithinRel;

namespace {

void check_blocking(const Pods& pods, double offered, double requests = 200'000) {
    const auto simulated = run(poisson_plan(pods, offered, requests));
    const auto formula = blocking(pods, offered).value();
    CAPTURE(
        name(pods.dispatch),
        pods.pods,
        pods.slots,
        pods.cores,
        simulated.blocking.value,
        simulated.blocking.half_width,
        formula.share
    );
    REQUIRE(formula.share >= 1e-4);
    CHECK(simulated.blocking.covers(formula.share, at_a_thousandth));
    // the run is long enough to tell
    CHECK(simulated.blocking.half_width < 0.15 * formula.share);
}

} // namespace

TEST_CASE("Erlang B holds for any distribution of the service time, in one pool") {
    const auto measured = Distribution::measured({0.1, 0.2, 0.2, 0.5, 4.0}).value();
    for (const auto& service : {
             Distribution::exponential(1),
             Distribution::fixed(1),
             Distribution::uniform(0, 2),
             Distribution::lognormal(1, 4),
             measured,
         }) {
        auto plan = poisson_plan({.pods = 1, .slots = 20, .cores = 20}, 12);
        plan.stations[0].service_s = service;
        const auto result = run(plan);
        CAPTURE(service.variation(), result.blocking.value);
        CHECK_THAT(service.mean_s(), WithinRel(1.0, 1e-12));
        CHECK(result.blocking.covers(erlang_b(20, 12), at_a_thousandth));
        CHECK_THAT(result.slots_used, WithinRel(12 * (1 - erlang_b(20, 12)), 0.01));
    }
}

TEST_CASE("pods under every dispatch refuse what the formulas say") {
    for (const auto& [dispatch, word] : dispatches) {
        check_blocking({.pods = 5, .slots = 4, .cores = 4, .dispatch = dispatch}, 10, 400'000);
        check_blocking({.pods = 4, .slots = 5, .cores = 1.5, .dispatch = dispatch}, 5);
    }
}

TEST_CASE("Traefik's rounds bring a pod two requests with one between, and spare others") {
    // of eight pods a request comes with one, seven or ten others before it, as its heap decides
    Rounds rounds(8);
    std::map<std::uint32_t, std::uint32_t> last;
    std::map<std::uint32_t, std::map<std::uint32_t, int>> gaps; // by pod
    for (std::uint32_t turn = 1; turn <= 24 * 100; ++turn) {
        const auto pod = rounds.next();
        if (last[pod] > 0) {
            ++gaps[pod][turn - last[pod]];
        }
        last[pod] = turn;
    }
    CHECK(rounds.begins_anew());
    CHECK(std::ranges::count_if(gaps, [](const auto& pod) {
              return !pod.second.contains(2);
          }) == 2);
    const auto of = [](std::uint64_t pods, Dispatch dispatch) {
        const Pods service{.pods = pods, .slots = 1, .cores = 1, .dispatch = dispatch};
        return blocking(service, 0.4)->share;
    };
    CHECK_THAT(of(2, Dispatch::traefik), WithinRel(of(2, Dispatch::round_robin), 1e-12));
    CHECK(of(8, Dispatch::traefik) > 100 * of(8, Dispatch::round_robin));
    CHECK(of(8, Dispatch::traefik) < of(8, Dispatch::random));
    check_blocking({.pods = 8, .slots = 1, .cores = 1, .dispatch = Dispatch::traefik}, 0.4, 1e6);
    CHECK_FALSE(blocking({.pods = 257, .cores = 1, .dispatch = Dispatch::traefik}, 1));
    // two thousand turns until the order of seventeen comes back, and as many roundings
    check_blocking({.pods = 17, .slots = 4, .cores = 4, .dispatch = Dispatch::traefik}, 47.6);
    // too many turns: fewer stand for all
    const Pods many{.pods = 39, .slots = 16, .cores = 16, .dispatch = Dispatch::traefik};
    CHECK(blocking(many, 0.9 * 39 * 16)->many_pods);
    check_blocking(many, 0.9 * 39 * 16);
}

TEST_CASE("dispatchers that take pods in turn by themselves refuse what their chain says") {
    const auto pods = [](std::uint64_t count, std::uint64_t slots, std::uint64_t dispatchers) {
        return Pods{
            .pods = count,
            .slots = slots,
            .cores = static_cast<double>(slots),
            .dispatch = Dispatch::round_robin,
            .dispatchers = dispatchers
        };
    };
    check_blocking(pods(2, 1, 2), 0.39, 400'000);
    check_blocking(pods(6, 1, 2), 0.39, 1'000'000);
    check_blocking(pods(3, 4, 3), 8, 400'000);
    // two entries before six pods of a slot lose some sixty times what one would
    CHECK(blocking(pods(6, 1, 2), 0.39)->share > 40 * blocking(pods(6, 1, 1), 0.39)->share);
    // of many pods fewer turns stand for all: on the safe side
    const auto many = blocking(pods(40, 20, 2), 600);
    CHECK(many->many_pods);
    const double simulated = run(poisson_plan(pods(40, 20, 2), 600)).blocking.value;
    CHECK(many->share > simulated);
    CHECK_THAT(many->share, WithinRel(simulated, 0.2));
    CHECK_FALSE(blocking(pods(2, 1, 0), 1));
}

TEST_CASE("the limit of many pods is near what eighty pods do") {
    const Pods pods{.pods = 80, .slots = 10, .cores = 10, .dispatch = Dispatch::two_choices};
    const auto formula = blocking(pods, 720).value();
    REQUIRE(formula.many_pods);
    CHECK_THAT(run(poisson_plan(pods, 720)).blocking.value, WithinRel(formula.share, 0.08));
}

TEST_CASE("slots that share a core refuse 5.7 % at load 0.7, whatever the distribution") {
    for (const auto& service :
         {Distribution::exponential(1), Distribution::fixed(1), Distribution::lognormal(1, 3)}) {
        auto plan = poisson_plan({.pods = 1, .slots = 5, .cores = 1}, 0.7);
        plan.stations[0].service_s = service;
        const auto result = run(plan);
        CAPTURE(service.variation(), result.blocking.value, result.blocking.half_width);
        CHECK(result.blocking.covers(shared_cores_blocking(5, 1, 0.7), at_a_thousandth));
        CHECK_THAT(result.cores_used, WithinRel(0.7 * (1 - 0.05714), 0.02));
    }
}

TEST_CASE("retries come to the fixed point when senders wait long, and to more when they do not") {
    auto plan = poisson_plan({.pods = 1, .slots = 10, .cores = 10}, 8, 100'000);
    const auto pool = [](double offered) -> Result<double> { return erlang_b(10, offered); };
    const auto fixed_point = retry_load(pool, 10, 8, {}).value();
    const auto refused = [&](double after_s) {
        plan.stations[0].retry =
            {.attempts = {}, .after_s = after_s, .factor = 1, .longest_s = after_s, .jitter = 1};
        plan.warm_up_s = 40 * after_s;
        return run(plan);
    };
    const auto slow = refused(200);
    CAPTURE(fixed_point.blocking, slow.blocking.value, slow.blocking.half_width);
    CHECK_THAT(slow.blocking.value, WithinRel(fixed_point.blocking, 0.05));
    CHECK(slow.given_up == 0);
    CHECK(refused(0.2).blocking.value > 1.3 * fixed_point.blocking);
    // where they give up after three attempts
    const auto three = retry_load(pool, 10, 12, 3).value();
    plan.senders[0].how = Renewal{.gap_s = Distribution::exponential(1.0 / 12)};
    plan.stations[0]
        .retry = {.attempts = 3, .after_s = 100, .factor = 1, .longest_s = 100, .jitter = 1};
    plan.warm_up_s = 1000;
    const auto result = run(plan);
    CHECK_THAT(result.blocking.value, WithinRel(three.blocking, 0.03));
    CHECK_THAT(result.lost.value, WithinRel(three.given_up, 0.06));
}

TEST_CASE("nested services lose what the product form says, whatever the distribution") {
    const Caller caller{.slots = 8, .own = 2, .nested = 3, .calls = 0.6};
    const auto loss = nested_loss({&caller, 1}, 1, 6).value();
    for (const auto& own : {Distribution::exponential(0.5), Distribution::fixed(0.5)}) {
        const SimulationPlan plan{
            .stations =
                {{.name = "caller",
                  .pods = {.slots = 8, .cores = 8},
                  .service_s = own,
                  .calls = Onward{.to = 1, .share = 0.6}},
                 {.name = "callee",
                  .pods = {.slots = 6, .cores = 6},
                  .service_s = Distribution::exponential(1.25)}},
            .senders =
                {{.station = 0, .how = Renewal{.gap_s = Distribution::exponential(0.25)}},
                 {.station = 1, .how = Renewal{.gap_s = Distribution::exponential(1.25)}}},
            .duration_s = 60'000,
            .warm_up_s = 50,
        };
        const auto result = simulate(plan).value();
        const auto& above = result.stations[0];
        CAPTURE(own.variation(), above.blocking.value, loss.callers[0].refused);
        CHECK(above.blocking.covers(loss.callers[0].refused, at_a_thousandth));
        CHECK(above.lost.covers(loss.callers[0].lost, at_a_thousandth));
        // a call holds one slot of each, direct requests only the callee's
        const double calls = 4 * (1 - loss.callers[0].refused) * 0.6;
        const double refused =
            (calls * loss.callers[0].calls_refused + 0.8 * loss.direct_refused) / (calls + 0.8);
        CHECK(result.stations[1].blocking.covers(refused, at_a_thousandth));
        CHECK(above.refused + above.failed_below == above.given_up);
    }
}

TEST_CASE("a second pool behind a first refuses what the exact chain says, not thinned Erlang B") {
    SimulationPlan plan = poisson_plan({.pods = 1, .slots = 5, .cores = 5}, 6);
    plan.stations[0].onward = {{.to = 1, .share = 1}};
    plan.stations.push_back(
        {.name = "second",
         .pods = {.slots = 5, .cores = 5},
         .service_s = Distribution::exponential(0.5)}
    );
    const Tandem tandem{
        .first_slots = 5,
        .first_offered = 6,
        .second_slots = 5,
        .second_offered = 3
    };
    const auto second = run(plan, 1);
    CHECK(second.blocking.covers(tandem_blocking(tandem).value(), at_a_thousandth));
    CHECK_FALSE(second.blocking.covers(erlang_b(5, 3 * (1 - erlang_b(5, 6))), 4));
}

TEST_CASE("waiting is Erlang C's where nothing is refused") {
    auto plan = poisson_plan({.pods = 1, .slots = 4, .cores = 4}, 3, 400'000);
    plan.stations[0].waiting_room = 1'000'000;
    const auto result = run(plan);
    const auto formula = waiting(4, 3, 0.99).value();
    CHECK(result.refused == 0);
    CHECK_THAT(result.mean_wait_s, WithinRel(formula.mean, 0.03));
    CHECK_THAT(result.p99_wait_s, WithinRel(formula.quantile, 0.05));
}

TEST_CASE("the lag of an owner is near the formula for fixed, exponential and varied work") {
    for (const double utilisation : {0.5, 0.8}) {
        for (const auto& service :
             {Distribution::fixed(1), Distribution::exponential(1), Distribution::lognormal(1, 2)
             }) {
            auto plan = poisson_plan({.pods = 1, .slots = 1, .cores = 1}, utilisation, 400'000);
            plan.stations[0].waiting_room = 1'000'000;
            plan.stations[0].service_s = service;
            const auto result = run(plan);
            const auto formula = lag(utilisation, 1, service.variation()).value();
            CAPTURE(utilisation, service.variation(), result.p99_wait_s, formula.p99_s - 1);
            CHECK_THAT(result.mean_response_s, WithinRel(formula.mean_s, 0.05));
            // a lognormal's tail is heavier than exponential, so that its 99th percentile is
            // underestimated
            const double near = service.variation() > 1.5 ? 0.3 : 0.15;
            CHECK_THAT(result.p99_wait_s, WithinRel(formula.p99_s - 1, near));
        }
    }
}

TEST_CASE("the hottest of five owners of fifty patients has 1.4 times the mean load, by drawing") {
    RandomStream random(1, 0);
    constexpr int draws = 20'000;
    double sum = 0;
    for (int draw = 0; draw < draws; ++draw) {
        std::array<int, 5> load{};
        for (int patient = 0; patient < 50; ++patient) {
            ++load[random.below(64) % 5];
        }
        sum += std::ranges::max(load) / 10.0;
    }
    CHECK_THAT(hottest_owner(50, 5, 64).value(), WithinRel(sum / draws, 0.005));
}

} // namespace vigil::queueing
