// Synthetic clocks: what is estimated is what they were made with.
#include "ward/clock_drift.hpp"

#include "ward/device_clocks.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <random>

using namespace vigil;
using namespace vigil::ward;

namespace {

constexpr std::int64_t start_us = 1'800'000'000'000'000;
constexpr std::int64_t second_us = 1'000'000;
constexpr double least_delay_us = 3'000;

/// A device that sends four times a second over a way whose delay has a long tail.
struct Sender {
    double offset_us = 0;
    double drift_ppm = 0;
    double jitter_us = 20'000;
    std::int64_t true_us = start_us;
    std::int64_t arrived_us = 0;
    std::mt19937_64 random{std::mt19937_64(7)};
    ClockDrift clock{};

    void send(std::int64_t seconds, double congestion_us = 0) {
        std::exponential_distribution<double> jitter(1 / jitter_us);
        std::uniform_real_distribution<double> queued(0, std::max(congestion_us, 1.0));
        for (const auto until_us = true_us + seconds * second_us; true_us < until_us;
             true_us += second_us / 4) {
            const auto passed_us = static_cast<double>(true_us - start_us);
            const auto device_us =
                true_us + static_cast<std::int64_t>(offset_us + drift_ppm * 1e-6 * passed_us);
            // Blocks of one connection come in order.
            arrived_us = std::max(
                arrived_us + 1,
                true_us +
                    static_cast<std::int64_t>(least_delay_us + jitter(random) + queued(random))
            );
            clock.take(arrived_us, device_us);
        }
    }

    [[nodiscard]] double offset_ms() const {
        const auto passed_us = static_cast<double>(true_us - start_us);
        return (offset_us + drift_ppm * 1e-6 * passed_us - least_delay_us) / 1e3;
    }
};

} // namespace

TEST_CASE("drift of 100 ppm either way is found within 5 ppm in an hour, whatever the jitter") {
    for (const double drift_ppm : {-100.0, 0.0, 100.0}) {
        Sender sender{.offset_us = -2'345'678, .drift_ppm = drift_ppm};
        CHECK_FALSE(sender.clock.estimate());
        sender.send(3600);
        const auto found = sender.clock.estimate().value();
        REQUIRE(found.drift_ppm);
        INFO(drift_ppm);
        CHECK(*found.drift_ppm == Catch::Approx(drift_ppm).margin(5));
        CHECK(found.offset_ms == Catch::Approx(sender.offset_ms()).margin(5));
        CHECK(found.observed > std::chrono::seconds(3590));
    }
}

TEST_CASE("congestion that lets some samples through moves neither offset nor drift") {
    Sender sender{.offset_us = 40'000, .drift_ppm = 100};
    sender.send(1800);
    sender.send(1800, 400'000);
    const auto found = sender.clock.estimate().value();
    CHECK(*found.drift_ppm == Catch::Approx(100).margin(10));
    CHECK(found.offset_ms == Catch::Approx(sender.offset_ms()).margin(10));
}

TEST_CASE("drift is not told before it was observed for five minutes, the offset at once") {
    Sender sender{.offset_us = 8e6, .drift_ppm = -100};
    sender.send(290);
    auto found = sender.clock.estimate().value();
    CHECK_FALSE(found.drift_ppm);
    CHECK(found.offset_ms == Catch::Approx(8000).margin(35));
    sender.send(20);
    CHECK(sender.clock.estimate()->drift_ppm);
}

TEST_CASE("a clock that is set is observed anew, forward at once and back within a minute") {
    Sender sender{.drift_ppm = 50};
    sender.send(3600);
    sender.offset_us += 5e6;
    sender.send(10);
    auto found = sender.clock.estimate().value();
    CHECK(found.observed < std::chrono::seconds(11));
    CHECK(found.offset_ms == Catch::Approx(sender.offset_ms()).margin(25));
    sender.send(600);
    sender.offset_us -= 5e6;
    sender.send(400);
    found = sender.clock.estimate().value();
    CHECK(found.observed < std::chrono::seconds(410));
    CHECK(*found.drift_ppm == Catch::Approx(50).margin(30));
    CHECK(found.offset_ms == Catch::Approx(sender.offset_ms()).margin(20));
}

TEST_CASE("a drift that changes is followed: what is over 17 hours old is forgotten") {
    Sender sender{.drift_ppm = 100, .jitter_us = 5'000};
    sender.send(30 * 3600);
    CHECK(*sender.clock.estimate()->drift_ppm == Catch::Approx(100).margin(1));
    CHECK(sender.clock.estimate()->observed < std::chrono::hours(18));
    const auto turned_us = static_cast<double>(sender.true_us - start_us);
    sender.offset_us += 200e-6 * turned_us; // it goes on from where it was
    sender.drift_ppm = -100;
    sender.send(20 * 3600);
    CHECK(*sender.clock.estimate()->drift_ppm == Catch::Approx(-100).margin(1));
}

TEST_CASE("devices are kept apart, backfill and old windows say nothing, and few are remembered") {
    DeviceClocks clocks;
    const auto block = [](std::string device, std::uint64_t first, std::int64_t start) {
        v1::EegBlock made;
        made.set_device(std::move(device));
        made.set_stream("s");
        made.set_first_sample(first);
        made.set_samples(100);
        made.set_rate_numerator(100);
        made.set_rate_denominator(1);
        made.set_start_time_us(start);
        return made;
    };
    clocks.take("p1", block("cap", 100, start_us), start_us + second_us + 7'000);
    clocks.take("p1", block("cap", 0, start_us - 9 * second_us), start_us + 2 * second_us);
    clocks.take("p1", block("cap", 100, start_us - 9 * second_us), start_us + 2 * second_us);
    clocks.take("p2", block("cap", 100, start_us + 4 * second_us), start_us + second_us);
    auto old = block("old", 100, start_us);
    old.set_isolated(true);
    clocks.take("p1", old, start_us);
    const auto all = clocks.all();
    REQUIRE(all.size() == 2);
    CHECK(all[0].patient == "p1");
    CHECK(all[0].estimate.offset_ms == Catch::Approx(-7));
    CHECK(all[0].newest_receipt_us == start_us + second_us + 7'000);
    CHECK(all[1].estimate.offset_ms == Catch::Approx(4000));
    CHECK(
        as_json(std::span(all).first(1)) ==
        R"({"devices":[{"device":"cap","patient":"p1","newest":"2027-01-15T08:00:01.007000Z","offset_ms":-7,"observed_s":0}]})"
    );
    for (int at = 0; at < 1200; ++at) {
        clocks.take("p3", block("d" + std::to_string(at), 0, start_us), start_us + at * second_us);
    }
    CHECK(clocks.all().size() == 1000);
}
