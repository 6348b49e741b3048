#include "play/outbox.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace vigil::play;

namespace {

Item block(int number, std::uint32_t epoch = 1, std::size_t size = 100) {
    auto body = std::to_string(number);
    body.resize(std::max(size, body.size()), ' ');
    return {.kind = Kind::eeg_block, .body = body, .epoch = epoch};
}

int number_of(const Item& item) {
    return std::stoi(item.body);
}

std::vector<int> numbers(const std::vector<Item>& items) {
    std::vector<int> all;
    for (const auto& item : items) {
        all.push_back(number_of(item));
    }
    return all;
}

struct Folder {
    Folder() { std::filesystem::create_directories(path); }

    ~Folder() { std::filesystem::remove_all(path); }

    [[nodiscard]] SpoolFile spool(std::size_t bytes = 1 << 20) const {
        return std::move(SpoolFile::open(path / "p.spool", bytes).value());
    }

    [[nodiscard]] SpoolFile aside(std::size_t bytes = 1 << 20) const {
        return std::move(SpoolFile::open(path / "p.aside", bytes).value());
    }

    std::filesystem::path path = std::filesystem::temp_directory_path() / "vigil_outbox_test";
};

constexpr std::size_t all = 1000;
constexpr std::size_t any = 1 << 20;

} // namespace

TEST_CASE("the live lane gets the newest items in order, backfill the oldest") {
    MemoryBudget budget{.limit = 10'000};
    Outbox outbox(3, budget, std::nullopt);
    for (int i = 0; i < 10; ++i) {
        outbox.push(block(i));
    }
    CHECK(numbers(outbox.take(Lane::live, all, any)) == std::vector{7, 8, 9});
    CHECK(numbers(outbox.take(Lane::backfill, 4, any)) == std::vector{0, 1, 2, 3});
    CHECK(numbers(outbox.take(Lane::backfill, all, 250)) == std::vector{4, 5});
    CHECK(outbox.undelivered() == 10);
    CHECK(outbox.take(Lane::live, all, any).empty());
}

TEST_CASE("what is given back comes first again, and becomes backfill when newer items push") {
    MemoryBudget budget{.limit = 10'000};
    Outbox outbox(3, budget, std::nullopt);
    for (int i = 0; i < 3; ++i) {
        outbox.push(block(i));
    }
    auto taken = outbox.take(Lane::live, all, any);
    outbox.push(block(3));
    outbox.push(block(4));
    outbox.give_back(Lane::live, std::move(taken));
    CHECK(numbers(outbox.take(Lane::live, all, any)) == std::vector{2, 3, 4});
    CHECK(numbers(outbox.take(Lane::backfill, all, any)) == std::vector{0, 1});
}

TEST_CASE("kinds are not mixed in a request, and beats go by themselves") {
    MemoryBudget budget{.limit = 10'000};
    Outbox outbox(8, budget, std::nullopt);
    outbox.push(block(1));
    outbox.push({.kind = Kind::vital, .body = "10"});
    outbox.push(block(2));
    outbox.push({.kind = Kind::beats, .body = "20"});
    outbox.push({.kind = Kind::beats, .body = "21"});
    CHECK(numbers(outbox.take(Lane::live, all, any)) == std::vector{1, 2});
    CHECK(numbers(outbox.take(Lane::live, all, any)) == std::vector{10});
    CHECK(numbers(outbox.take(Lane::live, all, any)) == std::vector{20});
    CHECK(numbers(outbox.take(Lane::live, all, any)) == std::vector{21});
}

TEST_CASE("a stream's end is sent only when all of the stream is settled") {
    MemoryBudget budget{.limit = 10'000};
    Outbox outbox(2, budget, std::nullopt);
    for (int i = 0; i < 4; ++i) {
        outbox.push(block(i));
    }
    outbox.push({.kind = Kind::stream_end, .body = "99", .epoch = 1});
    outbox.push(block(5, 2));
    auto live = outbox.take(Lane::live, all, any); // 3 and 5
    auto old = outbox.take(Lane::backfill, all, any);
    CHECK(numbers(old) == std::vector{0, 1, 2});
    CHECK(outbox.take(Lane::backfill, all, any).empty());
    outbox.settled(old);
    CHECK(outbox.take(Lane::backfill, all, any).empty());
    outbox.settled({live[0]});
    auto end = outbox.take(Lane::backfill, all, any);
    REQUIRE(numbers(end) == std::vector{99});
    outbox.give_back(Lane::backfill, std::move(end));
    end = outbox.take(Lane::backfill, all, any);
    REQUIRE(numbers(end) == std::vector{99});
    outbox.settled(end);
    CHECK(outbox.undelivered() == 1);
}

TEST_CASE("beyond the memory bound items go to the file, and come back in order") {
    const Folder folder;
    MemoryBudget budget{.limit = 1000};
    {
        Outbox outbox(2, budget, folder.spool());
        for (int i = 0; i < 100; ++i) {
            outbox.push(block(i));
        }
        CHECK(budget.used <= 1000);
        CHECK(outbox.lost() == 0);
        CHECK(outbox.undelivered() == 100);
        outbox.settled(outbox.take(Lane::live, all, any));
        std::vector<int> old;
        for (auto items = outbox.take(Lane::backfill, 7, any); !items.empty();
             items = outbox.take(Lane::backfill, 7, any)) {
            for (const int number : numbers(items)) {
                old.push_back(number);
            }
            outbox.settled(items);
        }
        REQUIRE(old.size() == 98);
        CHECK(std::ranges::is_sorted(old));
        CHECK(outbox.undelivered() == 0);
        CHECK(std::filesystem::file_size(folder.path / "p.spool") == 0);
    }
    CHECK(budget.used == 0);
}

TEST_CASE("beyond memory and file items are lost, and counted") {
    const Folder folder;
    MemoryBudget budget{.limit = 500};
    Outbox none(1, budget, std::nullopt);
    for (int i = 0; i < 20; ++i) {
        none.push(block(i));
    }
    CHECK(none.lost() == 15);
    CHECK(none.undelivered() == 5);

    MemoryBudget other{.limit = 500};
    Outbox small(1, other, folder.spool(1100)); // ten records of 109 bytes
    for (int i = 0; i < 40; ++i) {
        small.push(block(i));
    }
    CHECK(small.lost() == 40 - 5 - 10);
    CHECK(small.undelivered() == 15);
}

TEST_CASE("what a run could not deliver is sent by the next one, its end of stream last") {
    const Folder folder;
    MemoryBudget budget{.limit = 300};
    {
        Outbox outbox(2, budget, folder.spool());
        for (int i = 0; i < 10; ++i) {
            outbox.push(block(i));
        }
        outbox.push({.kind = Kind::stream_end, .body = "99", .epoch = 1});
        CHECK(outbox.keep() == 0);
    }
    Outbox outbox(2, budget, folder.spool());
    CHECK(outbox.undelivered() == 11);
    std::vector<int> sent;
    for (auto items = outbox.take(Lane::backfill, 4, any); !items.empty();
         items = outbox.take(Lane::backfill, 4, any)) {
        for (const int number : numbers(items)) {
            sent.push_back(number);
        }
        outbox.settled(items);
    }
    REQUIRE(sent.size() == 11);
    CHECK(sent.back() == 99);
    std::ranges::sort(sent);
    CHECK(std::ranges::adjacent_find(sent) == sent.end());
    CHECK(outbox.undelivered() == 0);
}

TEST_CASE("what was read from the file and not delivered is not written to it again") {
    const Folder folder;
    MemoryBudget budget{.limit = 300};
    {
        Outbox outbox(1, budget, folder.spool());
        for (int i = 0; i < 10; ++i) {
            outbox.push(block(i)); // beside 9 memory has room for 0 and 1; the file gets the rest
        }
        outbox.settled(outbox.take(Lane::live, all, any));
        outbox.settled(outbox.take(Lane::backfill, all, any));
        outbox.give_back(Lane::backfill, outbox.take(Lane::backfill, all, any));
        outbox.put_behind(outbox.take(Lane::backfill, 2, any));
        outbox.push(block(10, 2));
        const auto before = std::filesystem::file_size(folder.path / "p.spool");
        CHECK(outbox.keep() == 0);
        CHECK(std::filesystem::file_size(folder.path / "p.spool") == before + before / 7);
    }
    Outbox outbox(1, budget, folder.spool());
    CHECK(numbers(outbox.take(Lane::backfill, all, any)) == std::vector{2, 3, 4, 5, 6, 7, 8, 10});
    CHECK(outbox.undelivered() == 8);
}

TEST_CASE(
    "a run that dies in the middle of its file loses nothing of it; a torn record alone is lost"
) {
    const Folder folder;
    {
        auto spool = folder.spool();
        for (int i = 0; i < 5; ++i) {
            REQUIRE(spool.put(std::vector{block(i)}) == 1);
        }
        CHECK(spool.take().has_value()); // taken, not delivered, and then the process dies
    }
    {
        auto spool = folder.spool();
        while (spool.take()) {
        } // all are taken, none delivered
        CHECK(spool.items() == 0);
    }
    CHECK(folder.spool().items() == 5);
    std::filesystem::resize_file(folder.path / "p.spool", 5 * 109 - 1);
    auto torn = folder.spool();
    CHECK(torn.items() == 4);
    CHECK(torn.put(std::vector{block(7)}) == 1);
    std::vector<int> left;
    while (auto item = torn.take()) {
        left.push_back(number_of(*item));
    }
    CHECK(left == std::vector{0, 1, 2, 3, 7});
    torn.release();
    CHECK(std::filesystem::file_size(folder.path / "p.spool") == 0);
    CHECK_FALSE(SpoolFile::open("/proc/nowhere/p.spool", 10).has_value());
}

TEST_CASE("a spool file is its owner's alone, also one that an earlier run left open to others") {
    namespace fs = std::filesystem;
    const Folder folder;
    const auto file = folder.path / "p.spool";
    const auto mode = [&file] { return fs::status(file).permissions(); };
    constexpr auto owner_only = fs::perms::owner_read | fs::perms::owner_write;
    REQUIRE(folder.spool().put(std::vector{block(1)}) == 1);
    CHECK(mode() == owner_only);
    fs::permissions(file, fs::perms::all);
    CHECK(folder.spool().items() == 1);
    CHECK(mode() == owner_only);

    fs::create_symlink("/dev/null", folder.path / "q.spool");
    CHECK_FALSE(SpoolFile::open(folder.path / "q.spool", 1000).has_value());
}

TEST_CASE("items that are kept together are kept up to the file's bound") {
    const Folder folder;
    auto spool = folder.spool(3 * 109);
    CHECK(spool.put(std::vector{block(1), block(2), block(3), block(4)}) == 3);
    CHECK(spool.put(std::vector{block(4)}) == 0);
    CHECK(spool.items() == 3);
}

TEST_CASE("what the server fails on waits behind everything else, and goes by itself") {
    MemoryBudget budget{.limit = 10'000};
    Outbox outbox(1, budget, std::nullopt);
    for (int i = 0; i < 5; ++i) {
        outbox.push(block(i));
    }
    outbox.push({.kind = Kind::stream_end, .body = "99", .epoch = 1});
    auto first = outbox.take(Lane::backfill, 2, any);
    REQUIRE(numbers(first) == std::vector{0, 1});
    outbox.put_behind(std::move(first));
    auto rest = outbox.take(Lane::backfill, all, any);
    CHECK(numbers(rest) == std::vector{2, 3});
    outbox.settled(rest);
    outbox.settled(outbox.take(Lane::live, all, any));
    for (const int number : {0, 1}) {
        const auto alone = outbox.take(Lane::backfill, all, any);
        CHECK(numbers(alone) == std::vector{number});
        outbox.settled(alone);
    }
    CHECK(numbers(outbox.take(Lane::backfill, all, any)) == std::vector{99});
}

TEST_CASE("what is set aside is in its file, holds up nothing, and is sent by the next run") {
    const Folder folder;
    MemoryBudget budget{.limit = 10'000};
    {
        Outbox outbox(5, budget, folder.spool(), folder.aside());
        outbox.push(block(7));
        outbox.push({.kind = Kind::stream_end, .body = "99", .epoch = 1});
        const auto taken = outbox.take(Lane::live, all, any);
        CHECK(outbox.take(Lane::backfill, all, any).empty());
        CHECK(outbox.set_aside(taken.at(0)));
        CHECK(outbox.kept_aside() == 1);
        CHECK(outbox.lost() == 0);
        CHECK(std::filesystem::file_size(folder.path / "p.aside") == 109);
        const auto end = outbox.take(Lane::backfill, all, any);
        CHECK(numbers(end) == std::vector{99});
        outbox.settled(end);
        CHECK(outbox.undelivered() == 0);
    }
    {
        Outbox dies(5, budget, folder.spool(), folder.aside()); // before it sends anything
    }
    Outbox outbox(5, budget, folder.spool(), folder.aside());
    CHECK(outbox.undelivered() == 1);
    const auto again = outbox.take(Lane::backfill, all, any);
    CHECK(numbers(again) == std::vector{7});
    outbox.settled(again);
    CHECK(std::filesystem::file_size(folder.path / "p.aside") == 0);
    CHECK(std::filesystem::file_size(folder.path / "p.spool") == 0);
}

TEST_CASE("what is set aside and finds no room is lost, and counted") {
    const Folder folder;
    MemoryBudget budget{.limit = 10'000};
    Outbox full(5, budget, folder.spool(), folder.aside(108));
    Outbox none(5, budget, std::nullopt);
    for (auto* outbox : {&full, &none}) {
        outbox->push(block(7));
        CHECK_FALSE(outbox->set_aside(outbox->take(Lane::live, all, any).at(0)));
        CHECK(outbox->lost() == 1);
        CHECK(outbox->kept_aside() == 0);
        CHECK(outbox->undelivered() == 0);
    }
}

TEST_CASE("what was set aside stays in its file while the spool has no room for it") {
    const Folder folder;
    REQUIRE(folder.aside().put(std::vector{block(1), block(2)}) == 2);
    MemoryBudget budget{.limit = 10'000};
    const Outbox outbox(5, budget, folder.spool(109), folder.aside());
    CHECK(outbox.undelivered() == 1);
    CHECK(folder.aside().items() == 2);
}
