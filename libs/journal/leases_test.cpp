// One suite for every adapter of the leases, and how members judge each other.
#include "journal/leases.hpp"

#include "journal/journal_suite.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

using namespace vigil;
using namespace vigil::journal;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

class MemoryOnes {
public:
    [[nodiscard]] Leases& leases() { return leases_; }

    void restart() {} // nothing is lost, as with a cluster's servers one after another

private:
    MemoryLeases leases_;
};

class NatsOnes {
public:
    NatsOnes() {
        NatsJournalOptions options;
        options.servers = {server_.address()};
        options.replicas = 1;
        opened(deadline(), [&] {
            auto journal = NatsJournal::open(options, clock_, log_);
            if (journal) {
                journal_ = *std::move(journal);
            }
            return journal_ != nullptr;
        });
        leases_ = journal_->leases("SHARES", seconds(2)).value();
    }

    [[nodiscard]] Leases& leases() { return *leases_; }

    void restart() {
        server_.kill();
        server_.start();
        opened(deadline(), [&] { return leases_->read().has_value(); });
    }

private:
    static std::chrono::steady_clock::time_point deadline() {
        return std::chrono::steady_clock::now() + seconds(60);
    }

    template <class Condition>
    static void opened(std::chrono::steady_clock::time_point until, Condition condition) {
        while (!condition()) {
            REQUIRE(std::chrono::steady_clock::now() < until);
            std::this_thread::sleep_for(milliseconds(50));
        }
    }

    suite::NatsServer server_;
    SystemClock clock_;
    suite::QuietLog log_;
    std::unique_ptr<NatsJournal> journal_;
    std::unique_ptr<Leases> leases_;
};

LeaseTable some_table() {
    return {.beats = {{"a", 7}, {"b.c/d", 1}}, .holders = {{0, "a"}, {5, "b.c/d"}}};
}

/// Two members of one table and one clock.
struct Group {
    MemoryLeases leases;
    ManualClock clock{UtcTime{}};
    Membership a{leases, clock, "a", seconds(5)};
    Membership b{leases, clock, "b", seconds(5)};

    static void take_first(LeaseTable& table) { table.holders.try_emplace(1, "b"); }

    LeaseTable renew(Membership& member) {
        return member.renew([](LeaseTable&) {}).value();
    }
};

} // namespace

TEMPLATE_TEST_CASE("leases: a table is read as it was written", "[leases]", MemoryOnes, NatsOnes) {
    TestType ones;
    auto& leases = ones.leases();
    CHECK(leases.read().value().table == LeaseTable{});
    CHECK(leases.read().value().revision == 0);
    REQUIRE(leases.replace(0, some_table()).has_value());
    const auto held = leases.read().value();
    CHECK(held.table == some_table());
    REQUIRE(leases.replace(held.revision, {}).has_value());
    CHECK(leases.read().value().table == LeaseTable{});
}

TEMPLATE_TEST_CASE("leases: who saw an older table is refused", "[leases]", MemoryOnes, NatsOnes) {
    TestType ones;
    auto& leases = ones.leases();
    REQUIRE(leases.replace(0, some_table()).has_value());
    CHECK(leases.replace(0, {}).error().code == ErrorCode::conflict);
    const auto first = leases.read().value().revision;
    REQUIRE(leases.replace(first, some_table()).has_value());
    CHECK(leases.replace(first, {}).error().code == ErrorCode::conflict);
    CHECK(leases.read().value().table == some_table());
}

TEMPLATE_TEST_CASE(
    "leases: of many who change the same table each change counts once",
    "[leases]",
    MemoryOnes,
    NatsOnes
) {
    TestType ones;
    auto& leases = ones.leases();
    constexpr std::uint64_t each = 20;
    std::vector<std::thread> threads;
    std::atomic<int> failures = 0;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (std::uint64_t done = 0; done < each;) {
                const auto held = leases.read();
                auto table = held.has_value() ? held->table : LeaseTable{};
                ++table.beats["together"];
                const auto written = held.has_value() ? leases.replace(held->revision, table)
                                                      : Result<void>(std::unexpected(held.error()));
                done += written ? 1 : 0;
                failures += !written && written.error().code != ErrorCode::conflict ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(failures == 0);
    CHECK(leases.read().value().table.beats.at("together") == 4 * each);
}

TEMPLATE_TEST_CASE("leases: after a restart they go on", "[leases]", MemoryOnes, NatsOnes) {
    TestType ones;
    auto& leases = ones.leases();
    REQUIRE(leases.replace(0, some_table()).has_value());
    ones.restart();
    // Memory of a single server is gone; either way the next change has its place.
    const auto held = leases.read().value();
    CHECK((held.table == some_table() || held.table == LeaseTable{}));
    REQUIRE(leases.replace(held.revision, {.beats = {{"c", 1}}, .holders = {}}).has_value());
    CHECK(leases.read().value().table.beats.size() == 1);
}

TEST_CASE("a member that is silent for the time to live is taken out with what it holds") {
    Group group;
    REQUIRE(group.b.renew(Group::take_first).value().holds(1, "b"));
    group.renew(group.a);
    for (int second = 1; second < 5; ++second) {
        group.clock.advance(seconds(1));
        CHECK(group.renew(group.a).holds(1, "b"));
    }
    CHECK(group.b.is_current());
    group.clock.advance(seconds(1));
    CHECK(group.renew(group.a) == LeaseTable{.beats = {{"a", 6}}, .holders = {}});
    CHECK(!group.b.is_current());
    // It comes back, with nothing.
    const auto table = group.renew(group.b);
    CHECK(table.beats.contains("b"));
    CHECK(table.holders.empty());
    CHECK(group.b.is_current());
}

TEST_CASE("whoever could not look for long does not hold the others for dead") {
    Group group;
    REQUIRE(group.b.renew(Group::take_first).has_value());
    group.renew(group.a);
    SECTION("it was paused itself, and the other went on") {
        for (int second = 0; second < 60; ++second) {
            group.clock.advance(seconds(1));
            group.renew(group.b);
        }
        CHECK(!group.a.is_current()); // b has taken it out
        CHECK(group.renew(group.a).holds(1, "b"));
    }
    SECTION("the servers were away from both") {
        group.clock.advance(seconds(60));
        group.leases.refuse_next(1);
        CHECK(!group.a.renew([](LeaseTable&) {}).has_value());
        CHECK(group.renew(group.a).holds(1, "b"));
        CHECK(group.renew(group.b).holds(1, "b"));
    }
}

TEST_CASE("clocks of members that differ by hours, and are set, change nothing") {
    MemoryLeases leases;
    ManualClock here{UtcTime{}};
    ManualClock there{UtcTime{std::chrono::hours(9)}};
    Membership a(leases, here, "a", seconds(5));
    Membership b(leases, there, "b", seconds(5));
    for (int second = 0; second < 60; ++second) {
        here.advance(seconds(1));
        there.advance(seconds(1));
        there.step(std::chrono::hours(second % 2 == 0 ? -20 : 20));
        CHECK(a.renew([](LeaseTable&) {}).value().beats.size() == (second == 0 ? 1 : 2));
        CHECK(b.renew([](LeaseTable&) {}).value().beats.size() == 2);
    }
}

TEST_CASE("a member that leaves is out at once, and one whose answer was lost is still in") {
    Group group;
    group.renew(group.a);
    group.leases.doubt_next(1);
    CHECK(group.b.renew(Group::take_first).error().retry == Retry::in_doubt);
    CHECK(group.renew(group.b).holds(1, "b"));
    REQUIRE(group.b.leave().has_value());
    CHECK(group.renew(group.a) == LeaseTable{.beats = {{"a", 2}}, .holders = {}});
    CHECK(!group.b.is_current());
}

TEST_CASE("a renewal that others are faster than is decided again on what they wrote") {
    Group group;
    group.renew(group.a);
    int asked = 0;
    const auto table = group.a.renew([&](LeaseTable& mine) {
        if (++asked == 1) {
            REQUIRE(group.b.renew(Group::take_first).has_value());
        }
        if (!mine.holders.contains(1)) {
            mine.holders[1] = "a";
        }
    });
    CHECK(asked == 2);
    CHECK(table.value().holds(1, "b"));
    const auto never = group.a.renew([&](LeaseTable&) { group.renew(group.b); });
    CHECK(never.error().code == ErrorCode::conflict);
}
