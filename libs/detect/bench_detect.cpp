// Time per window of each model, of window-178 by batch, and of cutting a window out of a 256 Hz
// stream, which the resampler's second of outputs stands beside.
#include "detect/line_length.hpp"
#include "detect/onnx_scorer.hpp"
#include "detect/window_shape.hpp"
#include "signal/resampler.hpp"

#include <benchmark/benchmark.h>

#include <random>

namespace {

void score_batch(benchmark::State& state) {
    const auto scorer = vigil::detect::window_178().value();
    const auto windows = static_cast<std::size_t>(state.range(0));
    std::mt19937 engine(1);
    std::normal_distribution<float> noise(0.0F, 80.0F);
    std::vector<float> windows_uv(windows * 178);
    for (auto& value : windows_uv) {
        value = noise(engine);
    }
    for ([[maybe_unused]] const auto& round : state) {
        benchmark::DoNotOptimize(scorer->score(windows_uv));
    }
    state.counters["cpu_per_window"] = benchmark::Counter(
        static_cast<double>(windows),
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert
    );
}

void read_window_256_hz(benchmark::State& state) {
    const auto scorer = vigil::detect::window_178().value();
    const auto shape = vigil::detect::WindowShape::make(scorer->card(), 256, 1).value();
    const std::vector<float> in(shape.needed(), 1.0F);
    std::vector<float> out(178);
    for ([[maybe_unused]] const auto& round : state) {
        shape.read(in, out);
        benchmark::DoNotOptimize(out.data());
    }
}

void resample_second_256_hz(benchmark::State& state) {
    vigil::signal::PolyphaseResampler resampler(
        static_cast<std::uint64_t>(state.range(0)),
        static_cast<std::uint64_t>(state.range(1))
    );
    const std::vector<float> in(256, 1.0F);
    for ([[maybe_unused]] const auto& round : state) {
        benchmark::DoNotOptimize(resampler.push(in));
    }
}

/// A channel with ten minutes of baseline: each window replaces the oldest.
void line_length_window(benchmark::State& state) {
    vigil::detect::LineLength channel;
    std::mt19937 engine(1);
    std::normal_distribution<float> noise(0.0F, 80.0F);
    std::vector<float> window_uv(vigil::detect::line_length_card().samples);
    std::uint64_t k = 0;
    const auto next = [&] {
        window_uv[k % window_uv.size()] = noise(engine);
        return channel.push(++k, vigil::detect::line_length(window_uv));
    };
    while (k < 700) {
        benchmark::DoNotOptimize(next());
    }
    for ([[maybe_unused]] const auto& round : state) {
        benchmark::DoNotOptimize(next());
    }
}

BENCHMARK(line_length_window);
BENCHMARK(score_batch)->Arg(1)->Arg(8)->Arg(64)->Arg(256);
BENCHMARK(read_window_256_hz);
BENCHMARK(resample_second_256_hz)->Args({217, 320})->Args({17361, 25600});

} // namespace
