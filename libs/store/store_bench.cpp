// What the store costs: a step's rows written, and the questions of the page on a store of millions
// of windows. STORE_BENCH_ROWS sets how many detections it holds (1,000,000); STORE_BENCH_FILE
// keeps the file between runs.
#include "store/store_suite.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>

using namespace vigil;
using namespace vigil::store;
using namespace vigil::store::suite;

namespace {

constexpr int patients = 100;
constexpr std::int64_t window_us = 1'025'000;

// One old-contract window of each of `count` patients, and its detection.
Write windows(journal::Sequence step, int count) {
    Write write;
    write.expected = step;
    write.position = step + 1;
    const auto start_us = static_cast<std::int64_t>(step) * window_us;
    for (int p = 0; p < count; ++p) {
        const auto patient = "patient-" + std::to_string(p % patients);
        const auto at_us = start_us + p / patients;
        DetectionRow row;
        row.id = "id" + std::to_string(step) + "-" + std::to_string(p);
        row.id.resize(16, '.');
        row.detection.set_cause(row.id);
        row.detection.set_patient(patient);
        row.detection.set_device("device-" + std::to_string(p % patients));
        row.detection.set_stream("old");
        row.detection.set_model("window-178");
        row.detection.set_model_version("1");
        row.detection.set_first_sample(step * 178);
        row.detection.set_end_sample(step * 178 + 178);
        row.detection.set_start_time_us(at_us);
        row.detection.set_end_time_us(at_us + window_us);
        row.detection.set_score_q16(static_cast<std::uint32_t>(p * 600));
        row.detection.add_channel_q16(row.detection.score_q16());
        row.detection.set_delay_us(1500);
        write.detections.push_back(std::move(row));
        write.newest.push_back({
            .patient = patient,
            .number = static_cast<std::uint32_t>(p % patients),
            .start_us = at_us,
            .samples = std::vector<std::int32_t>(178, p),
            .score_q16 = 1,
        });
    }
    return write;
}

// Ten windows of a patient in one row, as records compacts them.
void add_chunks(Write& write, int count) {
    for (int p = 0; p < count; ++p) {
        StreamRow stream;
        stream.patient = "patient-" + std::to_string(p);
        stream.device = "device-" + std::to_string(p);
        stream.stream = "old";
        stream.rate_numerator = 17361;
        stream.rate_denominator = 100;
        stream.seen = std::string(8, 's');
        write.streams.push_back(std::move(stream));
        ChunkRow row;
        row.first_sample = write.expected * 178;
        row.end_sample = row.first_sample + 1780;
        row.start_us = static_cast<std::int64_t>(write.expected) * window_us;
        row.end_us = row.start_us + 10 * window_us;
        row.payload = std::string(1400, 'p');
        row.pyramid = std::string(50, 'm');
        write.chunks.push_back({.stream = static_cast<std::size_t>(p), .row = std::move(row)});
    }
}

std::unique_ptr<SqliteStore> open(const std::filesystem::path& file) {
    static QuietLog log;
    SqliteStoreOptions options;
    options.file = file;
    return SqliteStore::open(options, log).value();
}

// Everything that one window costs the store: its detection, its tenth of a row of samples, the
// newest window.
void write_windows(benchmark::State& state) {
    const auto count = static_cast<int>(state.range(0));
    const TemporaryFolder folder;
    const auto store = open(folder.path() / "store.db");
    journal::Sequence step = 0;
    for (auto _ : state) {
        state.PauseTiming();
        auto write = windows(step, count);
        if (step % 10 == 0) {
            add_chunks(write, std::min(count, patients));
        }
        state.ResumeTiming();
        if (!store->write(write)) {
            std::abort();
        }
        ++step;
    }
    state.SetItemsProcessed(state.iterations() * count);
}

// A store of many windows, made once.
const std::filesystem::path& large() {
    static const TemporaryFolder folder;
    static const std::filesystem::path file = [] {
        const char* kept = std::getenv("STORE_BENCH_FILE");
        const std::filesystem::path path =
            kept != nullptr ? std::filesystem::path(kept) : folder.path() / "store.db";
        const char* chosen = std::getenv("STORE_BENCH_ROWS");
        const std::uint64_t rows =
            chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : 1'000'000;
        const auto store = open(path);
        auto step = store->position().value();
        while (store->size().value().detections < rows) {
            auto write = windows(step++, 10 * patients);
            add_chunks(write, patients);
            if (!store->write(write)) {
                std::abort();
            }
        }
        return path;
    }();
    return file;
}

void newest_of_100_patients(benchmark::State& state) {
    const auto store = open(large());
    for (auto _ : state) {
        const auto rows = store->newest_windows();
        if (!rows || rows->size() != patients) {
            std::abort();
        }
    }
    state.counters["detections"] = static_cast<double>(store->size().value().detections);
    state.counters["bytes"] = static_cast<double>(store->size().value().bytes);
}

// What a start waits for: opening, the position, the streams.
void start(benchmark::State& state) {
    const auto& file = large();
    for (auto _ : state) {
        const auto store = open(file);
        benchmark::DoNotOptimize(store->position().value());
        benchmark::DoNotOptimize(store->streams().value());
    }
}

void page_of_detections(benchmark::State& state) {
    const auto store = open(large());
    const auto middle = static_cast<std::int64_t>(store->position().value()) / 2 * window_us;
    for (auto _ : state) {
        const auto page =
            store->detections("patient-42", {.from_us = middle, .until_us = INT64_MAX}, 100, {});
        if (!page || page->rows.size() != 100) {
            std::abort();
        }
    }
}

} // namespace

BENCHMARK(write_windows)->Arg(1)->Arg(64)->Arg(256)->MeasureProcessCPUTime();
BENCHMARK(newest_of_100_patients);
BENCHMARK(start);
BENCHMARK(page_of_detections);
