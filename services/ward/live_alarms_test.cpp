// What of alarms is not an alarm: conditions that are off, and what people must know for a while.
#include "ward/live_state.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::ward;

namespace {

constexpr std::int64_t start_us = 1'800'000'000'000'000;
constexpr std::int64_t hour_us = 3'600'000'000;

struct Fixture {
    LiveState live;
    journal::Sequence next = 1;

    void tell(v1::AlarmNotice notice) {
        v1::Step step;
        *step.add_alarms()->mutable_notice() = std::move(notice);
        auto stored = std::make_shared<journal::Stored>();
        stored->sequence = next++;
        stored->entry.set_type(v1::STEP);
        stored->entry.set_receipt_time_us(start_us);
        step.SerializeToString(stored->entry.mutable_payload());
        const std::array<journal::StoredPtr, 1> entries{std::move(stored)};
        live.apply(entries);
    }

    static v1::AlarmNotice
    notice(v1::AlarmNotice::Kind kind, const char* reason, std::int64_t later_us = 0) {
        v1::AlarmNotice made;
        made.set_kind(kind);
        made.set_patient("p1");
        made.set_at_us(start_us + later_us);
        made.set_user("ada");
        made.set_reason(reason);
        return made;
    }

    static v1::AlarmNotice
    about_tachycardia(v1::AlarmNotice::Kind kind, const char* reason, std::int64_t later_us = 0) {
        auto made = notice(kind, reason, later_us);
        made.add_conditions(v1::Alarm::TACHYCARDIA);
        made.set_until_us(start_us + hour_us);
        return made;
    }

    static v1::Act act(v1::Act::Kind kind, v1::Alarm::Condition condition, std::int64_t for_us) {
        v1::Act made;
        made.set_kind(kind);
        made.set_patient("p1");
        made.set_user("ada");
        made.set_reason("known");
        made.add_conditions(condition);
        made.set_until_us(start_us + for_us);
        return made;
    }

    v1::LivePatient patient(journal::Sequence since = 0) const {
        const auto frame = live.frame(since, {}, from_us(start_us), true);
        return frame.patients().empty() ? v1::LivePatient{} : frame.patients(0);
    }
};

} // namespace

TEST_CASE_METHOD(Fixture, "what is off is shown until it is back, and when it was reminded of") {
    tell(about_tachycardia(v1::AlarmNotice::ALARM_OFF, "known"));
    auto shown = patient();
    REQUIRE(shown.off_size() == 1);
    CHECK(shown.off(0).condition() == v1::Alarm::TACHYCARDIA);
    CHECK(shown.off(0).until_us() == start_us + hour_us);
    CHECK(shown.off(0).user() == "ada");
    CHECK(shown.off(0).reason() == "known");
    CHECK(shown.off(0).reminded_us() == 0);
    tell(about_tachycardia(v1::AlarmNotice::ALARM_OFF_REMINDER, "known", 600'000'000));
    shown = patient(live.sequence());
    REQUIRE(shown.off_size() == 1); // a state, and no news: each frame has it
    CHECK(shown.off(0).reminded_us() == start_us + 600'000'000);
    const auto seen = live.sequence();
    tell(about_tachycardia(v1::AlarmNotice::ALARM_BACK, "over", hour_us));
    shown = patient(seen);
    CHECK(shown.off().empty());
    REQUIRE(shown.notices_size() == 1);
    CHECK(shown.notices(0).reason() == "over");
}

TEST_CASE_METHOD(Fixture, "a ward that starts anew knows what was switched off long before") {
    access::DirectoryState directory;
    auto& acts = directory.offs["p1"];
    acts[v1::Alarm::TACHYCARDIA] = act(v1::Act::ALARM_OFF, v1::Alarm::TACHYCARDIA, hour_us);
    acts[v1::Alarm::BRADYCARDIA] = act(v1::Act::ALARM_BACK, v1::Alarm::BRADYCARDIA, 0);
    acts[v1::Alarm::PAUSE] = act(v1::Act::ALARM_OFF, v1::Alarm::PAUSE, -1); // its time is over
    live.begin(directory, from_us(start_us));
    REQUIRE(patient().off_size() == 1);
    CHECK(patient().off(0).condition() == v1::Alarm::TACHYCARDIA);
    CHECK(patient().off(0).until_us() == start_us + hour_us);
    CHECK(patient().off(0).user() == "ada");
    tell(about_tachycardia(v1::AlarmNotice::ALARM_BACK, "asked for"));
    CHECK(patient().off().empty());
}

TEST_CASE_METHOD(Fixture, "limits and monitoring that change are told for a while") {
    auto changed = notice(v1::AlarmNotice::SETTINGS, "known");
    changed.set_detail("tachycardia 120 -> 130 /min");
    changed.mutable_settings()->set_switched_on(true);
    tell(changed);
    REQUIRE(patient().notices_size() == 1);
    CHECK(patient().notices(0).detail() == "tachycardia 120 -> 130 /min");
    CHECK_FALSE(patient().notices(0).has_settings());
    CHECK(patient(live.sequence()).notices().empty());
    tell(notice(v1::AlarmNotice::MONITORING, "STANDBY", 700'000'000));
    REQUIRE(patient().notices_size() == 1); // the other was ten minutes before
    CHECK(patient().notices(0).reason() == "STANDBY");
    for (int time = 0; time < 40; ++time) {
        tell(notice(v1::AlarmNotice::SETTINGS, "again", 700'000'001 + time));
    }
    CHECK(patient().notices_size() == 16);
}

TEST_CASE_METHOD(
    Fixture,
    "an act that changed nothing is told with its entry, and crowds nothing out"
) {
    tell(notice(v1::AlarmNotice::SETTINGS, "known"));
    const auto seen = live.sequence();
    auto refused = notice(v1::AlarmNotice::ACT_REFUSED, "no such alarm is on", 1);
    refused.set_cause("an act's entry");
    tell(refused);
    auto shown = patient(seen);
    REQUIRE(shown.notices_size() == 1);
    CHECK(shown.notices(0).kind() == v1::AlarmNotice::ACT_REFUSED);
    CHECK(shown.notices(0).cause() == "an act's entry");
    CHECK(shown.notices(0).reason() == "no such alarm is on");
    for (int time = 0; time < 40; ++time) {
        tell(notice(v1::AlarmNotice::ACT_REFUSED, "again", 2 + time));
    }
    shown = patient();
    CHECK(shown.notices_size() == 1 + 8);
    CHECK(shown.notices(0).kind() == v1::AlarmNotice::SETTINGS);
}

TEST_CASE_METHOD(Fixture, "what is off of Vigil's own alarms is the frame's") {
    auto off = about_tachycardia(v1::AlarmNotice::ALARM_OFF, "known");
    off.clear_patient();
    off.set_conditions(0, v1::Alarm::STORAGE_FAILING);
    tell(off);
    const auto frame = live.frame(0, {}, from_us(start_us), true);
    CHECK(frame.patients().empty());
    REQUIRE(frame.off_size() == 1);
    CHECK(frame.off(0).condition() == v1::Alarm::STORAGE_FAILING);
}
