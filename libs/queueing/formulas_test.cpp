// The formulas against published tables, known limits, and what they must refuse.
#include "queueing/dispatch.hpp"
#include "queueing/loss.hpp"
#include "queueing/markov_chain.hpp"
#include "queueing/nested.hpp"
#include "queueing/network.hpp"
#include "queueing/pulling.hpp"
#include "queueing/retries.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <cmath>
#include <limits>

namespace vigil::queueing {

using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

double share(const Pods& pods, double offered) {
    return blocking(pods, offered).value().share;
}

template <class T>
bool says(const Result<T>& result, ErrorCode code, std::string_view words) {
    return !result && result.error().code == code &&
           result.error().detail.find(words) != std::string::npos;
}

/// One caller and direct arrivals at its callee, as a chain of (own work, in the call, direct).
struct SmallNest {
    static constexpr std::size_t slots = 4;
    static constexpr std::size_t callee = 3;
    static constexpr double arrivals = 3;
    static constexpr double own_rate = 2;
    static constexpr double call_rate = 0.5;
    static constexpr double calls = 0.6;
    static constexpr double direct = 0.8;
    static constexpr std::size_t states = (slots + 1) * (callee + 1) * (callee + 1);

    static std::size_t at(std::size_t own, std::size_t call, std::size_t alone) {
        return (own * (callee + 1) + call) * (callee + 1) + alone;
    }

    template <class F>
    void each_state(const F& f) const {
        for (std::size_t own = 0; own <= slots; ++own) {
            for (std::size_t call = 0; call <= std::min(callee, slots - own); ++call) {
                for (std::size_t alone = 0; alone <= callee - call; ++alone) {
                    f(own, call, alone);
                }
            }
        }
    }

    [[nodiscard]] MarkovChain chain() const {
        MarkovChain chain(states, states);
        std::vector<bool> entered(states, false);
        each_state([&](std::size_t own, std::size_t call, std::size_t alone) {
            const auto here = at(own, call, alone);
            const bool room = call + alone < callee;
            entered[here] = true;
            const auto rate = [](std::size_t n, double each) {
                return static_cast<double>(n) * each;
            };
            if (own + call < slots) {
                chain.add(here, at(own + 1, call, alone), arrivals);
            }
            if (own > 0 && room) {
                chain.add(here, at(own - 1, call + 1, alone), rate(own, own_rate) * calls);
            }
            if (own > 0) {
                chain.add(
                    here,
                    at(own - 1, call, alone),
                    rate(own, own_rate) * (room ? 1 - calls : 1)
                );
            }
            if (call > 0) {
                chain.add(here, at(own, call - 1, alone), rate(call, call_rate));
            }
            if (room) {
                chain.add(here, at(own, call, alone + 1), direct * call_rate);
            }
            if (alone > 0) {
                chain.add(here, at(own, call, alone - 1), rate(alone, call_rate));
            }
        });
        for (std::size_t state = 1; state < states; ++state) {
            if (!entered[state]) {
                chain.add(state, 0, 1);
            }
        }
        return chain;
    }
};

} // namespace

TEST_CASE("the load for a blocking is found where half of it blocks less than a number can say") {
    // erlang_b(4096, 2048) is below the smallest double
    for (const std::uint64_t slots : {2048U, 4096U, 65'536U}) {
        const auto offered = offered_for(slots, static_cast<double>(slots), 1e-5);
        REQUIRE(offered.has_value());
        INFO(slots << " slots: " << *offered);
        CHECK(std::abs(erlang_b(slots, *offered) / 1e-5 - 1) < 1e-9);
    }
}

TEST_CASE("offered_for_use gives the load back whose use is known in closed form") {
    // own cores: carried load A (1 - B)
    CHECK_THAT(
        offered_for_use(5, 5, 3 * (1 - erlang_b(5, 3))).value(),
        Catch::Matchers::WithinRel(3.0, 1e-10)
    );
    // one core: M/M/1/K, mean from its geometric distribution
    double mass = 0;
    double mean = 0;
    for (int used = 0; used <= 5; ++used) {
        mass += std::pow(0.7, used);
        mean += used * std::pow(0.7, used);
    }
    CHECK_THAT(offered_for_use(5, 1, mean / mass).value(), Catch::Matchers::WithinRel(0.7, 1e-10));
    CHECK_FALSE(offered_for_use(5, 1, 5));
    CHECK_FALSE(offered_for_use(5, 1, 0));
    CHECK_FALSE(offered_for_use(0, 1, 0.5));
}

TEST_CASE("offered_for agrees with the published table of Erlang B to its printed digits") {
    // Rappaport, Wireless Communications (2nd ed. 2002), table 3.4; 15 slots: the manual of
    // Westbay's calculator, erlang.com/calculatormanual
    struct Row {
        std::uint64_t slots;
        double target;
        double offered;
        double digits;
    };

    for (const auto& [slots, target, offered, digits] : {
             Row{2, 0.01, 0.153, 5e-4},   Row{2, 0.005, 0.105, 5e-4}, Row{2, 0.001, 0.046, 5e-4},
             Row{4, 0.01, 0.869, 5e-4},   Row{4, 0.005, 0.701, 5e-4}, Row{4, 0.002, 0.535, 5e-4},
             Row{5, 0.01, 1.36, 5e-3},    Row{5, 0.005, 1.13, 5e-3},  Row{5, 0.001, 0.762, 5e-4},
             Row{10, 0.01, 4.46, 5e-3},   Row{10, 0.005, 3.96, 5e-3}, Row{10, 0.001, 3.09, 5e-3},
             Row{20, 0.01, 12.0, 5e-2},   Row{20, 0.005, 11.1, 5e-2}, Row{20, 0.001, 9.41, 5e-3},
             Row{40, 0.01, 29.0, 5e-2},   Row{70, 0.01, 56.1, 5e-2},  Row{100, 0.01, 84.1, 5e-2},
             Row{100, 0.001, 75.2, 5e-2}, Row{15, 0.01, 8.108, 5e-4},
         }) {
        CAPTURE(slots, target);
        CHECK_THAT(
            offered_for(slots, static_cast<double>(slots), target).value(),
            WithinAbs(offered, digits)
        );
    }
}

TEST_CASE("waiting agrees with a published example of Erlang C") {
    // "The Erlang-C formula", mitan.co.uk/erlang: 360 calls of 4 minutes in half an hour, 55 agents
    const auto waits = waiting(55, 48, 0.99).value();
    CHECK_THAT(waits.share, WithinAbs(0.239, 5e-4));
    CHECK_THAT(waits.mean * 240, WithinAbs(8.2, 5e-2));
    // and by hand, M/M/1: C = A, mean A / (1 - A), P(W > t) = A exp(-(1 - A) t)
    const auto one = waiting(1, 0.8, 0.95).value();
    CHECK_THAT(one.share, WithinRel(0.8, 1e-14));
    CHECK_THAT(one.mean, WithinRel(4.0, 1e-14));
    CHECK_THAT(one.quantile, WithinRel(std::log(0.8 / 0.05) / 0.2, 1e-13));
    CHECK(waiting(1, 0.8, 0.1).value().quantile == 0);
}

TEST_CASE("four pods of five slots at twelve erlangs refuse 1.0 % pooled and 11.0 % split") {
    CHECK_THAT(erlang_b(20, 12), WithinAbs(0.010, 5e-4));
    CHECK_THAT(share({.pods = 4, .slots = 5, .cores = 5}, 12), WithinAbs(0.110, 5e-4));
}

TEST_CASE("five slots on one core at load 0.7 refuse 5.7 %, not 0.07 %") {
    CHECK_THAT(shared_cores_blocking(5, 1, 0.7), WithinAbs(0.057, 5e-4));
    CHECK_THAT(erlang_b(5, 0.7), WithinAbs(0.0007, 5e-5));
}

TEST_CASE("how requests are dispatched to five pods of four slots at ten erlangs") {
    const auto of = [](Dispatch dispatch) {
        return share({.pods = 5, .slots = 4, .cores = 4, .dispatch = dispatch}, 10);
    };
    CHECK_THAT(of(Dispatch::random), WithinAbs(0.095, 5e-4));
    CHECK_THAT(of(Dispatch::round_robin), WithinAbs(0.034, 5e-4));
    CHECK_THAT(of(Dispatch::two_choices), WithinAbs(0.022, 5e-4));
    CHECK_THAT(of(Dispatch::two_distinct), WithinAbs(0.011, 5e-4));
    CHECK_THAT(of(Dispatch::least_busy), WithinAbs(0.002, 5e-4));
}

TEST_CASE("the chain of pod states and the closed formulas are the same where both hold") {
    // least busy with as many cores as slots is one pool; a hair fewer cores goes through the chain
    const Pods chain{
        .pods = 4,
        .slots = 3,
        .cores = std::nextafter(3.0, 0.0),
        .dispatch = Dispatch::least_busy
    };
    CHECK_THAT(share(chain, 8), WithinRel(erlang_b(12, 8), 1e-12));
    const Pods turns{
        .pods = 4,
        .slots = 3,
        .cores = std::nextafter(3.0, 0.0),
        .dispatch = Dispatch::round_robin
    };
    CHECK_THAT(
        share(turns, 8),
        WithinRel(
            share({.pods = 4, .slots = 3, .cores = 3, .dispatch = Dispatch::round_robin}, 8),
            1e-12
        )
    );
}

TEST_CASE("two choices among ever more pods come to the limit of many") {
    const auto of = [](std::uint64_t pods) {
        return share(
            {.pods = pods, .slots = 2, .cores = 2, .dispatch = Dispatch::two_choices},
            1.5 * static_cast<double>(pods)
        );
    };
    const double limit = of(100'000);
    CHECK(std::abs(of(50) - limit) < std::abs(of(10) - limit) / 3);
    CHECK_THAT(of(50), WithinRel(limit, 0.05));
}

TEST_CASE("pods_for gives the fewest pods that keep the target") {
    for (const auto& [dispatch, word] : dispatches) {
        CAPTURE(word);
        Pods pods{.slots = 5, .cores = 2, .dispatch = dispatch};
        const auto needed = pods_for(pods, 4, 0.01);
        REQUIRE(needed);
        pods.pods = *needed;
        CHECK(share(pods, 4) <= 0.01);
        --pods.pods;
        CHECK(share(pods, 4) > 0.01);
    }
    // random split takes more pods than two distinct choices, these more than the least busy
    const auto needed = [](Dispatch dispatch) {
        return pods_for({.slots = 5, .cores = 5, .dispatch = dispatch}, 12, 0.001).value();
    };
    CHECK(needed(Dispatch::random) == 16);
    CHECK(needed(Dispatch::two_distinct) == 6);
    CHECK(needed(Dispatch::least_busy) == 5);
}

TEST_CASE("retries have no fixed point from the capacity on, and one just below it") {
    const auto pool = [](double offered) -> Result<double> { return erlang_b(5, offered); };
    CHECK(says(retry_load(pool, 5, 5, {}), ErrorCode::unprocessable, "no fixed point"));
    CHECK(says(retry_load(pool, 5, 6, {}), ErrorCode::unprocessable, "no fixed point"));
    const auto near = retry_load(pool, 5, 4.9, {});
    REQUIRE(near);
    // all fresh load is carried in the end
    CHECK_THAT(near->offered * (1 - near->blocking), WithinRel(4.9, 1e-11));
    CHECK(near->offered > 50);
    // who gives up after four attempts leaves a fixed point at any load
    const auto over = retry_load(pool, 5, 50, 4).value();
    CHECK(over.given_up > 0.8);
    CHECK_THAT(over.offered, WithinRel(50 * over.attempts, 1e-11));
    CHECK(says(retry_load(pool, 5, 1, 0), ErrorCode::invalid_argument, "once at least"));
}

TEST_CASE("the product form of nested services solves their balance equations") {
    const SmallNest nest;
    const auto held = nest.chain().stationary();
    double refused = 0;
    double full = 0;
    double ends = 0;
    double ends_full = 0;
    nest.each_state([&](std::size_t own, std::size_t call, std::size_t alone) {
        const double here = held[SmallNest::at(own, call, alone)];
        refused += own + call == SmallNest::slots ? here : 0;
        full += call + alone == SmallNest::callee ? here : 0;
        ends += here * static_cast<double>(own);
        ends_full += call + alone == SmallNest::callee ? here * static_cast<double>(own) : 0;
    });
    const Caller caller{
        .slots = SmallNest::slots,
        .own = SmallNest::arrivals / SmallNest::own_rate,
        .nested = SmallNest::arrivals * SmallNest::calls / SmallNest::call_rate,
        .calls = SmallNest::calls,
    };
    const auto loss = nested_loss({&caller, 1}, SmallNest::direct, SmallNest::callee).value();
    CHECK_THAT(loss.callers[0].refused, WithinRel(refused, 1e-12));
    CHECK_THAT(loss.callers[0].calls_refused, WithinRel(ends_full / ends, 1e-12));
    CHECK_THAT(loss.direct_refused, WithinRel(full, 1e-12));
}

TEST_CASE("a caller whose callee never refuses holds its slot for both times") {
    const Caller caller{.slots = 8, .own = 1.5, .nested = 2.5, .calls = 1};
    const auto loss = nested_loss({&caller, 1}, 0, 8).value();
    CHECK_THAT(loss.callers[0].refused, WithinRel(erlang_b(8, 4), 1e-13));
    // and taking both as independent, as if the slot were free during the call, is far off
    CHECK(erlang_b(8, 1.5) < loss.callers[0].refused / 100);
}

TEST_CASE(
    "the output of a loss system is smoother than Poisson, so that thinned Erlang B is wrong "
    "behind it"
) {
    const std::array stages = {
        Stage{
            .name = "first",
            .arrivals_per_s = 3,
            .service_s = 1,
            .pods = {.slots = 5, .cores = 5},
            .onward = {{.to = 1}}
        },
        Stage{.name = "second", .service_s = 1, .pods = {.slots = 8, .cores = 8}},
    };
    const auto loads = feed_forward(stages).value();
    CHECK_THAT(loads[0].blocking, WithinRel(erlang_b(5, 3), 1e-13));
    CHECK_THAT(loads[1].arrivals_per_s, WithinRel(3 * (1 - erlang_b(5, 3)), 1e-13));
    CHECK_THAT(loads[1].blocking, WithinRel(erlang_b(8, loads[1].offered), 1e-13));
    const double exact =
        tandem_blocking(
            {.first_slots = 5, .first_offered = 3, .second_slots = 8, .second_offered = 3}
        )
            .value();
    CHECK_THAT(loads[1].blocking / exact, WithinAbs(2.4, 0.05));
    // with a first pool that refuses nothing Burke's theorem holds, and so does Erlang B
    const double burke =
        tandem_blocking(
            {.first_slots = 40, .first_offered = 6, .second_slots = 5, .second_offered = 6}
        )
            .value();
    CHECK_THAT(burke, WithinRel(erlang_b(5, 6), 1e-9));
}

TEST_CASE("stages hand on forwards only, and no more than they complete") {
    Stage stage{.name = "intake", .arrivals_per_s = 1, .service_s = 1, .onward = {{.to = 0}}};
    CHECK(says(feed_forward({&stage, 1}), ErrorCode::invalid_argument, "later stage"));
    stage.onward = {{.to = 5}};
    CHECK(says(feed_forward({&stage, 1}), ErrorCode::invalid_argument, "later stage"));
    stage.onward = {};
    stage.service_s = 0;
    CHECK(says(feed_forward({&stage, 1}), ErrorCode::invalid_argument, "above 0"));
    stage.service_s = 1;
    stage.arrivals_per_s = -1;
    CHECK(says(feed_forward({&stage, 1}), ErrorCode::invalid_argument, "negative"));
}

TEST_CASE("an owner catches up in T rho / (1 - rho), and the hottest of five has 1.4 times the mean"
) {
    CHECK_THAT(drain_s(600, 0.75).value(), WithinRel(1800, 1e-14));
    CHECK(drain_s(0, 0.5) == 0.0);
    CHECK(says(drain_s(600, 1), ErrorCode::unprocessable, "never catches up"));
    CHECK_THAT(hottest_owner(50, 5, 64).value(), WithinAbs(1.4, 0.05));
    CHECK(hottest_owner(50, 1, 64).value() == 1.0);
    CHECK(says(hottest_owner(3'000, 5, 64), ErrorCode::invalid_argument, "2000 patients"));
    // M/M/1: the time in the system is exponential with mean T / (1 - rho)
    CHECK_THAT(lag(8, 0.1, 1).value().mean_s, WithinRel(0.5, 1e-13));
    CHECK(says(lag(10, 0.1, 1), ErrorCode::unprocessable, "never catches up"));
}

TEST_CASE("what is no load, no target or no service is refused in a sentence") {
    for (const double wrong :
         {0.0,
          -1.0,
          std::numeric_limits<double>::quiet_NaN(),
          std::numeric_limits<double>::infinity()}) {
        CHECK(says(slots_for(wrong, 0.01), ErrorCode::invalid_argument, "must be above 0"));
        CHECK(says(erlang_c(3, wrong), ErrorCode::invalid_argument, "must be above 0"));
    }
    for (const double wrong : {0.0, 1.0, -0.1, 2.0, std::numeric_limits<double>::quiet_NaN()}) {
        CHECK(says(slots_for(1, wrong), ErrorCode::invalid_argument, "cannot be reached"));
        CHECK(says(offered_for(3, 3, wrong), ErrorCode::invalid_argument, "cannot be reached"));
        CHECK(says(pods_for({}, 1, wrong), ErrorCode::invalid_argument, "cannot be reached"));
    }
    CHECK(says(erlang_c(5, 5), ErrorCode::unprocessable, "grows without end"));
    CHECK(says(blocking({.slots = 0}, 1), ErrorCode::invalid_argument, "at least one slot"));
    CHECK(says(offered_for(0, 1, 0.1), ErrorCode::invalid_argument, "everything is refused"));
    CHECK(says(slots_for(2e7, 0.01), ErrorCode::too_large, "10000000 slots"));
    CHECK(says(pods_for({.slots = 1, .cores = 1}, 1e6, 1e-6), ErrorCode::too_large, "100000 pods"));
    const Pods many{.pods = 60, .slots = 30, .cores = 2, .dispatch = Dispatch::least_busy};
    CHECK(says(blocking(many, 50), ErrorCode::unprocessable, "simulate"));
    CHECK(says(nested_loss({}, 0, 1), ErrorCode::invalid_argument, "a caller"));
    const Caller huge{.slots = 20'001, .own = 1, .nested = 1};
    CHECK(says(nested_loss({&huge, 1}, 0, 1), ErrorCode::too_large, "20000"));
    CHECK(says(
        tandem_blocking(
            {.first_slots = 5000, .first_offered = 1, .second_slots = 5000, .second_offered = 1}
        ),
        ErrorCode::too_large,
        "simulate"
    ));
    CHECK(erlang_b(0, 3) == 1);
    CHECK(erlang_b(3, 0) == 0);
}

} // namespace vigil::queueing
