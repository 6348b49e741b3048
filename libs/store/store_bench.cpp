// What the store costs: a step's rows written, and the questions of the page on a store of millions
// of windows; SQLite and, where mariadbd is installed, MariaDB on loopback without TLS. "Time" is
// the wall's, "CPU" that of this process, which for MariaDB is the client alone; the server's
// stands beside it. STORE_BENCH_ROWS sets how many detections a store holds (1,000,000);
// STORE_BENCH_FILE keeps SQLite's file between runs.
#include "store/store_suite.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>

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
void add_chunks(Write& write, int count, std::size_t bytes = 1400) {
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
        row.payload = std::string(bytes, 'p');
        row.pyramid = std::string(50, 'm');
        write.chunks.push_back({.stream = static_cast<std::size_t>(p), .row = std::move(row)});
    }
}

class Sqlite {
public:
    static Sqlite large() {
        Sqlite kind;
        if (const char* kept = std::getenv("STORE_BENCH_FILE")) {
            kind.file_ = kept;
        }
        return kind;
    }

    [[nodiscard]] std::unique_ptr<Store> open() const {
        SqliteStoreOptions options;
        options.file = file_;
        return SqliteStore::open(options, log()).value();
    }

    static bool is_there() { return true; }

    static double server_seconds() { return 0; }

    static Log& log() {
        static QuietLog quiet;
        return quiet;
    }

private:
    std::shared_ptr<TemporaryFolder> folder_ = std::make_shared<TemporaryFolder>();
    std::filesystem::path file_ = folder_->path() / "store.db";
};

class Mariadb {
public:
    static Mariadb large() { return {}; }

    [[nodiscard]] std::unique_ptr<Store> open() const {
        return MariadbStore::open(options_, Sqlite::log()).value();
    }

    static bool is_there() { return MariadbServer::is_installed(); }

    /// CPU time that the server has used.
    static double server_seconds() { return MariadbServer::shared().cpu_seconds(); }

private:
    MariadbOptions options_ = MariadbServer::shared().fresh();
};

// Everything that a patient's second costs the store: a detection, a tenth of a row of samples, the
// newest window. So many patients in a step; bytes of ten seconds' samples: 1,400 are those of an
// old window's channel, 44,000 those of 23 channels at 256 Hz.
template <class Kind>
void write_windows(benchmark::State& state) {
    if (!Kind::is_there()) {
        state.SkipWithError("no mariadbd");
        return;
    }
    const auto count = static_cast<int>(state.range(0));
    const Kind kind;
    const auto store = kind.open();
    journal::Sequence step = 0;
    const auto begin = Kind::server_seconds();
    for (auto _ : state) {
        state.PauseTiming();
        auto write = windows(step, count);
        if (step % 10 == 0) {
            add_chunks(write, std::min(count, patients), static_cast<std::size_t>(state.range(1)));
        }
        state.ResumeTiming();
        if (!store->write(write)) {
            std::abort();
        }
        ++step;
    }
    state.SetItemsProcessed(state.iterations() * count);
    state.counters["server_us_a_window"] =
        (Kind::server_seconds() - begin) * 1e6 / static_cast<double>(state.items_processed());
}

// A store of many windows, made once.
template <class Kind>
const Kind& large() {
    static const Kind kind = Kind::large();
    static const bool filled = [] {
        const char* chosen = std::getenv("STORE_BENCH_ROWS");
        const std::uint64_t rows =
            chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : 1'000'000;
        const auto store = kind.open();
        auto step = store->position().value();
        while (store->size().value().detections < rows) {
            auto write = windows(step++, 10 * patients);
            add_chunks(write, patients);
            if (!store->write(write)) {
                std::abort();
            }
        }
        return true;
    }();
    static_cast<void>(filled);
    return kind;
}

/// Asks a large store again and again.
template <class Kind>
void ask(benchmark::State& state, auto question) {
    if (!Kind::is_there()) {
        state.SkipWithError("no mariadbd");
        return;
    }
    const auto store = large<Kind>().open();
    const auto position = static_cast<std::int64_t>(store->position().value());
    const auto begin = Kind::server_seconds();
    for (auto _ : state) {
        if (!question(*store, position)) {
            std::abort();
        }
    }
    state.counters["server_us"] =
        (Kind::server_seconds() - begin) * 1e6 / static_cast<double>(state.iterations());
    state.counters["detections"] = static_cast<double>(store->size().value().detections);
    state.counters["bytes"] = static_cast<double>(store->size().value().bytes);
}

template <class Kind>
void newest_of_100_patients(benchmark::State& state) {
    ask<Kind>(state, [](Store& store, std::int64_t) {
        const auto rows = store.newest_windows();
        return rows && rows->size() == patients;
    });
}

template <class Kind>
void page_of_detections(benchmark::State& state) {
    ask<Kind>(state, [](Store& store, std::int64_t position) {
        const auto middle = position / 2 * window_us;
        const auto page =
            store.detections("patient-42", {.from_us = middle, .until_us = INT64_MAX}, 100, {});
        return page && page->rows.size() == 100;
    });
}

template <class Kind>
void ten_minutes_of_chunks(benchmark::State& state) {
    ask<Kind>(state, [](Store& store, std::int64_t position) {
        const auto middle = position / 2 * window_us;
        const auto page = store.chunks(
            "patient-42",
            {.from_us = middle, .until_us = middle + 600'000'000},
            100,
            {}
        );
        return page && page->rows.size() == 100;
    });
}

// What a start waits for: opening, the position, the streams.
template <class Kind>
void start(benchmark::State& state) {
    if (!Kind::is_there()) {
        state.SkipWithError("no mariadbd");
        return;
    }
    for (auto _ : state) {
        const auto store = large<Kind>().open();
        benchmark::DoNotOptimize(store->position().value());
        benchmark::DoNotOptimize(store->streams().value());
    }
}

} // namespace

BENCHMARK(write_windows<Sqlite>)
    ->ArgsProduct({{1, 64, 256}, {1400}})
    ->Args({100, 44'000})
    ->MeasureProcessCPUTime();
BENCHMARK(write_windows<Mariadb>)
    ->ArgsProduct({{1, 64, 256}, {1400}})
    ->Args({100, 44'000})
    ->MeasureProcessCPUTime();
BENCHMARK(newest_of_100_patients<Sqlite>);
BENCHMARK(newest_of_100_patients<Mariadb>);
BENCHMARK(page_of_detections<Sqlite>);
BENCHMARK(page_of_detections<Mariadb>);
BENCHMARK(ten_minutes_of_chunks<Sqlite>);
BENCHMARK(ten_minutes_of_chunks<Mariadb>);
BENCHMARK(start<Sqlite>);
BENCHMARK(start<Mariadb>);
