// Synthetic clocks over a day: what is corrected lies within 100 ms of what was.
#include "records/clock_course.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <random>

using namespace vigil;
using namespace vigil::records;

namespace {

constexpr std::int64_t start_us = 1'800'000'000'000'000;
constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t hour_s = 3600;
constexpr std::int64_t day_s = 24 * hour_s;

/// A device that sends each second over Wi-Fi: some milliseconds at least, and a long tail.
struct Sender {
    std::function<double(std::int64_t second)> ahead_us;
    std::int64_t least_delay_us = 8'000;
    double jitter_us = 30'000;
    std::mt19937_64 random{7};
    ClockCourse clock{};

    [[nodiscard]] std::int64_t device_us(std::int64_t second) const {
        return start_us + second * second_us + std::llround(ahead_us(second));
    }

    void send(std::int64_t from, std::int64_t until) {
        for (auto second = from; second < until; ++second) {
            send_late(second, second);
        }
    }

    /// What was measured at a second is sent at another one.
    void send_late(std::int64_t measured, std::int64_t sent) {
        std::exponential_distribution<double> jitter(1 / jitter_us);
        clock.take(
            start_us + sent * second_us + least_delay_us + std::llround(jitter(random)),
            device_us(measured)
        );
    }

    /// How far a second lies from where it was, once corrected.
    [[nodiscard]] double off_ms(std::int64_t second) const {
        const auto corrections = clock.corrections();
        const auto us = device_us(second);
        return static_cast<double>(
                   us + correction_at(corrections, clock.slope(), us) -
                   (start_us + second * second_us)
               ) /
               1e3;
    }

    [[nodiscard]] double most_off_ms(std::int64_t from, std::int64_t until) const {
        const auto corrections = clock.corrections();
        double most = 0;
        for (auto second = from; second < until; second += 7) {
            const auto us = device_us(second);
            const auto off = us + correction_at(corrections, clock.slope(), us) -
                             (start_us + second * second_us);
            most = std::max(most, std::abs(static_cast<double>(off)) / 1e3);
        }
        return most;
    }
};

Sender drifting(double ppm) {
    return {.ahead_us = [ppm](std::int64_t second) { return ppm * static_cast<double>(second); }};
}

} // namespace

TEST_CASE("a clock that is 8.6 s off after a day is put right within 100 ms, either way") {
    for (const double ppm : {-100.0, 100.0}) {
        auto sender = drifting(ppm);
        sender.send(0, day_s);
        INFO(ppm);
        CHECK(std::abs(sender.ahead_us(day_s)) > 8.6e6);
        CHECK(sender.most_off_ms(0, day_s) < 50);
        CHECK(sender.clock.slope() * 1e6 == Catch::Approx(-ppm).margin(10));
        CHECK(sender.clock.state().ByteSizeLong() < 4'000);
    }
}

TEST_CASE("a clock that is right stays as it is, however long its samples need") {
    auto sender = drifting(0);
    sender.least_delay_us = 3'000'000;
    sender.send(0, day_s);
    CHECK(sender.most_off_ms(0, day_s) < 50);
}

TEST_CASE("an hour away disturbs nothing, whether it is sent newest or oldest first") {
    for (const bool is_newest_first : {true, false}) {
        auto sender = drifting(100);
        sender.send(0, 6 * hour_s);
        // From then on live samples, and beside them ten a second of what was missed.
        auto missed = is_newest_first ? 7 * hour_s : 6 * hour_s;
        for (auto second = 7 * hour_s; second < day_s; ++second) {
            sender.send_late(second, second);
            for (int i = 0; i < 10 && missed >= 6 * hour_s && missed <= 7 * hour_s; ++i) {
                sender.send_late(missed, second);
                missed += is_newest_first ? -1 : 1;
            }
        }
        INFO(is_newest_first);
        CHECK(sender.most_off_ms(0, day_s) < 50);
    }
}

TEST_CASE("what is sent in one queue, oldest first, is no clock either") {
    auto sender = drifting(-100);
    sender.send(0, 6 * hour_s);
    auto next = 6 * hour_s; // ten times as fast as it was measured, from the seventh hour on
    for (auto second = 7 * hour_s; second < day_s; ++second) {
        for (int i = 0; i < 10 && next <= second; ++i) {
            sender.send_late(next++, second);
        }
    }
    CHECK(sender.most_off_ms(0, day_s) < 60);
}

TEST_CASE("a clock that NTP sets in between is right before and after, but for half a minute") {
    for (const double ppm : {-100.0, 100.0}) {
        auto sender = drifting(ppm);
        const auto set_at = 13 * hour_s + 17;
        sender.ahead_us = [ppm, set_at](std::int64_t second) {
            return ppm * static_cast<double>(second < set_at ? second : second - set_at);
        };
        sender.send(0, day_s);
        INFO(ppm);
        CHECK(sender.most_off_ms(0, set_at - 35) < 60);
        CHECK(sender.most_off_ms(set_at + 35, day_s) < 60);
        CHECK(sender.clock.state().runs_size() == 2);
    }
}

TEST_CASE("a clock that is set each hour, by a third of a second, is followed") {
    auto sender = drifting(100);
    sender.ahead_us = [](std::int64_t second) {
        return 100 * static_cast<double>(second % hour_s);
    };
    sender.send(0, day_s);
    for (std::int64_t hour = 0; hour < 24; ++hour) {
        INFO(hour);
        CHECK(sender.most_off_ms(hour * hour_s + 35, (hour + 1) * hour_s - 35) < 100);
    }
}

TEST_CASE("a clock that begins ahead is put right; one that begins behind once that is known") {
    auto sender = drifting(0);
    sender.ahead_us = [](std::int64_t) { return 5e6; };
    sender.send(0, hour_s);
    CHECK(sender.most_off_ms(0, hour_s) < 50);

    auto behind = drifting(0);
    behind.ahead_us = [](std::int64_t second) { return second < hour_s ? -5e6 : 0; };
    behind.send(0, hour_s);
    CHECK(behind.off_ms(1800) == Catch::Approx(-5000).margin(50)); // it may as well be the way
    behind.send(hour_s, 2 * hour_s);
    CHECK(behind.off_ms(1800) == Catch::Approx(0).margin(50));
}

TEST_CASE("a way that is congested for ten minutes moves nothing") {
    auto sender = drifting(100);
    sender.send(0, 2 * hour_s);
    std::uniform_int_distribution<std::int64_t> queued(0, 2'000'000);
    for (auto second = 2 * hour_s; second < 2 * hour_s + 600; ++second) {
        sender.clock.take(
            start_us + second * second_us + 60'000 + queued(sender.random),
            sender.device_us(second)
        );
    }
    sender.send(2 * hour_s + 600, 4 * hour_s);
    CHECK(sender.most_off_ms(0, 4 * hour_s) < 100);
}

TEST_CASE("nothing is said before six stretches agree, nor of what lay somewhere for minutes") {
    auto sender = drifting(0);
    sender.ahead_us = [](std::int64_t) { return 2e6; };
    sender.send(0, 150);
    CHECK(sender.clock.corrections().empty());
    sender.send(150, 240);
    CHECK(sender.off_ms(200) == Catch::Approx(0).margin(50));
    auto wrong = drifting(0);
    wrong.ahead_us = [](std::int64_t) { return 3600e6; };
    wrong.send(0, hour_s);
    CHECK(correction_at(wrong.clock.corrections(), wrong.clock.slope(), wrong.device_us(60)) == 0);
}

TEST_CASE("what is remembered goes on as if there had been no restart, and does not grow") {
    auto sender = drifting(80);
    auto other = drifting(80);
    sender.send(0, 5 * hour_s);
    other.send(0, 3 * hour_s);
    v1::ClockCourse remembered;
    REQUIRE(remembered.ParseFromString(other.clock.state().SerializeAsString()));
    other.clock = ClockCourse(std::move(remembered));
    other.send(3 * hour_s, 5 * hour_s);
    CHECK(sender.clock.state().SerializeAsString() == other.clock.state().SerializeAsString());

    auto wild = drifting(0);
    wild.ahead_us = [](std::int64_t second) {
        return 60e3 * std::sin(static_cast<double>(second) / 400);
    };
    wild.send(0, 40 * day_s);
    int knots = 0;
    for (const auto& run : wild.clock.state().runs()) {
        knots += run.knots_size();
    }
    CHECK(knots <= ClockCourse::most_knots);
    CHECK(knots > ClockCourse::most_knots / 2);
    CHECK(wild.off_ms(40 * day_s - 3600) == Catch::Approx(0).margin(100));
}
