// What records costs: taking old windows in and writing them, and a day's overview of 23 channels
// from store.db.
#include "records/queries.hpp"
#include "records/test_entries.hpp"
#include "store/sqlite_store.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>

using namespace vigil;
using namespace vigil::records;

namespace {

std::filesystem::path fresh_file(const char* name) {
    const auto file = std::filesystem::temp_directory_path() / name;
    for (const auto* end : {"", "-wal", "-shm"}) {
        std::filesystem::remove(file.string() + end);
    }
    return file;
}

/// 100 patients' windows of ten seconds: one flush.
void old_windows(benchmark::State& state) {
    Log log("records_bench", "0");
    const auto store =
        store::SqliteStore::open({.file = fresh_file("vigil_records_bench_windows.db")}, log)
            .value();
    Core core(*store);
    if (!core.load()) {
        std::abort();
    }
    std::uint64_t second = 0;
    journal::Sequence sequence = 0;
    for (auto _ : state) {
        state.PauseTiming();
        std::vector<journal::StoredPtr> entries;
        for (int i = 0; i < 10; ++i, ++second) {
            const BlockShape shape{
                .device = "legacy",
                .stream = "eeg",
                .rate = 178,
                .channels = 1,
                .isolated = true
            };
            const auto payload = block_of(shape, second * 178, 178).SerializeAsString();
            for (int patient = 0; patient < 100; ++patient) {
                auto stored = std::make_shared<journal::Stored>();
                stored->sequence = ++sequence;
                stored->entry.set_type(v1::EEG_BLOCK);
                stored->entry.set_patient("p" + std::to_string(patient));
                stored->entry.set_payload(payload);
                entries.push_back(std::move(stored));
            }
        }
        state.ResumeTiming();
        core.apply(entries);
        if (!core.flush()) {
            std::abort();
        }
    }
    state.counters["s_per_window"] = benchmark::Counter(
        static_cast<double>(state.iterations()) * 1000,
        benchmark::Counter::kIsRate | benchmark::Counter::kInvert
    );
}

void overview_of_a_day(benchmark::State& state) {
    Log log("records_bench", "0");
    const auto store =
        store::SqliteStore::open({.file = fresh_file("vigil_records_bench_day.db")}, log).value();
    Core core(*store);
    if (!core.load()) {
        std::abort();
    }
    const BlockShape shape{.rate = 256, .channels = 23};
    for (std::uint64_t minute = 0; minute < 24 * 60; ++minute) {
        auto stored = std::make_shared<journal::Stored>();
        stored->sequence = minute + 1;
        stored->entry.set_type(v1::EEG_BLOCK);
        stored->entry.set_patient("p1");
        stored->entry.set_payload(block_of(shape, minute * 60 * 256, 60 * 256).SerializeAsString());
        const journal::StoredPtr entry = std::move(stored);
        core.apply(std::span(&entry, 1));
        if (!core.flush()) {
            std::abort();
        }
    }
    const Queries queries(core, *store);
    const store::TimeRange day{
        .from_us = to_us(test_start),
        .until_us = to_us(test_start) + std::int64_t{86'400} * 1'000'000
    };
    for (auto _ : state) {
        const auto all = queries.overview("p1", day, 1000);
        benchmark::DoNotOptimize(all->front().minimum.data());
    }
}

} // namespace

BENCHMARK(old_windows)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(overview_of_a_day)->Unit(benchmark::kMillisecond)->Iterations(5);
