#include "alarm/bed.hpp"

#include <catch2/catch_test_macros.hpp>

namespace vigil::alarm {

namespace {

using v1::Alarm;
using v1::AlarmNotice;
using v1::Event;
using Heart = HeartInput::Change;

std::string refusal(const Bed& bed) {
    const auto refused = bed.notices(AlarmNotice::ACT_REFUSED);
    return refused.size() == 1 ? refused.front().reason() : "";
}

Bed with_tachycardia() {
    Bed bed;
    bed.begin().heart(Alarm::TACHYCARDIA, Heart::begins);
    return bed;
}

} // namespace

TEST_CASE("of two people who acknowledge at once the first one has done it") {
    auto bed = with_tachycardia();
    const auto seen = bed.newest(Alarm::TACHYCARDIA);
    bed.acknowledge(seen);
    CHECK(bed.changes() == Changes{Alarm::ACKNOWLEDGE});
    auto second_one = act_of(v1::Act::ACKNOWLEDGE);
    second_one.set_user("barbara");
    second_one.set_alarm(seen.id());
    second_one.set_revision(seen.revision());
    bed.act(second_one);
    CHECK(refusal(bed) == "grace has acknowledged it already");
    CHECK(bed.newest(Alarm::TACHYCARDIA).acknowledged_by() == "grace");
}

TEST_CASE("whoever did not see what made an alarm urgent has not acknowledged it") {
    Bed bed;
    bed.pass(1).set(switched_on()).stream_for(30).say({bed.event(1, 1, Event::ONGOING)});
    const auto seen = bed.newest(Alarm::SEIZURE_POSSIBLE);
    bed.set(signed_off()); // meanwhile it is a seizure
    bed.acknowledge(seen);
    CHECK(refusal(bed) == "it has become more urgent since");
    CHECK(bed.newest(Alarm::SEIZURE).state() == Alarm::ON);
    bed.acknowledge(bed.newest(Alarm::SEIZURE));
    CHECK(bed.newest(Alarm::SEIZURE).state() == Alarm::ACKNOWLEDGED);
}

TEST_CASE("another cause that came meanwhile must have been seen too, in whatever state") {
    Bed bed;
    bed.begin().stream_for(30).say({bed.event(1, 1, Event::ONGOING)});
    const auto seen = bed.newest(Alarm::SEIZURE);
    bed.say({bed.event(2, 1, Event::ONGOING)});
    CHECK(bed.changes() == Changes{Alarm::CHANGED});
    bed.acknowledge(seen);
    CHECK(refusal(bed) == "it has become more urgent since");
    bed.say({bed.event(1, 2, Event::ENDED), bed.event(2, 2, Event::ENDED)});
    const auto latched = bed.newest(Alarm::SEIZURE);
    CHECK(latched.state() == Alarm::LATCHED);
    bed.say({bed.event(3, 1, Event::ONGOING)}); // the next one, from latched
    CHECK(bed.changes() == Changes{Alarm::RAISED});
    bed.acknowledge(latched);
    CHECK(refusal(bed) == "it has become more urgent since");
    CHECK(bed.machine.alarms().size() == 1);
}

TEST_CASE("an act on what is not there changes nothing and says so") {
    auto bed = with_tachycardia();
    auto alarm = bed.newest(Alarm::TACHYCARDIA);
    alarm.set_revision(2);
    bed.acknowledge(alarm);
    CHECK(refusal(bed) == "there is no such revision yet");
    alarm.set_id(event_id(7));
    bed.acknowledge(alarm);
    CHECK(refusal(bed) == "no such alarm is on");
    auto other = act_of(v1::Act::AUDIO_RESUME);
    bed.act(other);
    CHECK(refusal(bed) == "the sound is not paused");
    other.set_patient("p2");
    bed.act(other);
    CHECK(refusal(bed) == "it is about another patient");
    auto back = act_of(v1::Act::ALARM_BACK);
    back.add_conditions(Alarm::PAUSE);
    bed.act(back);
    CHECK(refusal(bed) == "none of these is off");
}

TEST_CASE("the sound comes back after the pause, or when it is asked for") {
    auto bed = with_tachycardia();
    bed.pause_audio(120);
    CHECK(bed.notices(AlarmNotice::AUDIO_PAUSED).front().until_us() == bed.time_us + 2 * minute);
    bed.pass(119);
    CHECK(bed.notices(AlarmNotice::AUDIO_RESUMED).empty());
    bed.pass(1);
    REQUIRE(bed.notices(AlarmNotice::AUDIO_RESUMED).size() == 1);
    CHECK(bed.notices(AlarmNotice::AUDIO_RESUMED).front().reason() == "over");
    bed.pause_audio(60).act(act_of(v1::Act::AUDIO_RESUME));
    CHECK(bed.notices(AlarmNotice::AUDIO_RESUMED).front().reason() == "asked for");
    bed.pause_audio(121);
    CHECK(refusal(bed) == "an end at most 120 s ahead is needed");
}

TEST_CASE("a higher alarm ends a pause of the sound, a high one always, an equal one does not") {
    auto bed = with_tachycardia();
    bed.stream_for(30).pause_audio(120).heart(Alarm::PAUSE, Heart::begins);
    CHECK(bed.changes() == Changes{Alarm::RAISED});
    CHECK(bed.notices(AlarmNotice::AUDIO_RESUMED).empty());
    bed.say({bed.event(1, 1, Event::ONGOING)});
    REQUIRE(bed.notices(AlarmNotice::AUDIO_RESUMED).size() == 1);
    CHECK(bed.notices(AlarmNotice::AUDIO_RESUMED).front().reason() == "new alarm");
    bed.pause_audio(120)
        .say({bed.event(1, 2, Event::ENDED)})
        .say({bed.event(2, 1, Event::ONGOING)});
    CHECK(bed.notices(AlarmNotice::AUDIO_RESUMED).size() == 1); // a second high one
}

TEST_CASE("a pause of the sound before anything is on does not silence the first alarm") {
    Bed bed;
    bed.begin().pause_audio(120).heart(Alarm::TACHYCARDIA, Heart::begins);
    CHECK(bed.notices(AlarmNotice::AUDIO_RESUMED).size() == 1);
}

TEST_CASE("a pause of the sound neither acknowledges nor keeps others from being called") {
    auto bed = with_tachycardia();
    bed.pass(70).pause_audio(120);
    CHECK(bed.newest(Alarm::TACHYCARDIA).state() == Alarm::ON);
    bed.pass(110);
    CHECK(bed.changes() == Changes{Alarm::UNANSWERED});
}

TEST_CASE("alarm off has an end and reminds until then, and what is still there is raised") {
    auto bed = with_tachycardia();
    bed.acknowledge(bed.newest(Alarm::TACHYCARDIA));
    bed.turn_off(Alarm::TACHYCARDIA, 30 * minute);
    CHECK(bed.changes() == Changes{Alarm::END});
    REQUIRE(bed.notices(AlarmNotice::ALARM_OFF).size() == 1);
    CHECK(bed.notices(AlarmNotice::ALARM_OFF).front().reason() == "known");
    bed.heart(Alarm::BRADYCARDIA, Heart::begins); // another condition is not off
    CHECK(bed.changes() == Changes{Alarm::RAISED});
    bed.pass(30 * 60 - 1);
    CHECK(bed.notices(AlarmNotice::ALARM_OFF_REMINDER).size() == 2);
    CHECK(bed.notices(AlarmNotice::ALARM_OFF_REMINDER).front().user() == "grace");
    bed.pass(1);
    REQUIRE(bed.notices(AlarmNotice::ALARM_BACK).size() == 1);
    CHECK(bed.notices(AlarmNotice::ALARM_BACK).front().reason() == "over");
    CHECK(bed.newest(Alarm::TACHYCARDIA).state() == Alarm::ON);
}

TEST_CASE("alarm off reminds and ends to the second, also where nothing else happens") {
    auto bed = with_tachycardia();
    bed.acknowledge(bed.newest(Alarm::TACHYCARDIA)).turn_off(Alarm::TACHYCARDIA, 700 * second);
    bed.pass(599);
    CHECK(bed.last.empty());
    bed.pass(1);
    CHECK(bed.notices(AlarmNotice::ALARM_OFF_REMINDER).size() == 1);
    bed.pass(99);
    CHECK(bed.last.empty());
    bed.pass(1);
    CHECK(bed.changes() == Changes{Alarm::RAISED});
}

TEST_CASE("alarm off lasts at most 12 hours, and can be ended before") {
    auto bed = with_tachycardia();
    bed.turn_off(Alarm::TACHYCARDIA, longest_off_us + 1);
    CHECK(refusal(bed) == "an end at most 43200 s ahead is needed");
    bed.turn_off(Alarm::TACHYCARDIA, longest_off_us);
    CHECK(refusal(bed).empty());
    auto back = act_of(v1::Act::ALARM_BACK);
    back.add_conditions(Alarm::TACHYCARDIA);
    bed.act(back);
    CHECK(bed.changes() == Changes{Alarm::RAISED});
}

TEST_CASE("alarm off does not take away what latches and nobody has acknowledged") {
    Bed bed;
    bed.begin().stream_for(30).say({bed.event(1, 1, Event::ONGOING)});
    bed.turn_off(Alarm::SEIZURE, 60 * minute);
    CHECK(bed.newest(Alarm::SEIZURE).state() == Alarm::LATCHED);
    bed.stream_for(60);
    CHECK(bed.changes() == Changes{Alarm::UNANSWERED});
    bed.say({bed.event(2, 1, Event::ONGOING)});
    CHECK(bed.changes().empty());
    CHECK(bed.notices(AlarmNotice::LISTED).front().reason() == "alarm off");
    bed.acknowledge(bed.newest(Alarm::SEIZURE));
    CHECK(bed.machine.alarms().empty());
}

TEST_CASE("nobody who acknowledges: others are called, again and again, high ones sooner") {
    Bed bed;
    bed.begin().stream_for(30).say({bed.event(1, 1, Event::ONGOING)});
    bed.heart(Alarm::TACHYCARDIA, Heart::begins).stream_for(59);
    CHECK(bed.changes().empty());
    bed.stream_for(1);
    CHECK(bed.changes() == Changes{Alarm::UNANSWERED});
    CHECK(bed.newest(Alarm::SEIZURE).unanswered() == 1);
    CHECK(bed.newest(Alarm::SEIZURE).priority() == Alarm::HIGH);
    bed.stream_for(60);
    CHECK(bed.newest(Alarm::SEIZURE).unanswered() == 2);
    bed.stream_for(60);
    CHECK(bed.newest(Alarm::TACHYCARDIA).unanswered() == 1);
    bed.acknowledge(bed.newest(Alarm::SEIZURE)).acknowledge(bed.newest(Alarm::TACHYCARDIA));
    bed.stream_for(300);
    CHECK(bed.changes().empty());
}

TEST_CASE("what comes again and again does not put off that others are called") {
    Bed bed;
    bed.begin().stream_for(30);
    int unanswered = 0;
    for (int number = 0; number < 10; ++number) { // every 40 s another seizure of 20 s
        bed.say({bed.event(number, 1, Event::ONGOING)}).stream_for(20);
        unanswered += static_cast<int>(std::ranges::count(bed.changes(), Alarm::UNANSWERED));
        bed.say({bed.event(number, 2, Event::ENDED, 30 * second)}).stream_for(20);
        unanswered += static_cast<int>(std::ranges::count(bed.changes(), Alarm::UNANSWERED));
    }
    CHECK(unanswered == 6);
}

TEST_CASE("the time without an answer can be set") {
    Bed bed;
    auto settings = signed_off();
    settings.set_unanswered_medium_after_s(30);
    bed.pass(1).set(settings).heart(Alarm::TACHYCARDIA, Heart::begins).pass(30);
    CHECK(bed.changes() == Changes{Alarm::UNANSWERED});
}

TEST_CASE("a low alarm calls nobody, and is reminded of once it is acknowledged") {
    Bed bed;
    bed.begin().technical(Alarm::ELECTRODE_OFF, {"s/Fp1"}).pass(700);
    CHECK(bed.changes() == Changes{Alarm::RAISED});
    bed.acknowledge(bed.newest(Alarm::ELECTRODE_OFF)).pass(599);
    CHECK(bed.changes().empty());
    bed.pass(1);
    CHECK(bed.changes() == Changes{Alarm::REMINDED});
    CHECK(bed.newest(Alarm::ELECTRODE_OFF).state() == Alarm::ACKNOWLEDGED);
    bed.pass(600);
    CHECK(bed.changes() == Changes{Alarm::REMINDED});
}

TEST_CASE("limits change by what somebody says, never in silence, and stay when nothing is said") {
    Bed bed;
    auto settings = signed_off();
    settings.mutable_limits()->set_tachycardia_bpm(140);
    settings.mutable_limits()->set_bradycardia_bpm(45);
    settings.mutable_limits()->set_pause_s(4);
    bed.pass(1).set(settings);
    CHECK(
        bed.notices(AlarmNotice::SETTINGS).front().detail() ==
        "switched on; tachycardia 120 -> 140 /min; bradycardia 50 -> 45 /min; pause 3 -> 4 s; "
        "window-178 2.0.0 signed off"
    );
    bed.set(switched_on()); // says nothing about limits
    CHECK(bed.machine.settings().limits().tachycardia_bpm() == 140);
    CHECK(
        bed.notices(AlarmNotice::SETTINGS).front().detail() ==
        "window-178 2.0.0 no longer signed off"
    );
    bed.set(switched_on());
    CHECK(bed.last.empty());
    settings.mutable_limits()->set_pause_s(0.5);
    bed.set(settings);
    CHECK(refusal(bed) == "a limit lies between 1 and 20 s");
    CHECK(bed.machine.settings().limits().pause_s() == 4);
}

TEST_CASE("only a clinician signs a model off") {
    Bed bed;
    auto settings = signed_off();
    settings.set_role(v1::StaffUser::ADMINISTRATOR);
    bed.pass(1).set(settings);
    CHECK(refusal(bed) == "only a clinician signs a model off");
    CHECK_FALSE(bed.machine.settings().switched_on());
    bed.set(signed_off());
    bed.set(settings); // nothing new is signed off
    CHECK(refusal(bed).empty());
    settings.set_patient("p2");
    bed.set(settings);
    CHECK(refusal(bed) == "these are another patient's");
}

TEST_CASE("a call is high at once, and stays until somebody acknowledges it") {
    Bed bed;
    const auto call = [&](Condition condition, std::int64_t age_us) {
        const auto entry = bed.entry();
        bed.take(bed.machine.call(
            entry,
            {.condition = condition,
             .source = std::string(entry.id),
             .at_us = entry.time_us - age_us}
        ));
    };
    bed.pass(1);
    call(Alarm::MANUAL_ALARM, 0); // nobody has switched alarms on
    CHECK(bed.changes().empty());
    CHECK(bed.notices(AlarmNotice::LISTED).front().reason() == "not switched on");
    bed.begin();
    call(Alarm::MANUAL_ALARM, 0);
    CHECK(bed.changes() == Changes{Alarm::RAISED, Alarm::CONDITION_OVER});
    CHECK(bed.newest(Alarm::MANUAL_ALARM).priority() == Alarm::HIGH);
    bed.pass(59);
    CHECK(bed.changes().empty());
    bed.pass(2);
    CHECK(bed.changes() == Changes{Alarm::UNANSWERED});
    bed.acknowledge(bed.newest(Alarm::MANUAL_ALARM));
    CHECK(bed.newest(Alarm::MANUAL_ALARM).state() == Alarm::ENDED);
    call(Alarm::EVENT_BUTTON, 119 * second);
    CHECK(bed.newest(Alarm::EVENT_BUTTON).priority() == Alarm::MEDIUM);
    call(Alarm::EVENT_BUTTON, 120 * second); // as late as any physiological condition may be
    CHECK(bed.changes().empty());
    CHECK(bed.notices(AlarmNotice::LISTED).front().reason() == "late");
    call(Alarm::SEIZURE, 0); // nobody's to call
    CHECK(bed.last.empty());
}

TEST_CASE("the same call again is no call, also for a machine that begins from a checkpoint") {
    Bed bed;
    const auto call = [&](const std::string& source) {
        const auto entry = bed.entry();
        const auto condition = Alarm::EVENT_BUTTON;
        bed.take(bed.machine.call(
            entry,
            {.condition = condition, .source = source, .at_us = entry.time_us}
        ));
    };
    bed.pass(1);
    bed.begin();
    call("press-1");
    CHECK(bed.changes() == Changes{Alarm::RAISED, Alarm::CONDITION_OVER});
    bed.acknowledge(bed.newest(Alarm::EVENT_BUTTON));
    call("press-1");
    CHECK(bed.last.empty());
    bed.machine = *AlarmMachine::restore(bed.machine.serialize());
    call("press-1");
    CHECK(bed.last.empty());
    call("press-2");
    CHECK(bed.changes() == Changes{Alarm::RAISED, Alarm::CONDITION_OVER});

    for (std::size_t number = 0; number < AlarmMachine::most_calls; ++number) {
        call("more-" + std::to_string(number));
    }
    call("press-2"); // so many later it is forgotten
    CHECK_FALSE(bed.last.empty());
}

} // namespace vigil::alarm
