// What a second of one patient costs in the detector with each model beside window-178, from the
// entry to the step: the difference to the first row is the model's. sladky-2022 comes from
// `make models`, or from the folder VIGIL_MODELS.
#include "detector/core.hpp"
#include "detector/model_folder.hpp"
#include "detector/test_models.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <limits>

using namespace vigil;
using namespace vigil::detector;

namespace {

ModelFolder model_folder() {
    const char* const folder = std::getenv("VIGIL_MODELS");
    const char* const home = std::getenv("HOME");
    auto loaded = load_models(
        folder != nullptr
            ? std::filesystem::path(folder)
            : std::filesystem::path(home != nullptr ? home : ".") / ".cache/vigil/models"
    );
    return loaded ? std::move(*loaded) : ModelFolder{};
}

/// Seconds of one stream at 256 Hz; every model has warmed up before the first that is measured.
void patient_second(benchmark::State& state, const std::string& shadow) {
    const auto folder = model_folder();
    const auto more = folder.models();
    if (shadow == "sladky-2022" && more.spectrograms.empty()) {
        state.SkipWithError("the model's file is not there: make models");
        return;
    }
    const auto standard = detect::window_178().value();
    Core core(*standard, {.models = more});
    Ward ward;
    if (!core.take_over(ward.journal, ward.now)) {
        std::abort();
    }
    if (!shadow.empty()) {
        ward.put(assigned_models("", {shadow}, ward.now, 1));
    }
    const BlockShape shape{.channels = static_cast<std::size_t>(state.range(0))};
    std::uint64_t second = 0;
    const auto pass = [&] {
        ward.now += std::chrono::seconds(1);
        if (ward.run(core)) {
            std::abort();
        }
    };
    const auto put = [&] { ward.put(shape, second++ * 256, 256); };
    for (int warming_up = 0; warming_up < 310; ++warming_up) {
        put();
        pass();
    }
    for (auto _ : state) {
        state.PauseTiming();
        put();
        state.ResumeTiming();
        pass();
    }
    if (core.counts().windows_not_evaluated > 310) {
        state.SkipWithError("the model did not score");
    }
}

/// What a shard's owner pays for entries of partitions that are others'.
void others_entries(benchmark::State& state) {
    constexpr std::int64_t entries = 50'000;
    Ward ward;
    for (std::int64_t i = 0; i < entries; ++i) {
        ward.put({.partition = static_cast<std::uint32_t>(8 + i % 56)}, 0, 32);
    }
    AmplitudeScorer scorer;
    CoreOptions options;
    options.owned = PartitionRange{.first = 0, .end = 8};
    options.checkpoint_entries = std::numeric_limits<std::uint64_t>::max() / 2;
    for (auto _ : state) {
        state.PauseTiming();
        Core core(scorer, options);
        if (!core.take_over(ward.journal, ward.now)) {
            std::abort();
        }
        state.ResumeTiming();
        while (core.position() < static_cast<journal::Sequence>(entries)) {
            const auto inputs = ward.journal.read(core.position(), {.entries = 512}).value();
            benchmark::DoNotOptimize(core.step(inputs, ward.now));
        }
    }
    state.SetItemsProcessed(state.iterations() * entries);
}

} // namespace

BENCHMARK(others_entries)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(patient_second, window_178, "")->Arg(1)->Arg(23)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(patient_second, and_line_length, "line-length")
    ->Arg(1)
    ->Arg(23)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(patient_second, and_sladky_2022, "sladky-2022")
    ->Arg(1)
    ->Arg(4)
    ->Unit(benchmark::kMicrosecond);
