#include "signal/heart_monitor.hpp"

#include "signal/heart_monitor_hearts.hpp"
#include "vigil/v1/heart_state.pb.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <random>

namespace vigil::signal {
namespace {

using namespace test;

bool take_turns(const Changes& changes) {
    std::array<bool, 3> on{};
    std::array<std::int64_t, 3> last{};
    return std::ranges::all_of(changes, [&](const HeartChange& change) {
        const auto state = static_cast<std::size_t>(change.state);
        const bool begins = change.kind == Kind::begins;
        const bool fits = on.at(state) != begins && change.at_us >= last.at(state);
        on.at(state) = begins;
        last.at(state) = change.at_us;
        return fits;
    });
}

constexpr HeartLimits limits{.bradycardia_bpm = 48, .tachycardia_bpm = 125, .pause_s = 3};

} // namespace

TEST_CASE("in any order within 10 s, cut anyhow, repeated, the settled changes are the same") {
    const auto seed = GENERATE(range<std::uint64_t>(1, 26));
    CAPTURE(seed);
    const Heart heart(seed);
    const Changes expected = heart.by_rules(limits);
    REQUIRE(expected.size() > 4);
    for (const unsigned most : {1U, 5U, 30U}) {
        for (const double delay_s : {0.0, 3.0, 10.0}) {
            CAPTURE(most, delay_s);
            HeartMonitor monitor(limits);
            const auto update =
                all(monitor, received(heart.entries(seed + most, most), 7 * seed + most, delay_s));
            CHECK(update.settled == expected);
            CHECK(take_turns(update.told));
            if (delay_s == 0) { // in order nothing is told but what is so
                CHECK(update.told == expected);
                CHECK(monitor.passed_over() == 0);
            }
        }
    }
}

TEST_CASE("another owner that begins from a checkpoint tells the same") {
    const auto seed = GENERATE(range<std::uint64_t>(100, 120));
    CAPTURE(seed);
    const auto receipts = received(Heart(seed).entries(seed, 9), seed, 10);
    std::mt19937_64 engine(seed);
    HeartMonitor monitor(limits);
    HeartMonitor other(limits);
    for (const Receipt& receipt : receipts) {
        REQUIRE(take(monitor, receipt) == take(other, receipt));
        if (engine() % 11 == 0) {
            auto restored = HeartMonitor::restore(other.serialize());
            REQUIRE(restored);
            other = *std::move(restored);
        }
    }
    CHECK(other.serialize() == monitor.serialize());
}

TEST_CASE("a state is told with the entry that shows it, and settles when nothing can change it") {
    HeartMonitor monitor;
    CHECK(monitor.beats(entry(0, start_us, std::vector<std::uint32_t>(10, 800'000))).told.empty());
    // 130 a minute from 8 s on, in entries of about a second
    std::int64_t now_us = start_us + 8 * s;
    std::uint64_t index = 10;
    std::optional<std::int64_t> told_us;
    Changes settled;
    for (int i = 0; i < 60; ++i) {
        const auto update = monitor.beats(entry(index, now_us, {461'538, 461'538}));
        now_us += 2 * 461'538;
        index += 2;
        if (!update.told.empty()) {
            REQUIRE_FALSE(told_us);
            told_us = now_us;
            CHECK(update.told[0].state == HeartState::tachycardia);
            CHECK(update.told[0].kind == Kind::begins);
            CHECK(update.told[0].value > 120);
            CHECK(update.told[0].limit == 120);
        }
        std::ranges::copy(update.settled, std::back_inserter(settled));
        CHECK(settled.empty() == (!told_us || now_us - *told_us < 40 * s));
    }
    REQUIRE(told_us);
    CHECK(*told_us - (start_us + 8 * s) < 10 * s);
    REQUIRE(settled.size() == 1);
}

TEST_CASE("a pause within one entry is told, with its length") {
    HeartMonitor monitor;
    std::vector<std::uint32_t> rr(8, 800'000);
    rr.insert(rr.end(), {3'700'000, 800'000});
    const auto update = monitor.beats(entry(0, start_us, rr));
    REQUIRE(update.told.size() == 2);
    CHECK(
        update.told[0] == HeartChange{HeartState::pause, Kind::begins, start_us + 9'400'000, 3, 3}
    );
    CHECK(
        update.told[1] == HeartChange{HeartState::pause, Kind::ends, start_us + 10'100'000, 3.7, 3}
    );
    // one of exactly the limit too
    const auto exact = monitor.beats(entry(10, start_us + 10'900'000, {3'000'000}));
    REQUIRE(exact.told.size() >= 2);
    CHECK(exact.told[0].kind == Kind::begins);
    CHECK(exact.told[1].state == HeartState::pause);
    CHECK(exact.told[1].kind == Kind::ends);
    CHECK(exact.told[1].value == 3);
}

TEST_CASE("silence is no pause: it is told as lost, where the data stop, once it has lasted") {
    HeartMonitor monitor;
    CHECK(monitor.clock(50 * s).told.empty());
    const auto fast = monitor.beats(entry(0, start_us, std::vector<std::uint32_t>(20, 400'000)));
    REQUIRE(fast.told.size() == 1);
    const std::int64_t last_us = start_us + 8 * s;
    // heard at 50 s of the owner's clock: 15 s until it is lost, 40 s in which beats may come
    for (std::int64_t now = 51; now <= 105; ++now) {
        CHECK(monitor.clock(now * s).told.empty());
    }
    const auto lost = monitor.clock(106 * s);
    REQUIRE(lost.told.size() == 1);
    CHECK(
        lost.told[0] == HeartChange{HeartState::tachycardia, Kind::lost, last_us + 15 * s, 0, 120}
    );
    CHECK(lost.settled == lost.told);
    CHECK(monitor.clock(1000 * s) == HeartUpdate{});
    // it begins anew with what comes later
    const auto again =
        monitor.beats(entry(500, start_us + 200 * s, std::vector<std::uint32_t>(20, 400'000)));
    REQUIRE(again.told.size() == 1);
    CHECK(again.told[0].kind == Kind::begins);
}

TEST_CASE("what comes after its time has settled is passed over and counted") {
    HeartMonitor monitor;
    const std::vector<std::uint32_t> minute(60, 1'000'000);
    CHECK(monitor.beats(entry(100, start_us + 100 * s, minute)).told.empty());
    CHECK(monitor.passed_over() == 0);
    // settled up to 120 s: of the ten beats before, and of a repeat
    CHECK(monitor.beats(entry(80, start_us + 80 * s, {3'500'000, 3'500'000})) == HeartUpdate{});
    CHECK(monitor.passed_over() == 2);
    CHECK(monitor.beats(entry(100, start_us + 100 * s, minute)) == HeartUpdate{});
    CHECK(monitor.passed_over() == 2 + 19); // the beats that end before 120 s
    CHECK(monitor.finish().settled.empty());
}

TEST_CASE("a device whose clock is set back goes on, and what it had is lost") {
    HeartMonitor monitor;
    const std::vector<std::uint32_t> fast(60, 400'000);
    CHECK(monitor.beats(entry(0, start_us, fast)).told.size() == 1);
    const auto update = monitor.beats(entry(60, start_us - 3'600 * s, fast));
    REQUIRE(update.told.size() == 2);
    CHECK(update.told[0].kind == Kind::lost);
    CHECK(update.told[1].kind == Kind::begins);
    CHECK(update.told[1].at_us < start_us);
    CHECK(monitor.passed_over() == 0);
    // the same beats again, by their index, are none
    CHECK(monitor.beats(entry(0, start_us - 3'570 * s, fast)) == HeartUpdate{});
    CHECK(monitor.passed_over() == fast.size());
}

TEST_CASE("beats are ordered by their time where a device numbers them otherwise") {
    HeartMonitor monitor;
    const auto fast = monitor.beats(entry(100, start_us, std::vector<std::uint32_t>(50, 400'000)));
    CHECK(fast.told.size() == 1);
    const std::vector<std::uint32_t> slow(20, 1'000'000);
    const auto then = monitor.beats(entry(0, start_us + 20 * s, slow));
    CHECK(then.told.size() == 1);
    const auto end = monitor.finish();
    REQUIRE(end.settled.size() == 2);
    CHECK(end.settled[0] == fast.told[0]);
    CHECK(end.settled[1] == then.told[0]);
}

TEST_CASE("a device's own rates are judged, and a corrected one tells the other end") {
    HeartMonitor monitor;
    CHECK(monitor.vital(rate(start_us, 90)).told.empty());
    const auto fast = monitor.vital(rate(start_us + 5 * s, 150));
    REQUIRE(fast.told.size() == 1);
    CHECK(fast.told[0].value == 150);
    CHECK(monitor.vital(rate(start_us + 5 * s, 150)) == HeartUpdate{});
    const auto corrected = monitor.vital(rate(start_us + 5 * s, 80));
    REQUIRE(corrected.told.size() == 1);
    CHECK(corrected.told[0].kind == Kind::ends);
    CHECK(corrected.told[0].value == 80);
    CHECK(monitor.finish().settled.empty()); // it never was
}

TEST_CASE("a rate counts for five minutes") {
    HeartMonitor monitor;
    CHECK(monitor.vital(rate(start_us, 150)).told.size() == 1);
    CHECK(monitor.vital(rate(start_us + 300 * s, 150)).told.empty());
    const auto later = monitor.vital(rate(start_us + 601 * s, 150));
    REQUIRE(later.told.size() == 2);
    CHECK(later.told[0].kind == Kind::lost);
    CHECK(later.told[0].at_us == start_us + 600 * s);
    CHECK(later.told[1].kind == Kind::begins);
}

TEST_CASE("what is no live heart rate changes nothing") {
    HeartMonitor monitor;
    auto batched = rate(start_us, 200);
    batched.set_batched(true);
    CHECK(monitor.vital(batched) == HeartUpdate{});
    auto variability = rate(start_us, 200);
    variability.set_name("heart_rate_variability");
    CHECK(monitor.vital(variability) == HeartUpdate{});
    for (const double bpm :
         {0.0,
          -5.0,
          std::numeric_limits<double>::quiet_NaN(),
          std::numeric_limits<double>::infinity()}) {
        CHECK(monitor.vital(rate(start_us, bpm)) == HeartUpdate{});
    }
    const auto most = std::numeric_limits<std::int64_t>::max();
    CHECK(monitor.vital(rate(most, 200)) == HeartUpdate{});
    CHECK(monitor.vital(rate(-most, 200)) == HeartUpdate{});
    CHECK(monitor.beats(entry(0, start_us, {})) == HeartUpdate{});
    CHECK(monitor.beats(entry(0, most - 5, {300'000})) == HeartUpdate{});
    CHECK(monitor.beats(entry(~std::uint64_t{0}, start_us, {300'000, 300'000})) == HeartUpdate{});
    const std::vector<std::uint32_t> no_heart(40, 150'000);
    CHECK(monitor.beats(entry(0, start_us, no_heart)) == HeartUpdate{});
    CHECK(monitor.beats(entry(40, start_us, {5'000'001})) == HeartUpdate{});
    CHECK(monitor.clock(1) == HeartUpdate{});
    CHECK(monitor.finish() == HeartUpdate{});
}

TEST_CASE("limits that change hold for what is not settled") {
    HeartMonitor monitor;
    const auto beats = [&](std::uint64_t first) {
        const std::vector<std::uint32_t> some(10, 545'454); // 110 a minute
        return monitor.beats(
            entry(first, start_us + static_cast<std::int64_t>(first) * 545'454, some)
        );
    };
    CHECK(beats(0).told.empty());
    monitor.set_limits({.bradycardia_bpm = 50, .tachycardia_bpm = 100});
    const auto update = beats(10);
    REQUIRE(update.told.size() == 1);
    CHECK(update.told[0].limit == 100);
    CHECK_THROWS_AS(monitor.set_limits({.pause_s = 0}), std::invalid_argument);
}

TEST_CASE("what is no checkpoint is refused") {
    HeartMonitor monitor(limits);
    static_cast<void>(monitor.beats(entry(0, start_us, std::vector<std::uint32_t>(30, 400'000))));
    static_cast<void>(monitor.vital(rate(start_us, 70)));
    const std::string good = monitor.serialize();
    REQUIRE(HeartMonitor::restore(good));
    const auto refused = [&](auto change) {
        v1::HeartMonitorState state;
        REQUIRE(state.ParseFromString(good));
        change(state);
        const auto restored = HeartMonitor::restore(state.SerializeAsString());
        return !restored && restored.error().code == ErrorCode::invalid_argument &&
               !restored.error().detail.empty();
    };
    CHECK_FALSE(HeartMonitor::restore(""));
    CHECK_FALSE(HeartMonitor::restore("no checkpoint"));
    CHECK_FALSE(HeartMonitor::restore(std::string((1 << 20) + 1, '\0')));
    CHECK_FALSE(HeartMonitor::restore(good.substr(0, good.size() - 3)));
    using State = v1::HeartMonitorState;
    CHECK_FALSE(refused([](State&) {}));
    CHECK(refused([](State& in) { in.mutable_limits()->set_pause_s(0); }));
    CHECK(refused([](State& in) { in.clear_limits(); }));
    CHECK(refused([](State& in) { in.add_told(); }));
    CHECK(refused([](State& in) { in.clear_latest_us(); }));
    CHECK(refused([](State& in) { in.set_latest_us(std::int64_t{1} << 60); }));
    CHECK(refused([](State& in) { in.set_clock_us(-(std::int64_t{1} << 60)); }));
    CHECK(refused([](State& in) { in.mutable_settled()->set_on(8); }));
    CHECK(refused([](State& in) { in.mutable_settled()->set_rate_bpm(-1); }));
    CHECK(refused([](State& in) { in.mutable_settled()->add_interval_us(100); }));
    CHECK(refused([](State& in) {
        for (int i = 0; i < 9; ++i) {
            in.mutable_settled()->add_interval_us(500'000);
        }
    }));
    CHECK(refused([](State& in) { in.mutable_intervals(0)->set_rr_us(5'000'001); }));
    CHECK(refused([](State& in) { in.mutable_intervals(0)->set_end_us(std::int64_t{1} << 60); }));
    CHECK(refused([](State& in) { in.mutable_rates(0)->set_bpm(0); }));
}

} // namespace vigil::signal
