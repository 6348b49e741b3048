// What an append to JetStream costs its client, through the adapter that the services use: appends
// for some seconds with 64 entries unanswered at any moment, and prints a line of JSON.
// append_cost.py starts the servers, runs this and adds what it cost them.
#include "base/random.hpp"
#include "journal/nats/nats_journal.hpp"

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <format>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>

using namespace vigil;
using namespace std::chrono_literals;

namespace {

constexpr std::ptrdiff_t at_once = 64;

/// User and system time of this process, all threads.
double cpu_s() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::unique_ptr<journal::NatsJournal>
open(const std::string& address, std::uint32_t replicas, const Clock& clock, Log& log) {
    journal::NatsJournalOptions options;
    options.servers = {address};
    options.replicas = replicas;
    for (int attempt = 0; attempt < 300; ++attempt) { // an election takes seconds
        if (auto opened = journal::NatsJournal::open(options, clock, log)) {
            return *std::move(opened);
        }
        std::this_thread::sleep_for(100ms);
    }
    return nullptr;
}

v1::Entry entry_of(std::size_t bytes, Random& random) {
    v1::Entry entry;
    entry.set_id(random_id(random));
    entry.set_type(v1::EEG_BLOCK);
    entry.set_schema_version(1);
    entry.set_patient("patient-17");
    entry.set_partition(journal::partition_of(entry.patient(), journal::default_partitions));
    entry.set_receipt_time_us(1);
    entry.set_payload(std::string(bytes, 'x'));
    return entry;
}

} // namespace

int main(int count, char** words) {
    if (count != 5) {
        std::fputs("usage: append_cost nats://HOST:PORT REPLICAS BYTES SECONDS\n", stderr);
        return 2;
    }
    const SystemClock clock;
    Log log("append_cost", "0");
    SystemRandom random;
    const auto journal =
        open(words[1], static_cast<std::uint32_t>(std::stoul(words[2])), clock, log);
    if (!journal) {
        std::fputs("append_cost: no server answers\n", stderr);
        return 1;
    }
    auto entry = entry_of(std::stoul(words[3]), random);
    const auto length = std::chrono::duration<double>(std::stod(words[4]));
    std::counting_semaphore<at_once> room(at_once);
    std::atomic<std::uint64_t> refused = 0;
    std::uint64_t sent = 0;
    const double cpu_before = cpu_s();
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < length) {
        room.acquire();
        entry.set_id(random_id(random));
        journal->append(
            {.entries = {entry}, .fences = {}},
            [&](const Result<journal::Appended>& taken) {
                refused += taken ? 0 : 1;
                room.release();
            }
        );
        ++sent;
    }
    for (std::ptrdiff_t waited = 0; waited < at_once; ++waited) {
        room.acquire();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const auto line = std::format(
        R"({{"entries": {}, "refused": {}, "wall_s": {:.3f}, "client_cpu_s": {:.3f}}})",
        sent,
        refused.load(),
        took.count(),
        cpu_s() - cpu_before
    );
    std::puts(line.c_str());
    return refused == 0 ? 0 : 1;
}
