// Time of the beat detector per second of electrocardiogram, calm and noisy, as a device sends it.
#include "signal/qrs_detector.hpp"
#include "signal/synthetic/ecg.hpp"
#include "signal/synthetic/ecg_noise.hpp"

#include <benchmark/benchmark.h>

#include <span>
#include <vector>

namespace {

using namespace vigil::signal;

constexpr std::size_t minutes = 5;

std::vector<float> ecg_uv(int rate_hz, bool noisy) {
    SyntheticEcg source({.rate_hz = static_cast<double>(rate_hz), .seed = 1});
    auto samples = source.next(minutes * 60 * static_cast<std::size_t>(rate_hz));
    if (noisy) {
        add_noise(samples, source.beats(), rate_hz, EcgNoiseKind::muscle, 6, 1);
    }
    return samples;
}

void second_of_ecg(benchmark::State& state) {
    const auto rate_hz = static_cast<int>(state.range(0));
    const auto samples = ecg_uv(rate_hz, state.range(1) != 0);
    const auto block = static_cast<std::size_t>(rate_hz);
    QrsDetector detector({.numerator = static_cast<std::uint32_t>(rate_hz)});
    std::size_t at = 0;
    for ([[maybe_unused]] const auto& round : state) {
        detector.push(std::span(samples).subspan(at, block));
        benchmark::DoNotOptimize(detector.take_beats());
        benchmark::DoNotOptimize(detector.take_seconds());
        at = at + block < samples.size() ? at + block : 0;
    }
}

} // namespace

BENCHMARK(second_of_ecg)
    ->ArgNames({"hz", "noisy"})
    ->ArgsProduct({{250, 256, 360, 1000}, {0, 1}})
    ->Unit(benchmark::kMicrosecond);
