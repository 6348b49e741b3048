// What a second of a synthetic patient costs. Read: microseconds of CPU a patient-second, in blocks
// of 250 ms.
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

} // namespace

BENCHMARK(patient_second)->Arg(1)->Arg(4)->Arg(8)->Arg(23)->Unit(benchmark::kMicrosecond);
