#include "signal/heart_rules.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

namespace vigil::signal {
namespace {

using Kind = HeartChange::Kind;

// Gives beats at a rate and collects what changes.
struct Beating {
    HeartRules rules = HeartRules({});
    std::int64_t at_us = 0;
    std::vector<HeartChange> changes = {};

    void beat(double rr_s) {
        at_us += static_cast<std::int64_t>(rr_s * 1e6);
        std::ranges::copy(
            rules.beat(at_us, static_cast<std::uint32_t>(rr_s * 1e6)),
            std::back_inserter(changes)
        );
    }

    void beats(int count, double bpm) {
        for (int i = 0; i < count; ++i) {
            beat(60 / bpm);
        }
    }

    void clock(double s) {
        std::ranges::copy(
            rules.clock(static_cast<std::int64_t>(s * 1e6)),
            std::back_inserter(changes)
        );
    }

    [[nodiscard]] bool is(std::size_t index, HeartState state, Kind kind) const {
        return index < changes.size() && changes[index].state == state &&
               changes[index].kind == kind;
    }
};

} // namespace

TEST_CASE("a rate over the upper limit is a tachycardia until it is 5 a minute under it") {
    Beating heart;
    heart.beats(20, 119);
    CHECK(heart.changes.empty());
    heart.beats(20, 125);
    REQUIRE(heart.changes.size() == 1);
    CHECK(heart.is(0, HeartState::tachycardia, Kind::begins));
    CHECK(heart.changes[0].value > 120);
    heart.beats(20, 118); // inside the limit, but not far enough
    CHECK(heart.changes.size() == 1);
    heart.beats(20, 110);
    REQUIRE(heart.changes.size() == 2);
    CHECK(heart.is(1, HeartState::tachycardia, Kind::ends));
}

TEST_CASE("a step from 80 to 130 a minute is told within 10 s") {
    // 10 s is Vigil's own bound. Makers state theirs by IEC 60601-2-27, 201.7.9.2.9.101 b) 5), such
    // as "less than 11 s" from 80 to 120 a minute (Mindray uMEC10 and BeneHeart D60 manuals).
    Beating heart;
    heart.beats(20, 80);
    const std::int64_t step_us = heart.at_us;
    heart.beats(30, 130);
    REQUIRE(heart.is(0, HeartState::tachycardia, Kind::begins));
    CHECK(heart.changes[0].at_us - step_us < 10'000'000);
}

TEST_CASE("a rate under the lower limit is a bradycardia until it is 5 a minute over it") {
    Beating heart;
    heart.beats(10, 51);
    CHECK(heart.changes.empty());
    heart.beats(10, 45);
    CHECK(heart.is(0, HeartState::bradycardia, Kind::begins));
    heart.beats(10, 53);
    CHECK(heart.changes.size() == 1);
    heart.beats(10, 60);
    REQUIRE(heart.changes.size() == 2);
    CHECK(heart.is(1, HeartState::bradycardia, Kind::ends));
}

TEST_CASE("a pause begins while it lasts, by the clock, and ends with the next beat") {
    Beating heart;
    heart.beats(10, 60); // the last at 10 s
    heart.clock(12.999);
    CHECK(heart.changes.empty());
    heart.clock(13);
    REQUIRE(heart.is(0, HeartState::pause, Kind::begins));
    CHECK(heart.changes[0].at_us == 13'000'000);
    heart.clock(14);
    CHECK(heart.changes.size() == 1);
    heart.beat(4.5);
    REQUIRE(heart.is(1, HeartState::pause, Kind::ends));
    CHECK_THAT(heart.changes[1].value, Catch::Matchers::WithinAbs(4.5, 1e-9));
    // and one that no clock saw
    heart.beats(8, 60);
    heart.changes.clear();
    heart.beat(3.2);
    CHECK(heart.is(0, HeartState::pause, Kind::begins));
    CHECK(heart.is(1, HeartState::pause, Kind::ends));
}

TEST_CASE("nothing is told of what is not known") {
    Beating heart;
    heart.clock(100); // no beat yet: no pause
    CHECK(heart.changes.empty());
    heart.at_us = 100'000'000;
    heart.beats(3, 200); // three intervals are no rate
    CHECK(heart.changes.empty());
    heart.beats(1, 200);
    CHECK(heart.is(0, HeartState::tachycardia, Kind::begins));
    const auto lost = heart.rules.unknown(heart.at_us + 1);
    REQUIRE(lost.size() == 1);
    CHECK(lost[0].kind == Kind::lost);
    CHECK_FALSE(heart.rules.rate_bpm().has_value());
    CHECK(heart.rules.clock(heart.at_us + 60'000'000).empty()
    ); // silence without signal is no pause
    CHECK(heart.rules.beat(heart.at_us + 61'000'000, std::nullopt).empty());
}

TEST_CASE("inputs before the last one are passed over") {
    HeartRules rules;
    CHECK(rules.beat(10'000'000, std::nullopt).empty());
    CHECK(rules.beat(5'000'000, 200'000).empty());
    CHECK(rules.clock(9'000'000).empty());
    CHECK(rules.unknown(9'999'999).empty());
    CHECK(rules.clock(13'000'000).size() == 1); // the beat at 10 s counts still
}

TEST_CASE("a pause begins when it is as long as its limit, whenever a clock falls into it") {
    for (const double clock_s : {13.0, 13.4, 14.9}) {
        Beating heart;
        heart.beats(10, 60);
        heart.clock(clock_s);
        heart.beat(5);
        REQUIRE(heart.is(0, HeartState::pause, Kind::begins));
        REQUIRE(heart.is(1, HeartState::pause, Kind::ends));
        CHECK(heart.changes[0].at_us == 13'000'000);
        CHECK(heart.changes[0].value == 3);
        CHECK(heart.changes[0].limit == 3);
        CHECK(heart.changes[1].at_us == 15'000'000);
    }
}

TEST_CASE("a device's own rate is judged at once, and what is no rate is passed over") {
    HeartRules rules({.bradycardia_bpm = 45, .tachycardia_bpm = 130});
    CHECK(rules.rate(1, 130).empty());
    const auto fast = rules.rate(2, 130.5);
    REQUIRE(fast.size() == 1);
    CHECK(fast[0] == HeartChange{HeartState::tachycardia, Kind::begins, 2, 130.5, 130});
    CHECK(rules.rate(3, 0).empty());
    CHECK(rules.rate(4, -1).empty());
    CHECK(rules.rate(5, std::numeric_limits<double>::quiet_NaN()).empty());
    CHECK(rules.rate(6, std::numeric_limits<double>::infinity()).empty());
    CHECK(rules.rate_bpm() == 130.5);
    const auto slow = rules.rate(7, 44);
    REQUIRE(slow.size() == 2);
    CHECK(slow[0] == HeartChange{HeartState::tachycardia, Kind::ends, 7, 44, 130});
    CHECK(slow[1] == HeartChange{HeartState::bradycardia, Kind::begins, 7, 44, 45});
}

TEST_CASE("a machine that begins from another's memory goes on as that one") {
    Beating heart;
    heart.beats(12, 130);
    HeartRules other(heart.rules.limits(), heart.rules.memory());
    for (int i = 0; i < 30; ++i) {
        const std::int64_t at_us = heart.at_us + 1'000'000LL * (i + 1);
        CHECK(other.beat(at_us, 1'000'000) == heart.rules.beat(at_us, 1'000'000));
    }
    CHECK(other.memory() == heart.rules.memory());
}

TEST_CASE("each patient's limits are their own") {
    HeartRules athlete({.bradycardia_bpm = 35, .tachycardia_bpm = 180, .pause_s = 4});
    for (int i = 1; i < 20; ++i) {
        CHECK(athlete.beat(i * 1'500'000, 1'500'000).empty()); // 40 a minute
    }
    CHECK_THROWS_AS(HeartRules(HeartLimits{.pause_s = 0}), std::invalid_argument);
}

TEST_CASE("limits beyond their bounds, or that contradict each other, are refused by name") {
    const auto field = [](const HeartLimits& limits) {
        const auto checked = check(limits);
        CHECK((checked || checked.error().code == ErrorCode::invalid_argument));
        CHECK((checked || !checked.error().detail.empty()));
        return checked ? std::string("none") : checked.error().field;
    };
    const double no_number = std::numeric_limits<double>::quiet_NaN();
    CHECK(field({}) == "none");
    CHECK(field({.bradycardia_bpm = 20, .tachycardia_bpm = 300, .pause_s = 20}) == "none");
    CHECK(field({.bradycardia_bpm = 290, .tachycardia_bpm = 300, .pause_s = 1}) == "none");
    CHECK(field({.bradycardia_bpm = 19.9, .pause_s = 20}) == "bradycardia_bpm");
    CHECK(field({.bradycardia_bpm = 300.1, .tachycardia_bpm = 300}) == "bradycardia_bpm");
    CHECK(field({.bradycardia_bpm = no_number}) == "bradycardia_bpm");
    CHECK(field({.tachycardia_bpm = 300.1}) == "tachycardia_bpm");
    CHECK(field({.tachycardia_bpm = 19.9}) == "tachycardia_bpm");
    CHECK(field({.tachycardia_bpm = no_number}) == "tachycardia_bpm");
    CHECK(field({.bradycardia_bpm = 110, .tachycardia_bpm = 120}) == "none");
    CHECK(field({.bradycardia_bpm = 110.1, .tachycardia_bpm = 120}) == "tachycardia_bpm");
    CHECK(field({.bradycardia_bpm = 130, .tachycardia_bpm = 120}) == "tachycardia_bpm");
    CHECK(field({.bradycardia_bpm = 100, .pause_s = 1}) == "none");
    CHECK(field({.bradycardia_bpm = 100, .pause_s = 0.99}) == "pause_s");
    CHECK(field({.pause_s = 20.1}) == "pause_s");
    CHECK(field({.pause_s = no_number}) == "pause_s");
    CHECK(field({.bradycardia_bpm = 20, .pause_s = 3}) == "pause_s"); // 3 s at 20 a minute
    CHECK(field({.bradycardia_bpm = 20, .pause_s = 3.01}) == "none");
}

} // namespace vigil::signal
