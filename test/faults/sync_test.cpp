// Syncs that are slow, fail or never happen: a success follows the sync, and a failed one is never
// tried again.
#include "writer_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <sysexits.h>

#include <algorithm>

using namespace vigil;
using namespace vigil::faults;
using vigil::journal::suite::TemporaryFolder;

TEST_CASE("no success precedes the return of a sync that began after its request") {
    const TemporaryFolder place;
    const auto diary = place.path() / "diary";
    const int threads = GENERATE_COPY(1, 4);
    WriterProcess writer(
        place.path() / "journal",
        diary,
        "w",
        threads,
        40,
        with_shim({{"SYNC_DIARY", diary}, {"SYNC_DELAY_MS", "3"}})
    );
    REQUIRE(writer.wait() == EX_OK);

    std::map<std::string, int> asked; // syncs that had begun before the request
    int begun = 0;
    int ended = 0;
    int early = 0;
    int taken = 0;
    for (const auto& line : lines_of(diary)) {
        if (line == "sync begin") {
            ++begun;
        } else if (line == "sync end") {
            ++ended;
        } else if (line.starts_with("append ")) {
            asked[line.substr(7)] = begun;
        } else if (line.starts_with("taken ")) {
            ++taken;
            // one thread syncs, so that the n-th end belongs to the n-th begin
            early += ended <= asked.at(line.substr(6)) ? 1 : 0;
        }
    }
    CHECK(taken == threads * 40);
    CHECK(early == 0);
    CHECK(ended >= 40);
}

TEST_CASE("after a sync that failed the process ends: no success, no second try") {
    const TemporaryFolder place;
    const auto folder = place.path() / "journal";
    const auto diary = place.path() / "diary";
    for (const auto* after : {"4", "5", "12", "13", "31"}) {
        std::filesystem::remove_all(folder);
        std::filesystem::remove(diary);
        WriterProcess writer(
            folder,
            diary,
            "w",
            4,
            1000,
            with_shim({{"SYNC_DIARY", diary}, {"SYNC_FAIL_AFTER", after}})
        );
        const auto status = writer.wait();
        INFO("syncs before the failure: " << after);
        const auto log = lines_of(folder.string() + ".log");
        // while the folder is being opened there is nobody to be told yet: the start fails
        const bool started = !told(lines_of(diary), "append").empty();
        CHECK(status == (started ? EX_IOERR : EX_UNAVAILABLE));
        CHECK(log.size() == 1);
        if (started) {
            CHECK(log.at(0).contains("journal_sync_failed"));
        }
        const auto lines = lines_of(diary);
        const auto failed = std::ranges::find(lines, "sync failed");
        REQUIRE(failed != lines.end());
        CHECK(std::none_of(failed + 1, lines.end(), [started](const std::string& line) {
            // a start that fails lets SQLite undo what it began: nobody was told anything of that
            return line.starts_with("taken") || (started && line.starts_with("sync"));
        }));
        for (const auto& one : told(lines, "taken")) {
            CHECK(held(folder).at(one) == 1);
        }
    }
}

namespace {

// What a power cut leaves, after syncs up to `real_syncs` were real.
std::size_t lost_by_a_power_cut(const std::string& real_syncs) {
    const TemporaryFolder place;
    const auto diary = place.path() / "diary";
    const auto shadow = place.path() / "shadow";
    std::filesystem::create_directory(shadow);
    WriterProcess writer(
        place.path() / "journal",
        diary,
        "w",
        4,
        1'000'000,
        with_shim({{"SYNC_SHADOW", shadow}, {"SYNC_DROP_AFTER", real_syncs}})
    );
    REQUIRE(wait_for(diary, "taken", 600)); // some segments of 64 KiB
    writer.kill();
    writer.wait();
    const auto taken = told(lines_of(diary), "taken");
    for (const auto& file : std::filesystem::directory_iterator(shadow)) {
        if (file.path().extension() == ".new") {
            std::filesystem::remove(file.path());
        }
    }
    const auto found = held(shadow);
    return static_cast<std::size_t>(std::ranges::count_if(taken, [&](const auto& one) {
        const auto entry = found.find(one);
        return entry == found.end() || entry->second != 1;
    }));
}

} // namespace

TEST_CASE(
    "a power cut takes nothing that was acknowledged: only what was synced is left, and that is "
    "enough"
) {
    CHECK(lost_by_a_power_cut("1000000000") == 0);
}

TEST_CASE("a disk that drops its syncs loses entries: what the test before would see") {
    CHECK(lost_by_a_power_cut("40") > 0);
}
