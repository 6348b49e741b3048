#include "alarm/stream_watch.hpp"

#include "alarm/bed.hpp"

#include <catch2/catch_test_macros.hpp>

namespace vigil::alarm {

namespace {

using v1::Alarm;
using v1::AlarmNotice;
using v1::Event;

constexpr std::int64_t late_after_us = 120 * second;

/// A device that samples on, whatever its clock says.
struct Sender {
    StreamWatch watch = {};
    std::int64_t passed_us = 0;
    std::int64_t clock_off_us = 0;
    Outputs out = {};

    /// What was made at that time comes now.
    StreamWatch::Arrival send(std::int64_t made_us, const std::string& stream = "s") {
        const DataArrival arrival{
            .name = {"d", stream},
            .layout = 1,
            .end_sample = static_cast<std::uint64_t>(made_us) + 1,
            .end_in_stream_us = made_us,
            .end_us = made_us + clock_off_us,
            .block_us = second
        };
        return watch.arrive(arrival, {.passed_us = passed_us}, late_after_us, out);
    }

    void send_for(std::int64_t seconds) {
        for (std::int64_t i = 0; i < seconds; ++i) {
            passed_us += second;
            static_cast<void>(send(passed_us - second / 2));
        }
    }

    [[nodiscard]] std::int64_t age_of(std::int64_t made_us) const {
        return watch.age_us({"d", "s"}, made_us, {.passed_us = passed_us}).value();
    }

    [[nodiscard]] const StreamWatch::Stream& stream(const std::string& name = "s") const {
        return watch.streams().at({"d", name});
    }
};

} // namespace

TEST_CASE("how old something is does not depend on what the device's clock says") {
    for (const auto off : {0L, -3600 * second, 3600 * second}) {
        Sender sender{.clock_off_us = off};
        sender.send_for(60);
        const auto on_the_way = second / 2; // at the least: nobody can tell it from a wrong clock
        CHECK(sender.age_of(sender.passed_us - 10 * second) == 10 * second - on_the_way);
        sender.passed_us += 30 * second; // silence
        CHECK(sender.age_of(sender.passed_us - 50 * second) == 50 * second - on_the_way);
        CHECK_FALSE(sender.watch.age_us({"d", "t"}, 0, {}));
    }
}

TEST_CASE("a device whose clock is set, either way, is not late") {
    for (const auto step : {-600 * second, 600 * second}) {
        Sender sender;
        sender.send_for(600);
        sender.clock_off_us += step;
        sender.send_for(60);
        CHECK(sender.stream().late_us() == 0);
        sender.clock_off_us -= step;
        sender.send_for(60);
        CHECK(sender.stream().late_us() == 0);
    }
}

TEST_CASE("beats are late by their count and by their clock, whichever accuses less") {
    StreamWatch watch;
    Outputs out;
    std::int64_t passed_us = 0;
    std::uint64_t counted = 0;
    const auto send = [&](std::int64_t end_us, std::uint64_t beats, std::int64_t length_us) {
        counted += beats;
        static_cast<void>(watch.arrive(
            {.name = {"strap", "s"},
             .end_sample = counted,
             .end_in_stream_us = end_us,
             .end_us = end_us,
             .block_us = length_us,
             .beats = beats},
            {.passed_us = passed_us},
            late_after_us,
            out
        ));
        return watch.late_us({"strap", "s"});
    };
    for (int entry = 0; entry < 10; ++entry) {
        passed_us += 10 * second;
        CHECK(send(passed_us, 12, 10 * second) == 0);
    }
    passed_us += 10 * second;
    CHECK(send(passed_us - 3600 * second, 12, 10 * second) == 0); // its clock was set
    passed_us += 10 * second;
    CHECK(send(passed_us, 12, 10 * second) == 0); // and set right
    const auto away_us = passed_us;
    passed_us += 600 * second;
    const auto late_us = send(away_us + 10 * second, 12, 10 * second);
    CHECK(late_us > 589 * second);
    CHECK(late_us <= 590 * second);
    counted += 708; // 590 s of beats that never come
    CHECK(send(passed_us, 12, 10 * second) < 20 * second);
    CHECK(watch.late_us({"strap", "t"}) == 0);
}

TEST_CASE("a device that does not count while it is off is not late") {
    Sender sender;
    sender.send_for(600);
    const auto off_us = 3600 * second;
    sender.passed_us += off_us;
    sender.clock_off_us = off_us; // the index went on where it was, the clock did not stop
    for (int i = 0; i < 60; ++i) {
        sender.passed_us += second;
        static_cast<void>(sender.send(sender.passed_us - off_us));
    }
    CHECK(sender.stream().late_us() <= second);
}

TEST_CASE("two weeks of a crystal 100 ppm slow are not late") {
    Sender sender;
    sender.send_for(60);
    for (int hour = 0; hour < 14 * 24; ++hour) {
        sender.passed_us += 3600 * second;
        static_cast<void>(sender.send(sender.passed_us - sender.passed_us / 10'000));
        REQUIRE(sender.stream().late_us() < 2 * second);
    }
}

TEST_CASE("samples that were held back are late, and do not end a silence") {
    Sender sender;
    sender.send_for(600);
    const auto from = sender.passed_us;
    sender.passed_us += 3600 * second;
    sender.watch.mark(sender.passed_us, sender.out);
    CHECK(sender.stream().marked());
    sender.passed_us += second;
    CHECK(sender.send(from + second) == StreamWatch::Arrival::usual); // the oldest first
    CHECK(sender.stream().late_us() > 3590 * second);
    CHECK(sender.stream().marked());
    CHECK(sender.age_of(from) > 3590 * second);
    CHECK(sender.send(sender.passed_us - second) == StreamWatch::Arrival::of_note);
    CHECK_FALSE(sender.stream().marked());
    CHECK(sender.send(from + 2 * second) == StreamWatch::Arrival::usual); // backfill
    CHECK(sender.age_of(from) > 3590 * second);
}

TEST_CASE("a stream is silent after 5 s or twice its block, and after at most 10 minutes") {
    for (const auto& [block, mark] :
         {std::pair{second, 5 * second},
          std::pair{3 * second, 6 * second},
          std::pair{300 * second, 600 * second},
          std::pair{301 * second, 600 * second},
          std::pair{latest_time_us - 1, 600 * second}}) {
        Bed bed;
        bed.begin().data("s", block);
        CHECK(bed.machine.alarms().empty());
        bed.pass(mark / second - 1);
        CHECK(bed.notices(AlarmNotice::DATA_STOPPED).empty());
        bed.pass(1);
        CHECK(bed.notices(AlarmNotice::DATA_STOPPED).size() == 1);
        // What is marked late alarms at once, as urgent as its silence is long.
        CHECK(bed.changes().size() == (mark > 30 * second ? 1U : 0U));
    }
}

TEST_CASE("after a short block a stream is silent sooner than after the long one before it") {
    Bed bed;
    bed.begin().data("s", 20 * second).pass(1).data("s", second).pass(4);
    CHECK(bed.notices(AlarmNotice::DATA_STOPPED).empty());
    bed.pass(1);
    CHECK(bed.notices(AlarmNotice::DATA_STOPPED).size() == 1);
}

TEST_CASE("a stream that begins takes the place of those with its channels, and no other") {
    Bed bed;
    bed.begin().data("a").data("b");
    auto eeg_again = bed.arrival(bed.time_us, "c");
    auto ecg = bed.arrival(bed.time_us, "ecg");
    ecg.layout = 2;
    bed.take(bed.machine.data(bed.entry(), ecg)).take(bed.machine.data(bed.entry(), eeg_again));
    bed.pass(31);
    CHECK(bed.notices(AlarmNotice::DATA_STOPPED).size() == 2);
    REQUIRE(bed.newest(Alarm::DATA_MISSING).causes_size() == 2);
    CHECK(bed.newest(Alarm::DATA_MISSING).causes(0).source() == "c");
    CHECK(bed.newest(Alarm::DATA_MISSING).causes(1).source() == "ecg");
}

TEST_CASE("beyond 32 streams the one that is not waited for goes first, else with a notice") {
    Sender sender;
    const auto begin = [&sender](int number) {
        sender.passed_us += second;
        const DataArrival arrival{
            .name = {"d", "s" + std::to_string(number)},
            .layout = static_cast<std::uint64_t>(number),
            .end_sample = 1,
            .block_us = second
        };
        static_cast<void>(
            sender.watch.arrive(arrival, {.passed_us = sender.passed_us}, late_after_us, sender.out)
        );
    };
    for (int number = 0; number < 32; ++number) {
        begin(number);
    }
    REQUIRE(sender.watch.end({"d", "s7"}));
    begin(32);
    CHECK_FALSE(sender.watch.streams().contains({"d", "s7"}));
    CHECK(sender.out.empty());
    begin(33);
    CHECK_FALSE(sender.watch.streams().contains({"d", "s0"}));
    REQUIRE(sender.out.size() == 1);
    CHECK(sender.out.front().notice().kind() == AlarmNotice::FORGOTTEN);
    CHECK(sender.watch.streams().size() == StreamWatch::most_streams);
}

TEST_CASE("an intake whose clock is an hour ahead does not hide a silence") {
    Bed bed;
    bed.begin().stream_for(5);
    bed.time_us += 60 * minute;
    bed.data("s");
    bed.time_us -= 60 * minute;
    bed.pass(29);
    CHECK(bed.changes().empty());
    bed.pass(2);
    CHECK(bed.changes() == Changes{Alarm::RAISED});
}

TEST_CASE("an event of an hour ago is past, though it comes as soon as its samples") {
    Bed bed;
    bed.begin().stream_for(60);
    const auto held_back_us = bed.time_us;
    bed.pass(3600);
    bed.take(bed.machine.data(bed.entry(), bed.arrival(held_back_us + second)));
    bed.say({bed.event(1, 1, Event::ONGOING, 3600 * second)});
    CHECK(bed.changes().empty());
    CHECK(bed.notices(AlarmNotice::LISTED).size() == 1);
}

} // namespace vigil::alarm
