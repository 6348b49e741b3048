// What SqliteJournal promises beyond the suite: restarts, torn files, segments, its lock, a failed
// sync.
#include "journal/journal_suite.hpp"
#include "journal/segments.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <thread>

using namespace vigil;
using namespace vigil::journal;
using namespace vigil::journal::suite;

namespace {

class Folder {
    TemporaryFolder folder_; // first, since the options name it

public:
    SqliteJournalOptions options = [this] {
        SqliteJournalOptions chosen;
        chosen.folder = folder_.path();
        chosen.segment_bytes = 64 << 10;
        return chosen;
    }();
    ManualClock clock{from_us(0)};
    QuietLog log;

    [[nodiscard]] Result<std::unique_ptr<SqliteJournal>> open() {
        return SqliteJournal::open(options, clock, log);
    }

    [[nodiscard]] std::vector<std::filesystem::path> segments() const {
        std::vector<std::filesystem::path> found;
        for (const auto& file : std::filesystem::directory_iterator(options.folder)) {
            if (segment_first(file.path().filename().string())) {
                found.push_back(file.path());
            }
        }
        std::ranges::sort(found);
        return found;
    }
};

// As a crash leaves it: the files while the journal has them open.
void copy_folder(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::filesystem::copy(
        from,
        to,
        std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing
    );
}

void fill(Journal& journal, int count) {
    for (int i = 0; i < count; ++i) {
        REQUIRE(append(journal, batch({entry("p", std::string(1024, 'x'))})).has_value());
    }
}

} // namespace

TEST_CASE("segments roll by size and hold everything after a restart") {
    Folder folder;
    auto journal = folder.open().value();
    fill(*journal, 300);
    CHECK(folder.segments().size() >= 4);
    journal = nullptr;
    journal = folder.open().value();
    CHECK(journal->newest() == 300);
    Sequence after = 0;
    while (after < 300) {
        const auto found = journal->read(after).value();
        REQUIRE(!found.empty());
        CHECK(found.front()->sequence == after + 1);
        after = found.back()->sequence;
    }
}

TEST_CASE("segments roll by age") {
    Folder folder;
    folder.options.segment_age = std::chrono::hours(1);
    auto journal = folder.open().value();
    fill(*journal, 2);
    folder.clock.advance(std::chrono::hours(1));
    fill(*journal, 1);
    CHECK(folder.segments().size() == 2);
    folder.clock.step(std::chrono::hours(100)); // an administrator's hand, not the passing of time
    fill(*journal, 1);
    CHECK(folder.segments().size() == 2);
}

TEST_CASE("freeing drops whole files and nothing that holds a later entry") {
    Folder folder;
    auto journal = folder.open().value();
    fill(*journal, 300);
    const auto before = folder.segments().size();
    REQUIRE(journal->free_up_to(1).has_value());
    CHECK(folder.segments().size() == before);
    REQUIRE(journal->free_up_to(150).has_value());
    CHECK(folder.segments().size() < before);
    CHECK(journal->oldest() <= 151);
    CHECK(journal->read(150).value().front()->sequence == 151);
    REQUIRE(journal->free_up_to(300).has_value());
    CHECK(folder.segments().size() == 1);
}

TEST_CASE("what a crash leaves holds every acknowledged entry and the directory") {
    Folder folder;
    auto journal = folder.open().value();
    REQUIRE(append(*journal, batch({keyed("patient/a", "a"), output(3)})).has_value());
    fill(*journal, 150);
    REQUIRE(append(*journal, batch({keyed("patient/b", "b"), output(4)})).has_value());
    const auto newest = journal->newest();

    Folder copy;
    copy_folder(folder.options.folder, copy.options.folder);
    const auto again = copy.open().value();
    CHECK(again->newest() == newest);
    CHECK(again->directory().value().entries.size() == 2);
    CHECK(again->newest_output(3).value()->sequence == 2);
    CHECK(again->newest_output(4).value()->sequence == newest);
    CHECK(
        append(*again, batch({output(4)}, {{.partition = 4, .expected = newest}}))
            .value()
            .front() == newest + 1
    );
}

TEST_CASE(
    "a torn write at the end of the newest segment is dropped and what was synced before it stays"
) {
    Folder folder;
    auto journal = folder.open().value();
    fill(*journal, 20);
    const auto wal = folder.segments().back().string() + "-wal";
    const auto synced = std::filesystem::file_size(wal);
    fill(*journal, 1);
    Folder copy;
    copy_folder(folder.options.folder, copy.options.folder);
    const auto torn = copy.options.folder / std::filesystem::path(wal).filename();
    // the index beside it is a cache of the machine that crashed
    std::filesystem::remove(copy.segments().back().string() + "-shm");

    SECTION("cut short") {
        std::filesystem::resize_file(
            torn,
            synced + (std::filesystem::file_size(torn) - synced) / 2
        );
    }
    SECTION("garbage in place of the last frames") {
        std::fstream file(torn, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(synced + 100));
        file << std::string(2000, '\xA5');
    }
    const auto again = copy.open().value();
    CHECK(again->newest() == 20);
    CHECK(append(*again, batch({entry("p")})).value().front() == 21);
}

TEST_CASE("a segment that was just made when the power went is taken into use") {
    Folder folder;
    folder.open().value().reset();
    auto journal = folder.open().value();
    fill(*journal, 3);
    journal = nullptr;
    std::ofstream(folder.options.folder / segment_name(4));
    journal = folder.open().value();
    CHECK(journal->newest() == 3);
    CHECK(append(*journal, batch({entry("p")})).value().front() == 4);
    CHECK(journal->read(0).value().size() == 4);
}

TEST_CASE("a destroyed file is told as an error, not read as an empty journal") {
    Folder folder;
    folder.open().value().reset();
    SECTION("the newest segment") {
        std::ofstream(folder.segments().back()) << std::string(8192, 'x');
        CHECK(folder.open().error().code == ErrorCode::unavailable);
    }
    SECTION("the directory, when entries that it held were freed") {
        auto journal = folder.open().value();
        fill(*journal, 300);
        REQUIRE(journal->free_up_to(200).has_value());
        journal = nullptr;
        std::filesystem::remove(folder.options.folder / "directory.db");
        CHECK(folder.open().error().code == ErrorCode::internal);
    }
}

TEST_CASE("the directory is rebuilt from the segments when its file is lost and nothing was freed"
) {
    Folder folder;
    auto journal = folder.open().value();
    REQUIRE(append(*journal, batch({keyed("patient/a", "a")})).has_value());
    fill(*journal, 200);
    journal = nullptr;
    std::filesystem::remove(folder.options.folder / "directory.db");
    CHECK(folder.open().value()->directory().value().entries.size() == 1);
}

TEST_CASE("a folder is open once") {
    Folder folder;
    const auto journal = folder.open().value();
    const auto second = folder.open();
    REQUIRE(!second.has_value());
    CHECK(second.error().code == ErrorCode::conflict);
    CHECK(second.error().detail.contains("another process has the journal in"));
}

TEST_CASE("a bound that cannot hold two segments is refused at the start") {
    Folder folder;
    folder.options.max_bytes = folder.options.segment_bytes;
    CHECK(folder.open().error().code == ErrorCode::invalid_argument);
}

TEST_CASE("what waits at the end is written") {
    Folder folder;
    auto journal = folder.open().value();
    std::vector<std::future<Result<Appended>>> waiting;
    for (int i = 0; i < 500; ++i) {
        waiting.push_back(append_later(*journal, batch({entry("p")})));
    }
    journal = nullptr;
    for (auto& one : waiting) {
        CHECK(one.get().has_value());
    }
    CHECK(folder.open().value()->newest() == 500);
}

TEST_CASE("many threads append and read while segments roll and are freed") {
    Folder folder;
    folder.options.recent_bytes = 16 << 10;
    const auto journal = folder.open().value();
    constexpr int threads = 4;
    constexpr int each = 100;
    std::atomic<bool> stop = false;
    std::atomic<bool> in_order = true; // Catch's own checks are for one thread
    std::thread reader([&] {
        Sequence after = 0;
        while (!stop || after < journal->newest()) {
            const auto found = journal->read(after, {.entries = 50, .bytes = 1 << 20}).value();
            for (const auto& one : found) {
                in_order = in_order && one->sequence == after + 1;
                after = one->sequence;
            }
            if (after > 20) {
                in_order = in_order && journal->free_up_to(after - 20).has_value();
            }
        }
    });
    std::atomic<int> taken = 0;
    std::vector<std::thread> writers;
    for (int t = 0; t < threads; ++t) {
        writers.emplace_back([&] {
            for (int i = 0; i < each; ++i) {
                taken += append(*journal, batch({entry("p", std::string(1024, 'x'))})).has_value()
                             ? 1
                             : 0;
            }
        });
    }
    for (auto& writer : writers) {
        writer.join();
    }
    stop = true;
    reader.join();
    CHECK(in_order);
    CHECK(taken == threads * each);
    CHECK(journal->newest() == threads * each);
}
