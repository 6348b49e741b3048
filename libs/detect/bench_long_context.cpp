// What one channel of sladky-2022 costs live: a step of two seconds, its parts, and a whole window
// as `vigil evaluate` makes it. The model's file is that of `make models`, or in the folder
// VIGIL_MODELS.
#include "detect/long_context.hpp"
#include "detect/onnx_spectrogram_model.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>

namespace {

using vigil::detect::LongContext;
using vigil::detect::OnnxSpectrogramModel;
using vigil::detect::Spectrum;

constexpr std::size_t cells = vigil::detect::spectrum_bins * vigil::detect::context_columns;

std::vector<double> noise(std::size_t count) {
    std::mt19937 engine(1);
    std::normal_distribution<double> values(0, 50);
    std::vector<double> made(count);
    std::ranges::generate(made, [&] { return values(engine); });
    return made;
}

std::unique_ptr<OnnxSpectrogramModel> model() {
    const char* const folder = std::getenv("VIGIL_MODELS");
    const char* const home = std::getenv("HOME");
    const auto models = folder != nullptr
                            ? std::string(folder)
                            : std::string(home != nullptr ? home : ".") + "/.cache/vigil/models";
    std::ifstream file(models + "/sladky_2022/modelA_paper.onnx", std::ios::binary);
    const std::string onnx(std::istreambuf_iterator<char>(file), {});
    auto loaded = OnnxSpectrogramModel::load(onnx, vigil::detect::sladky_2022_card());
    return loaded ? std::move(*loaded) : nullptr;
}

/// A step of a channel that has its five minutes: four spectra and one run of the model.
void live_step(benchmark::State& state) {
    const auto loaded = model();
    if (!loaded) {
        state.SkipWithError("the model's file is not there: make models");
        return;
    }
    const auto rate = static_cast<std::uint32_t>(state.range(0));
    auto context = LongContext::make(*loaded, rate, 1).value();
    const auto samples = noise(300 * std::size_t{rate});
    const auto step = std::span(samples).first(2 * std::size_t{rate});
    std::uint64_t at = 0;
    const auto push = [&](std::span<const double> some) {
        auto found = context.push(at, some);
        at += some.size();
        return found;
    };
    benchmark::DoNotOptimize(push(samples));
    for ([[maybe_unused]] const auto& round : state) {
        benchmark::DoNotOptimize(push(step));
    }
    state.counters["share_of_a_core"] = benchmark::Counter(
        2.0,
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert
    );
}

void score_spectrograms(benchmark::State& state) {
    const auto loaded = model();
    if (!loaded) {
        state.SkipWithError("the model's file is not there: make models");
        return;
    }
    const auto count = static_cast<std::size_t>(state.range(0));
    const auto values = noise(count * cells);
    const std::vector<float> spectrograms(values.begin(), values.end());
    for ([[maybe_unused]] const auto& round : state) {
        benchmark::DoNotOptimize(loaded->score(spectrograms));
    }
    state.counters["cpu_per_window"] = benchmark::Counter(
        static_cast<double>(count),
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert
    );
}

void one_spectrum(benchmark::State& state) {
    const auto spectrum = Spectrum::make(static_cast<std::uint32_t>(state.range(0)), 1).value();
    const auto segment = noise(spectrum.samples());
    std::array<double, vigil::detect::spectrum_bins> power{};
    for ([[maybe_unused]] const auto& round : state) {
        benchmark::DoNotOptimize(spectrum.power(segment, power));
    }
}

void window_of_five_minutes(benchmark::State& state) {
    const auto spectrum = Spectrum::make(static_cast<std::uint32_t>(state.range(0)), 1).value();
    const auto window = noise(300 * spectrum.samples());
    std::vector<float> out(cells);
    for ([[maybe_unused]] const auto& round : state) {
        vigil::detect::window_spectrogram(spectrum, window, out);
        benchmark::DoNotOptimize(out.data());
    }
}

BENCHMARK(one_spectrum)->Arg(200)->Arg(256)->Arg(500)->Arg(4000);
BENCHMARK(window_of_five_minutes)->Arg(256)->Arg(500);
BENCHMARK(score_spectrograms)->Arg(1)->Arg(8);
BENCHMARK(live_step)->Arg(256)->Arg(500);

} // namespace
