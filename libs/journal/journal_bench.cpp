// What a durable append costs: CPU time of the whole process per entry of 400 bytes, by how many
// share a commit. The prototypes' figures for bare SQLite rows (WAL, FULL): 84.7 us alone, 7.0 at
// 16, 3.3 at 64, 2.2 at 256.
#include "journal/journal_suite.hpp"

#include <benchmark/benchmark.h>

#include <latch>

using namespace vigil;
using namespace vigil::journal;
using namespace vigil::journal::suite;

namespace {

v1::Entry window() {
    // 178 samples of 16 bits and their envelope, as intake makes it: 400 bytes and a little
    auto made = entry("patient-17", std::string(330, 'x'), v1::EEG_BLOCK);
    made.set_source("device-17");
    return made;
}

// `state.range(0)` requests of one entry wait at once; the next round starts when all are durable.
void append_group(benchmark::State& state) {
    const auto group = static_cast<std::size_t>(state.range(0));
    const TemporaryFolder folder;
    const SystemClock clock;
    QuietLog log;
    SqliteJournalOptions options;
    options.folder = folder.path();
    const auto journal = SqliteJournal::open(options, clock, log).value();
    const auto one = window();
    for (auto _ : state) {
        std::latch taken(static_cast<std::ptrdiff_t>(group));
        for (std::size_t i = 0; i < group; ++i) {
            Batch batch;
            batch.entries.push_back(one);
            journal->append(std::move(batch), [&](const Result<Appended>& result) {
                if (!result) {
                    std::abort();
                }
                taken.count_down();
            });
        }
        taken.wait();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(group));
    state.counters["bytes"] = static_cast<double>(one.ByteSizeLong());
    state.counters["cpu_per_entry"] = benchmark::Counter(
        static_cast<double>(state.iterations()) * static_cast<double>(group),
        benchmark::Counter::kIsRate | benchmark::Counter::kInvert
    );
}

// A second of a patient: 23 channels at 256 Hz, packed to about 5 kB.
void append_blocks(benchmark::State& state) {
    const auto group = static_cast<std::size_t>(state.range(0));
    const TemporaryFolder folder;
    const SystemClock clock;
    QuietLog log;
    SqliteJournalOptions options;
    options.folder = folder.path();
    const auto journal = SqliteJournal::open(options, clock, log).value();
    Batch all;
    all.entries.assign(group, entry("patient-17", std::string(5000, 'x'), v1::EEG_BLOCK));
    for (auto _ : state) {
        if (!append(*journal, all)) {
            std::abort();
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(group));
}

// What a reader of the tail pays for an entry that is in memory.
void read_tail(benchmark::State& state) {
    const TemporaryFolder folder;
    const SystemClock clock;
    QuietLog log;
    SqliteJournalOptions options;
    options.folder = folder.path();
    const auto journal = SqliteJournal::open(options, clock, log).value();
    Batch all;
    all.entries.assign(256, window());
    if (!append(*journal, all)) {
        std::abort();
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(journal->read(0));
    }
    state.SetItemsProcessed(state.iterations() * 256);
}

} // namespace

BENCHMARK(append_group)->Arg(1)->Arg(16)->Arg(64)->Arg(256)->MeasureProcessCPUTime();
BENCHMARK(append_blocks)->Arg(16)->MeasureProcessCPUTime();
BENCHMARK(read_tail);
