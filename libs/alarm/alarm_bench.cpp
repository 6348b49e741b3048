// What an input costs. For instructions instead of time: valgrind --tool=callgrind with
// --benchmark_filter and --benchmark_min_time=100x and =1100x; the difference is 1,000 inputs.
#include "alarm/bed.hpp"

#include <benchmark/benchmark.h>

namespace vigil::alarm {

namespace {

using v1::Alarm;

/// Two streams that send, as a patient on the ward has.
Bed quiet() {
    Bed bed;
    bed.begin().stream_for(30).data("t").pass(1);
    return bed;
}

/// Five alarms on, one of them high.
Bed busy() {
    auto bed = quiet();
    bed.say({bed.event(1, 1, v1::Event::ONGOING)});
    bed.heart(Alarm::TACHYCARDIA, HeartInput::Change::begins);
    bed.technical(Alarm::ELECTRODE_OFF, {"s/Fp1", "s/Fp2"}).technical(Alarm::CLOCK_SKEW, {""});
    return std::move(bed.technical(Alarm::LINK_LOST, {"t"}).pass(61));
}

void clock_entry(benchmark::State& state, Bed bed) {
    const auto stamp = bed.entry();
    auto time_us = stamp.time_us;
    for (auto _ : state) {
        time_us += second;
        benchmark::DoNotOptimize(bed.machine.clock({stamp.id, time_us}));
    }
}

/// A clock entry and a block, as each second of a patient has.
void one_second(benchmark::State& state, Bed bed) {
    const auto stamp = bed.entry();
    auto time_us = stamp.time_us;
    for (auto _ : state) {
        time_us += second;
        benchmark::DoNotOptimize(bed.machine.clock({stamp.id, time_us}));
        benchmark::DoNotOptimize(bed.machine.data({stamp.id, time_us}, bed.arrival(time_us)));
    }
}

void heart_change(benchmark::State& state) {
    auto bed = busy();
    for (auto _ : state) {
        bed.heart(Alarm::PAUSE, HeartInput::Change::begins);
        bed.heart(Alarm::PAUSE, HeartInput::Change::ends);
        bed.all.clear();
    }
}

void checkpoint(benchmark::State& state, const Bed& bed) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(bed.machine.serialize());
    }
    state.counters["bytes"] = static_cast<double>(bed.machine.serialize().size());
}

BENCHMARK_CAPTURE(clock_entry, quiet, quiet());
BENCHMARK_CAPTURE(clock_entry, busy, busy());
BENCHMARK_CAPTURE(one_second, quiet, quiet());
BENCHMARK_CAPTURE(one_second, busy, busy());
BENCHMARK(heart_change);
BENCHMARK_CAPTURE(checkpoint, quiet, quiet());
BENCHMARK_CAPTURE(checkpoint, busy, busy());

} // namespace

} // namespace vigil::alarm
