#include "alarm/bed.hpp"

#include <catch2/catch_test_macros.hpp>

namespace vigil::alarm {

namespace {

using v1::Alarm;
using v1::AlarmNotice;
using v1::Event;
using Heart = HeartInput::Change;

} // namespace

TEST_CASE("no alarm is on before somebody has switched it on, and then what is still there is") {
    Bed bed;
    bed.pass(1).heart(Alarm::TACHYCARDIA, Heart::begins);
    CHECK(bed.changes().empty());
    REQUIRE(bed.notices(AlarmNotice::LISTED).size() == 1);
    CHECK(bed.notices(AlarmNotice::LISTED).front().reason() == "not switched on");
    bed.set(switched_on());
    CHECK(bed.changes() == Changes{Alarm::RAISED});
    CHECK(bed.notices(AlarmNotice::SETTINGS).front().detail() == "switched on");
    auto off = switched_on();
    off.set_switched_on(false);
    bed.set(off);
    CHECK(bed.changes() == Changes{Alarm::END});
    CHECK(bed.machine.alarms().empty());
}

TEST_CASE("a seizure is high only where the model is active and signed off") {
    struct Case {
        bool is_active;
        std::string version;
        Condition condition;
        Priority priority;
    };

    for (const auto& one : {
             Case{true, "2.0.0", Alarm::SEIZURE, Alarm::HIGH},
             Case{false, "2.0.0", Alarm::SEIZURE_POSSIBLE, Alarm::MEDIUM},
             Case{true, "2.0.1", Alarm::SEIZURE_POSSIBLE, Alarm::MEDIUM},
         }) {
        Bed bed;
        bed.begin().stream_for(30);
        auto event = bed.event(1, 1, Event::ONGOING);
        event.is_active = one.is_active;
        event.event.set_model_version(one.version);
        bed.say({event});
        CHECK(bed.changes() == Changes{Alarm::RAISED});
        const auto alarm = bed.newest(one.condition);
        CHECK(alarm.priority() == one.priority);
        CHECK(alarm.state() == Alarm::ON);
        REQUIRE(alarm.causes_size() == 1);
        CHECK(alarm.causes(0).source() == event_id(1));
        CHECK(alarm.id() != event_id(1));
    }
}

TEST_CASE("a sign-off makes a possible seizure high at once, and its end does not make it lower") {
    Bed bed;
    bed.pass(1).set(switched_on()).stream_for(30).say({bed.event(1, 1, Event::ONGOING)});
    const auto possible = bed.newest(Alarm::SEIZURE_POSSIBLE);
    bed.acknowledge(possible);
    bed.set(signed_off());
    CHECK(bed.changes() == Changes{Alarm::ESCALATED});
    const auto alarm = bed.newest(Alarm::SEIZURE);
    CHECK(alarm.id() == possible.id());
    CHECK(alarm.priority() == Alarm::HIGH);
    CHECK(alarm.state() == Alarm::ON);
    CHECK(alarm.acknowledged_by().empty());
    bed.set(switched_on());
    CHECK(bed.newest(Alarm::SEIZURE_POSSIBLE).priority() == Alarm::HIGH);
}

TEST_CASE("a prolonged seizure is the same alarm, raised anew") {
    Bed bed;
    bed.begin().stream_for(30).say({bed.event(1, 1, Event::ONGOING)});
    bed.acknowledge(bed.newest(Alarm::SEIZURE)).stream_for(291);
    auto prolonged = bed.event(1, 2, Event::ONGOING, 301 * second);
    prolonged.event.mutable_span()->set_prolonged(true);
    bed.say({prolonged});
    CHECK(bed.changes() == Changes{Alarm::RAISED});
    const auto alarm = bed.newest(Alarm::PROLONGED_SEIZURE);
    CHECK(alarm.revision() == 3);
    CHECK(alarm.state() == Alarm::ON);
    CHECK(alarm.causes_size() == 2);
}

TEST_CASE("an event that was past raises once it is prolonged, since that is new") {
    Bed bed;
    bed.begin().stream_for(400).say({bed.event(1, 1, Event::ONGOING, 200 * second)});
    CHECK(bed.changes().empty());
    CHECK(bed.notices(AlarmNotice::LISTED).front().reason() == "late");
    auto prolonged = bed.event(1, 2, Event::ONGOING, 301 * second);
    prolonged.event.mutable_span()->set_prolonged(true);
    bed.say({prolonged});
    CHECK(bed.changes() == Changes{Alarm::RAISED});
}

TEST_CASE("a seizure that is over stays until somebody has acknowledged it") {
    Bed bed;
    bed.begin().stream_for(30).say({bed.event(1, 1, Event::ONGOING)});
    bed.stream_for(10).say({bed.event(1, 2, Event::ENDED, 20 * second)});
    CHECK(bed.changes() == Changes{Alarm::CONDITION_OVER});
    CHECK(bed.newest(Alarm::SEIZURE).state() == Alarm::LATCHED);
    bed.acknowledge(bed.newest(Alarm::SEIZURE));
    CHECK(bed.changes() == Changes{Alarm::END});
    CHECK(bed.newest(Alarm::SEIZURE).acknowledged_by() == "grace");
    CHECK(bed.machine.alarms().empty());
}

TEST_CASE("an acknowledgement does not clear the condition") {
    Bed bed;
    bed.begin().heart(Alarm::TACHYCARDIA, Heart::begins);
    bed.acknowledge(bed.newest(Alarm::TACHYCARDIA));
    CHECK(bed.newest(Alarm::TACHYCARDIA).state() == Alarm::ACKNOWLEDGED);
    bed.stream_for(60);
    REQUIRE(bed.machine.alarms().size() == 1);
    bed.heart(Alarm::TACHYCARDIA, Heart::ends);
    CHECK(bed.changes() == Changes{Alarm::END});
}

TEST_CASE("a short seizure that is known only when it is over is raised, and latches") {
    Bed bed;
    bed.begin().stream_for(60).say({bed.event(1, 1, Event::ENDED, 40 * second)});
    CHECK(bed.changes() == Changes{Alarm::RAISED, Alarm::CONDITION_OVER});
}

TEST_CASE("of two events that become one the alarm goes on, in silence") {
    Bed bed;
    bed.begin().stream_for(60);
    bed.say({bed.event(1, 1, Event::ONGOING), bed.event(2, 1, Event::ONGOING)});
    bed.acknowledge(bed.newest(Alarm::SEIZURE));
    auto merged = bed.event(1, 2, Event::MERGED);
    merged.event.set_merged_into(event_id(2));
    bed.say({merged});
    CHECK(bed.changes() == Changes{Alarm::CHANGED});
    CHECK(bed.newest(Alarm::SEIZURE).state() == Alarm::ACKNOWLEDGED);

    SECTION("also where the other one is new, or would be past") {
        auto into = bed.event(2, 2, Event::MERGED);
        into.event.set_merged_into(event_id(3));
        bed.say({into, bed.event(3, 1, Event::ONGOING, 500 * second)});
        CHECK(bed.newest(Alarm::SEIZURE).state() == Alarm::ACKNOWLEDGED);
        CHECK(bed.notices(AlarmNotice::LISTED).empty());
        CHECK(bed.newest(Alarm::SEIZURE).causes(0).source() == event_id(3));
    }
    SECTION("but not where it is over") {
        auto into = bed.event(2, 2, Event::MERGED);
        into.event.set_merged_into(event_id(3));
        bed.say({into, bed.event(3, 1, Event::ENDED)});
        CHECK(bed.machine.alarms().begin()->second.alarm().state() == Alarm::LATCHED);
    }
}

TEST_CASE("an event that late data take away leaves its alarm latched") {
    Bed bed;
    bed.begin().stream_for(30).say({bed.event(1, 1, Event::ONGOING)});
    bed.say({bed.event(1, 2, Event::WITHDRAWN)});
    CHECK(bed.newest(Alarm::SEIZURE).state() == Alarm::LATCHED);
    bed.say({bed.event(1, 1, Event::ONGOING)}); // an old revision once more
    CHECK(bed.changes().empty());
}

TEST_CASE("heart alarms follow every source, and a lost one is over") {
    Bed bed;
    bed.begin().heart(Alarm::BRADYCARDIA, Heart::begins, 0, "strap");
    bed.heart(Alarm::BRADYCARDIA, Heart::begins, 0, "watch");
    CHECK(bed.changes() == Changes{Alarm::CHANGED});
    bed.heart(Alarm::BRADYCARDIA, Heart::lost, 0, "strap");
    CHECK(bed.newest(Alarm::BRADYCARDIA).causes(0).source() == "watch");
    bed.heart(Alarm::BRADYCARDIA, Heart::ends, 0, "watch");
    CHECK(bed.changes() == Changes{Alarm::END});
    bed.heart(Alarm::PAUSE, Heart::begins).heart(Alarm::PAUSE, Heart::ends);
    CHECK(bed.newest(Alarm::PAUSE).state() == Alarm::LATCHED);
}

TEST_CASE("values that came in a batch never alarm") {
    Bed bed;
    bed.begin();
    const HeartInput batched{
        .condition = Alarm::TACHYCARDIA,
        .source = "Health Auto Export",
        .at_us = bed.time_us,
        .newest_us = bed.time_us,
        .value = 190,
        .batched = true
    };
    bed.take(bed.machine.heart(bed.entry(), batched)).pass(60);
    CHECK(bed.all.size() == 1); // that it was switched on
    CHECK(bed.machine.alarms().empty());
}

TEST_CASE("a physiological onset of two minutes ago is past: listed, in silence") {
    for (const bool is_late : {false, true}) {
        Bed bed;
        const auto age = (is_late ? 121 : 119) * second;
        bed.begin().stream_for(300).heart(Alarm::TACHYCARDIA, Heart::begins, age);
        CHECK(bed.changes().empty() == is_late);
        bed.say({bed.event(1, 1, Event::ONGOING, age)});
        CHECK(bed.changes().empty() == is_late);
        CHECK(bed.notices(AlarmNotice::LISTED).size() == (is_late ? 1U : 0U));
    }
}

TEST_CASE("the age that makes an onset past can be set") {
    Bed bed;
    auto settings = signed_off();
    settings.set_late_after_s(30);
    bed.pass(1).set(settings).stream_for(300).say({bed.event(1, 1, Event::ONGOING, 31 * second)});
    CHECK(bed.changes().empty());
    bed.say({bed.event(2, 1, Event::ONGOING, 28 * second)});
    CHECK(bed.changes() == Changes{Alarm::RAISED});
}

TEST_CASE("no data: marked, then low, then medium, one alarm for the device, over with new data") {
    Bed bed;
    bed.begin().stream_for(5).pass(4);
    CHECK(bed.last.empty());
    bed.pass(1);
    CHECK(bed.notices(AlarmNotice::DATA_STOPPED).size() == 1);
    bed.pass(24);
    CHECK(bed.last.empty());
    bed.pass(1);
    CHECK(bed.newest(Alarm::DATA_MISSING).priority() == Alarm::LOW);
    CHECK(bed.newest(Alarm::DATA_MISSING).device() == "d");
    bed.pass(89);
    CHECK(bed.last.empty());
    bed.pass(1);
    CHECK(bed.changes() == Changes{Alarm::ESCALATED});
    CHECK(bed.newest(Alarm::DATA_MISSING).priority() == Alarm::MEDIUM);
    bed.technical(Alarm::LINK_LOST, {"s"}).pass(10);
    CHECK(bed.changes() == Changes{Alarm::CHANGED}); // the same cause: the same alarm
    CHECK(bed.machine.alarms().size() == 1);
    bed.data();
    CHECK(bed.notices(AlarmNotice::DATA_BACK).size() == 1);
    bed.technical(Alarm::LINK_LOST, {});
    CHECK(bed.changes() == Changes{Alarm::END});
}

TEST_CASE("several technical conditions of one cause are one alarm, others are another") {
    Bed bed;
    bed.begin().technical(Alarm::FLAT_OR_SATURATED, {"s/Fp1", "s/Fp2"});
    bed.technical(Alarm::ELECTRODE_OFF, {"s/Fp1"}).technical(Alarm::CLOCK_SKEW, {""}).pass(9);
    CHECK(bed.changes() == Changes{Alarm::RAISED}); // the electrode, after 5 s
    bed.pass(2);
    CHECK(bed.changes() == Changes{Alarm::CHANGED}); // flat, after 10 s
    CHECK(bed.newest(Alarm::ELECTRODE_OFF).causes_size() == 3);
    bed.acknowledge(bed.newest(Alarm::ELECTRODE_OFF));
    bed.technical(Alarm::FLAT_OR_SATURATED, {"s/Fp1", "s/Fp2", "s/C3"}).pass(11);
    CHECK(bed.changes() == Changes{Alarm::RAISED}); // another channel: acknowledged no more
    bed.pass(40);
    CHECK(bed.machine.alarms().size() == 2); // the clock
    bed.technical(Alarm::ELECTRODE_OFF, {}).technical(Alarm::FLAT_OR_SATURATED, {});
    CHECK(bed.changes() == Changes{Alarm::END});
}

TEST_CASE("a condition that does not last raises nothing") {
    Bed bed;
    bed.begin().technical(Alarm::FROZEN_VALUE, {"watch"}).pass(28);
    bed.technical(Alarm::FROZEN_VALUE, {}).pass(60);
    CHECK(bed.newest(Alarm::FROZEN_VALUE).id().empty());
}

TEST_CASE("nothing is missing of a patient on standby or a stream that ended on purpose") {
    Bed bed;
    bed.begin().stream_for(10);
    SECTION("standby, and 30 s more when it is over") {
        bed.take(bed.machine.monitoring(bed.entry(), v1::Patient::STANDBY)).pass(600);
        CHECK(bed.changes().empty());
        bed.take(bed.machine.monitoring(bed.entry(), v1::Patient::ON));
        REQUIRE(bed.notices(AlarmNotice::MONITORING).size() == 1);
        CHECK(bed.notices(AlarmNotice::MONITORING).front().settings().limits().pause_s() == 3);
        bed.pass(29);
        CHECK(bed.changes().empty());
        bed.pass(1);
        CHECK(bed.changes() == Changes{Alarm::RAISED});
    }
    SECTION("ended by the sender, until it sends again") {
        bed.take(bed.machine.stream_end(bed.entry(), {"d", "s"})).pass(600);
        CHECK(bed.changes().empty());
        bed.data().pass(30);
        CHECK(bed.changes() == Changes{Alarm::RAISED});
    }
    SECTION("ended by staff, also once it has alarmed") {
        bed.pass(31);
        CHECK(bed.changes() == Changes{Alarm::RAISED});
        auto act = act_of(v1::Act::STREAM_ENDED);
        act.set_device("d");
        act.set_stream("s");
        bed.act(act);
        CHECK(bed.changes() == Changes{Alarm::END});
        bed.act(act);
        CHECK(bed.notices(AlarmNotice::ACT_REFUSED).size() == 1);
    }
}

TEST_CASE("standby leaves a high alarm that nobody has acknowledged") {
    Bed bed;
    bed.begin().stream_for(30).say({bed.event(1, 1, Event::ONGOING)});
    bed.take(bed.machine.monitoring(bed.entry(), v1::Patient::STANDBY));
    CHECK(bed.newest(Alarm::SEIZURE).state() == Alarm::LATCHED);
    bed.acknowledge(bed.newest(Alarm::SEIZURE));
    CHECK(bed.machine.alarms().empty());
}

TEST_CASE("an alarm of Vigil itself needs no patient") {
    AlarmMachine machine{""};
    auto settings = switched_on();
    settings.clear_patient();
    static_cast<void>(machine.clock({"c0", second}));
    static_cast<void>(machine.settings({"s", second}, settings));
    const auto outputs = machine.technical(
        {"t", second},
        {.condition = Alarm::STORAGE_FAILING, .device = {}, .sources = {""}}
    );
    REQUIRE(outputs.size() == 1);
    CHECK(outputs.front().alarm().priority() == Alarm::MEDIUM);
    CHECK(outputs.front().alarm().patient().empty());
}

TEST_CASE("the clock of a machine that was set back costs one entry, and a leap counts in full") {
    Bed bed;
    bed.begin().stream_for(10).pass(15);
    bed.time_us -= 60 * minute;
    bed.pass(15);
    CHECK(bed.changes().empty()); // 29 s by the entries: the one set back stood still
    bed.pass(1);
    CHECK(bed.changes() == Changes{Alarm::RAISED});
    bed.time_us += 95 * second; // an owner that died
    bed.pass(1);
    CHECK(bed.changes() == Changes{Alarm::ESCALATED});
}

TEST_CASE("an input with a time that is none changes nothing") {
    Bed bed;
    bed.begin();
    const auto before = bed.machine.serialize();
    bed.time_us = std::int64_t{1} << 62;
    bed.pass(1).data().heart(Alarm::PAUSE, Heart::begins).technical(Alarm::LINK_LOST, {"x"});
    bed.set(switched_on())
        .act(act_of(v1::Act::AUDIO_RESUME))
        .say({bed.event(1, 1, Event::ONGOING)});
    bed.take(bed.machine.monitoring(bed.entry(), v1::Patient::STANDBY));
    CHECK(bed.machine.serialize() == before);
}

} // namespace vigil::alarm
