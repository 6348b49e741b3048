// What synthetic patients cost. Read: microseconds of CPU a second of a patient of the ward, in
// blocks of 250 ms; milliseconds an hour of a continuous recording.
#include "signal/synthetic/continuous.hpp"
#include "signal/synthetic/ward.hpp"

#include <benchmark/benchmark.h>

namespace {

void patient_second(benchmark::State& state) {
    const auto plans = vigil::signal::synthetic_ward(
        {.patients = 1, .channels = static_cast<unsigned>(state.range(0))}
    );
    vigil::signal::SyntheticPatient patient(plans[0]);
    std::vector<std::int32_t> block;
    for (auto _ : state) {
        for (int quarter = 0; quarter < 4; ++quarter) {
            patient.next(64, block);
            benchmark::DoNotOptimize(block.data());
        }
        benchmark::DoNotOptimize(patient.take_beats());
    }
}

/// Half an hour at a time, so that a seizure and every kind of artefact are in it.
void continuous_hour(benchmark::State& state) {
    constexpr double half_hour_s = 1800;
    vigil::signal::ContinuousPlan plan{
        .rate_hz = static_cast<std::uint32_t>(state.range(0)),
        .duration_s = half_hour_s,
        .seizures_per_hour = 2,
        .artefacts = vigil::signal::usual_artefacts(static_cast<double>(state.range(1))),
    };
    std::vector<std::int16_t> second;
    for (auto _ : state) {
        vigil::signal::ContinuousRecording recording(plan);
        while (recording.position() < recording.samples()) {
            recording.next(plan.rate_hz, second);
            benchmark::DoNotOptimize(second.data());
        }
        ++plan.seed;
    }
    state.counters["cpu_per_patient_hour"] = benchmark::Counter(
        half_hour_s / 3600,
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert
    );
}

} // namespace

BENCHMARK(continuous_hour)
    ->ArgNames({"rate_hz", "artefacts"})
    ->Args({128, 1})
    ->Args({256, 0})
    ->Args({256, 1})
    ->Args({1024, 1})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(patient_second)->Arg(1)->Arg(4)->Arg(8)->Arg(23)->Unit(benchmark::kMicrosecond);
