// The sharing out over random histories, and the keeper with owners that only count.
#include "detector/shards.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <random>
#include <set>

using namespace vigil;
using namespace vigil::detector;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

using Engine = std::mt19937_64;

/// A table and those who act on it; what they do is counted.
struct History {
    std::uint32_t shards = 8;
    journal::LeaseTable table = {};
    Engine random = {};
    unsigned named = 0;
    std::size_t released = 0;

    void join() { table.beats["m" + std::to_string(named++ * 7 % 100)] = 1; }

    void end(const std::string& member) { table.forget(member); }

    [[nodiscard]] std::string some_member() {
        return std::next(
                   table.beats.begin(),
                   static_cast<std::ptrdiff_t>(random() % table.beats.size())
        )
            ->first;
    }

    void act(const std::string& member) {
        const auto shares = shares_of(member, table, shards);
        for (const auto shard : shares.release) {
            REQUIRE(table.holds(shard, member));
            table.holders.erase(shard);
            ++released;
        }
        for (const auto shard : shares.claim) {
            REQUIRE(table.holders.emplace(shard, member).second); // never from another
        }
    }

    /// Everybody once, in some order.
    void round() {
        std::vector<std::string> order;
        for (const auto& [member, beats] : table.beats) {
            order.push_back(member);
        }
        std::ranges::shuffle(order, random);
        for (const auto& member : order) {
            act(member);
        }
    }

    [[nodiscard]] std::vector<std::size_t> numbers() const {
        std::vector<std::size_t> numbers;
        for (const auto& [member, beats] : table.beats) {
            numbers.push_back(static_cast<std::size_t>(std::ranges::count_if(
                table.holders,
                [&](const auto& one) { return one.second == member; }
            )));
        }
        std::ranges::sort(numbers, std::greater{});
        return numbers;
    }

    /// What at least must be given back, so that everybody has as many or one more.
    [[nodiscard]] std::size_t fewest_releases() const {
        const auto held = numbers();
        std::size_t fewest = 0;
        for (std::size_t i = 0; i < held.size(); ++i) {
            const auto most = shards / held.size() + (i < shards % held.size() ? 1 : 0);
            fewest += held[i] - std::min(held[i], most);
        }
        return fewest;
    }

    void must_be_even() const {
        const auto held = numbers();
        REQUIRE(table.holders.size() == shards);
        REQUIRE(held.front() - held.back() <= 1);
        for (const auto& [member, beats] : table.beats) {
            const auto shares = shares_of(member, table, shards);
            REQUIRE((shares.settled && shares.claim.empty() && shares.release.empty()));
        }
    }
};

struct Counted final : ShardOwner {
    explicit Counted(bool& the_end) : end(the_end) {}

    bool& end;

    [[nodiscard]] bool ended() const override { return end; }
};

struct Process {
    journal::Membership membership;
    std::map<std::uint32_t, bool> ends = {}; // by shard: its owner says that it has ended
    std::size_t started = 0;
    ShardKeeper keeper;

    Process(journal::MemoryLeases& leases, const Clock& clock, const std::string& name)
        : membership(leases, clock, name, seconds(5)),
          keeper(membership, clock, {.shards = 8}, [this](std::uint32_t shard) {
              ++started;
              ends[shard] = false;
              return std::make_unique<Counted>(ends[shard]);
          }) {}

    [[nodiscard]] std::size_t owned() const { return keeper.owners().size(); }
};

/// Both look until all has settled.
void settle(ManualClock& clock, std::initializer_list<Process*> processes) {
    for (int round = 0; round < 4; ++round) {
        clock.advance(milliseconds(500));
        for (auto* process : processes) {
            REQUIRE(process->keeper.look().has_value());
        }
    }
}

} // namespace

TEST_CASE("shards are groups of partitions that follow one another and differ by one at most") {
    CHECK(shard_range(3, 8, 64) == PartitionRange{24, 32});
    for (const std::uint32_t partitions : {1U, 7U, 64U, 4096U}) {
        for (const std::uint32_t shards : {1U, 3U, 7U, 8U}) {
            std::uint32_t next = 0;
            for (std::uint32_t shard = 0; shard < shards; ++shard) {
                const auto range = shard_range(shard, shards, partitions);
                CHECK(range.first == next);
                CHECK(range.size() >= partitions / shards);
                CHECK(range.size() <= partitions / shards + 1);
                next = range.end;
            }
            CHECK(next == partitions);
        }
    }
}

TEST_CASE("after any changes all shards are held evenly within three rounds, by the fewest moves") {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        History history{.random = Engine(seed)};
        history.shards = static_cast<std::uint32_t>(1 + history.random() % 20);
        history.join();
        std::size_t allowed = 0;
        for (int step = 0; step < 60; ++step) {
            const auto what = history.random() % 10;
            if (what < 2) {
                history.join();
            } else if (what < 4 && history.table.beats.size() > 1) {
                history.end(history.some_member());
            } else {
                for (auto acts = 1 + history.random() % 4; acts > 0; --acts) {
                    history.act(history.some_member());
                }
                continue;
            }
            INFO("seed " << seed << ", step " << step);
            REQUIRE(history.released <= allowed);
            history.released = 0;
            allowed = history.fewest_releases();
        }
        INFO("seed " << seed);
        for (int round = 0; round < 3; ++round) {
            history.round();
        }
        REQUIRE(history.released <= allowed);
        history.must_be_even();
    }
}

TEST_CASE("one more member moves its share and nothing else; one that goes moves only what it had"
) {
    for (std::uint32_t shards = 1; shards <= 20; ++shards) {
        History history{.shards = shards, .random = Engine(shards)};
        for (std::size_t members = 1; members <= 12; ++members) {
            history.released = 0;
            history.join();
            for (int round = 0; round < 3; ++round) {
                history.round();
            }
            history.must_be_even();
            CHECK(history.released == (members == 1 ? 0 : shards / members));
        }
        while (history.table.beats.size() > 1) {
            history.released = 0;
            history.end(history.some_member());
            for (int round = 0; round < 3; ++round) {
                history.round();
            }
            history.must_be_even();
            CHECK(history.released == 0);
        }
    }
}

TEST_CASE("the keeper starts and stops owners as shards come and go") {
    journal::MemoryLeases leases;
    ManualClock clock{UtcTime{}};
    Process a(leases, clock, "a");
    settle(clock, {&a});
    CHECK(a.owned() == 8);
    Process b(leases, clock, "b");
    settle(clock, {&a, &b});
    CHECK((a.owned() == 4 && b.owned() == 4));
    CHECK((a.started == 8 && b.started == 4));
    REQUIRE(b.keeper.leave().has_value());
    CHECK(b.owned() == 0);
    REQUIRE(a.keeper.look().has_value()); // at once, without waiting for any time to live
    CHECK(a.owned() == 8);
    CHECK(a.keeper.lost() == 0);
}

TEST_CASE("one that stands still loses its shards, notices when it goes on, and takes part again") {
    journal::MemoryLeases leases;
    ManualClock clock{UtcTime{}};
    Process a(leases, clock, "a");
    Process b(leases, clock, "b");
    settle(clock, {&a, &b});
    for (int round = 0; round < 7; ++round) { // the time to live, and as many looks
        clock.advance(seconds(1));
        REQUIRE(b.keeper.look().has_value());
    }
    CHECK(b.owned() == 8);
    CHECK((a.owned() == 4 && !a.membership.is_current())); // it does not know yet
    a.ends[a.keeper.owners().begin()->first] = true;       // one of its owners was refused
    REQUIRE(a.keeper.look().has_value());
    CHECK((a.owned() == 0 && a.keeper.lost() == 4));
    settle(clock, {&a, &b});
    CHECK((a.owned() == 4 && b.owned() == 4));
}

TEST_CASE("a shard whose owner gives up is left to others, and tried again after a rest") {
    journal::MemoryLeases leases;
    ManualClock clock{UtcTime{}};
    Process a(leases, clock, "a");
    settle(clock, {&a});
    a.ends[5] = true;
    REQUIRE(a.keeper.look().has_value());
    CHECK((a.owned() == 7 && !leases.read().value().table.holders.contains(5)));
    Process b(leases, clock, "b");
    REQUIRE(b.keeper.look().has_value());
    CHECK(b.keeper.owners().contains(5));
    REQUIRE(b.keeper.leave().has_value());
    clock.advance(seconds(4));
    REQUIRE(a.keeper.look().has_value());
    CHECK(!a.keeper.owners().contains(5));
    clock.advance(seconds(1));
    REQUIRE(a.keeper.look().has_value());
    CHECK(a.owned() == 8);
}

TEST_CASE("while the leases cannot be reached owners go on, as fences keep that safe") {
    journal::MemoryLeases leases;
    ManualClock clock{UtcTime{}};
    Process a(leases, clock, "a");
    settle(clock, {&a});
    leases.refuse_next(1);
    CHECK(a.keeper.look().error().code == ErrorCode::unavailable);
    CHECK(a.owned() == 8);
    leases.doubt_next(1);
    CHECK(a.keeper.look().error().retry == Retry::in_doubt);
    REQUIRE(a.keeper.look().has_value());
    CHECK((a.owned() == 8 && a.started == 8));
}
