#include "alarm/event_watch.hpp"

#include "alarm/bed.hpp"

#include <catch2/catch_test_macros.hpp>

namespace vigil::alarm {

namespace {

using v1::Alarm;
using v1::AlarmNotice;
using v1::Event;

} // namespace

TEST_CASE("beyond 64 events the one that is over goes first, else with a notice") {
    Bed bed;
    bed.begin().stream_for(60);
    for (int number = 0; number < 64; ++number) {
        bed.say({bed.event(number, 1, Event::ONGOING)});
    }
    bed.say({bed.event(7, 2, Event::ENDED)});
    bed.say({bed.event(64, 1, Event::ONGOING)});
    CHECK(bed.notices(AlarmNotice::FORGOTTEN).empty());
    bed.pass(1).say({bed.event(65, 1, Event::ONGOING)});
    CHECK(bed.notices(AlarmNotice::FORGOTTEN).size() == 1);
    CHECK(bed.newest(Alarm::SEIZURE).causes_size() == 64);
}

TEST_CASE("an event that has been over for an hour is forgotten") {
    Bed bed;
    bed.begin().stream_for(60).say({bed.event(1, 1, Event::ENDED)});
    bed.stream_for(3599);
    const auto events = [&bed] {
        v1::AlarmMemory memory;
        memory.ParseFromString(bed.machine.serialize());
        return memory.events_size();
    };
    CHECK(events() == 1);
    bed.stream_for(1);
    CHECK(events() == 0);
}

TEST_CASE("an event that makes no sense changes nothing") {
    Bed bed;
    bed.begin().stream_for(60);
    const auto count = bed.all.size();
    auto no_id = bed.event(1, 1, Event::ONGOING);
    no_id.event.set_id("short");
    auto no_time = bed.event(2, 1, Event::ONGOING);
    no_time.event.mutable_span()->set_onset_us(latest_time_us);
    auto long_name = bed.event(3, 1, Event::ONGOING);
    long_name.event.set_model(std::string(65, 'm'));
    bed.say({no_id, no_time, long_name, bed.event(4, 0, Event::ONGOING)});
    CHECK(bed.all.size() == count);
}

TEST_CASE("an event that comes back after it was withdrawn is raised again") {
    Bed bed;
    bed.begin().stream_for(60).say({bed.event(1, 1, Event::ONGOING)});
    bed.say({bed.event(1, 2, Event::WITHDRAWN)}).acknowledge(bed.newest(Alarm::SEIZURE));
    CHECK(bed.machine.alarms().empty());
    bed.say({bed.event(1, 3, Event::ONGOING)});
    CHECK(bed.changes() == Changes{Alarm::RAISED});
}

TEST_CASE("an event into itself is no part of itself") {
    Bed bed;
    bed.begin().stream_for(60).say({bed.event(1, 1, Event::ONGOING)});
    auto itself = bed.event(1, 2, Event::MERGED);
    itself.event.set_merged_into(event_id(1));
    bed.say({itself});
    CHECK(bed.newest(Alarm::SEIZURE).state() == Alarm::LATCHED);
}

TEST_CASE("beyond 512 causes nothing is added, and a notice says so") {
    Bed bed;
    std::vector<std::string> channels;
    for (int i = 0; i < 512; ++i) {
        channels.push_back("s/" + std::to_string(i));
    }
    bed.begin().technical(Alarm::FLAT_OR_SATURATED, channels);
    CHECK(bed.notices(AlarmNotice::FORGOTTEN).empty());
    channels.emplace_back("s/one more");
    bed.technical(Alarm::FLAT_OR_SATURATED, channels);
    REQUIRE(bed.notices(AlarmNotice::FORGOTTEN).size() == 1);
    CHECK(bed.notices(AlarmNotice::FORGOTTEN).front().source() == "s/one more");
    bed.pass(10);
    CHECK(bed.newest(Alarm::FLAT_OR_SATURATED).causes_size() == 512);
}

} // namespace vigil::alarm
