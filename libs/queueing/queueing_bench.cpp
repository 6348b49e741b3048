// Events a second of the simulator, and what the formulas cost. One core each.
#include "queueing/dispatch.hpp"
#include "queueing/loss.hpp"
#include "queueing/simulation.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace vigil::queueing;

SimulationPlan plan(const Pods& pods, double offered) {
    return {
        .stations =
            {Station{.name = "service", .pods = pods, .service_s = Distribution::exponential(1)}},
        .senders = {{.station = 0, .how = Renewal{.gap_s = Distribution::exponential(1 / offered)}}
        },
        .duration_s = 200'000 / offered,
        .warm_up_s = 10,
    };
}

void run(benchmark::State& state, const SimulationPlan& of) {
    std::uint64_t events = 0;
    for (auto _ : state) {
        const auto result = simulate(of);
        events += result->events;
        auto refused = result->stations[0].blocking.value;
        benchmark::DoNotOptimize(refused);
    }
    state.counters["events"] =
        benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
}

void pooled(benchmark::State& state) {
    run(state, plan({.pods = 1, .slots = 20, .cores = 20}, 12));
}

void split(benchmark::State& state) {
    run(state, plan({.pods = 50, .slots = 20, .cores = 20}, 800));
}

void least_busy(benchmark::State& state) {
    run(state, plan({.pods = 50, .slots = 20, .cores = 20, .dispatch = Dispatch::least_busy}, 800));
}

void shared_cores(benchmark::State& state) {
    run(state, plan({.pods = 5, .slots = 20, .cores = 4, .dispatch = Dispatch::two_distinct}, 16));
}

void periodic_senders(benchmark::State& state) {
    auto of = plan({.pods = 20, .slots = 20, .cores = 20}, 300);
    of.senders = {
        {.station = 0,
         .how = Periodic{.senders = 3000, .period_s = 10, .jitter_s = 0.2, .phase_s = 10}}
    };
    run(state, of);
}

void nested_with_retries(benchmark::State& state) {
    auto of = plan({.pods = 5, .slots = 4, .cores = 4}, 10);
    of.stations[0].calls = Onward{.to = 1, .share = 0.5};
    of.stations[0].retry = {.attempts = 4, .after_s = 5, .jitter = 0.5};
    of.stations.push_back(
        {.name = "callee",
         .pods = {.pods = 2, .slots = 8, .cores = 2},
         .service_s = Distribution::lognormal(0.2, 2)}
    );
    run(state, of);
}

void erlang_b_of_a_million(benchmark::State& state) {
    for (auto _ : state) {
        auto refused = erlang_b(1'000'000, 1e6);
        benchmark::DoNotOptimize(refused);
    }
}

void chain_of_pods(benchmark::State& state) {
    for (auto _ : state) {
        auto refused =
            blocking({.pods = 10, .slots = 4, .cores = 2, .dispatch = Dispatch::two_distinct}, 15);
        benchmark::DoNotOptimize(refused);
    }
}

BENCHMARK(pooled)->Unit(benchmark::kMillisecond);
BENCHMARK(split)->Unit(benchmark::kMillisecond);
BENCHMARK(least_busy)->Unit(benchmark::kMillisecond);
BENCHMARK(shared_cores)->Unit(benchmark::kMillisecond);
BENCHMARK(periodic_senders)->Unit(benchmark::kMillisecond);
BENCHMARK(nested_with_retries)->Unit(benchmark::kMillisecond);
BENCHMARK(erlang_b_of_a_million)->Unit(benchmark::kMillisecond);
BENCHMARK(chain_of_pods)->Unit(benchmark::kMillisecond);

} // namespace
