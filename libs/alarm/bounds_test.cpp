#include "alarm/bounds.hpp"

#include "alarm/bed.hpp"
#include "alarm/conditions.hpp"
#include "signal/heart_rules.hpp"

#include <catch2/catch_test_macros.hpp>

namespace vigil::alarm {

namespace {

constexpr std::int64_t now_us = 1'795'900'000 * second;

v1::Act acknowledgement() {
    auto act = act_of(v1::Act::ACKNOWLEDGE);
    act.set_alarm(event_id(1));
    act.set_revision(1);
    return act;
}

v1::Act off() {
    auto act = act_of(v1::Act::ALARM_OFF);
    act.add_conditions(v1::Alarm::TACHYCARDIA);
    act.set_reason("known");
    act.set_until_us(now_us + longest_off_us);
    return act;
}

/// The field that is wrong; empty: none is.
std::string fault(const v1::Act& act) {
    const auto checked = check(act, now_us);
    return checked ? "" : checked.error().field;
}

std::string fault(const v1::AlarmSettings& settings) {
    const auto checked = check(settings);
    return checked ? "" : checked.error().field;
}

template <class Message, class Change>
std::string fault_of(Message message, Change change) {
    change(message);
    return fault(message);
}

} // namespace

TEST_CASE("acts are refused beyond each of their bounds") {
    CHECK(fault(acknowledgement()).empty());
    CHECK(fault(off()).empty());
    CHECK(fault(v1::Act{}) == "role");
    const auto no_kind = [](auto& act) { act.set_kind(v1::Act::KIND_UNSPECIFIED); };
    CHECK(fault_of(acknowledgement(), no_kind) == "kind");
    for (const auto role : {v1::StaffUser::VIEWER, v1::StaffUser::ADMINISTRATOR}) {
        CHECK(fault_of(off(), [role](auto& act) { act.set_role(role); }) == "role");
    }
    CHECK(fault_of(off(), [](auto& act) { act.clear_user(); }) == "user");
    CHECK(fault_of(off(), [](auto& act) { act.set_user(std::string(64, 'a')); }).empty());
    CHECK(fault_of(off(), [](auto& act) { act.set_user(std::string(65, 'a')); }) == "user");
    CHECK(fault_of(acknowledgement(), [](auto& act) { act.set_alarm("short"); }) == "alarm");
    CHECK(fault_of(acknowledgement(), [](auto& act) { act.set_revision(0); }) == "revision");
    CHECK(fault_of(off(), [](auto& act) { act.clear_reason(); }) == "reason");
    CHECK(fault_of(off(), [](auto& act) { act.set_reason(std::string(500, 'a')); }).empty());
    CHECK(fault_of(off(), [](auto& act) { act.set_reason(std::string(501, 'a')); }) == "reason");
    CHECK(fault_of(off(), [](auto& act) { act.clear_conditions(); }) == "conditions");
    const auto no_condition = [](auto& act) { act.add_conditions(v1::Alarm::Condition(99)); };
    CHECK(fault_of(off(), no_condition) == "conditions");
    const auto twice_all = [](auto& act) {
        for (const auto& row : conditions()) {
            act.add_conditions(row.id);
        }
    };
    CHECK(fault_of(off(), twice_all) == "conditions");
    CHECK(fault_of(off(), [](auto& act) { act.set_until_us(act.until_us() + 1); }) == "until_us");
    CHECK(fault_of(off(), [](auto& act) { act.set_until_us(now_us); }) == "until_us");
    auto pause = act_of(v1::Act::AUDIO_PAUSE);
    CHECK(fault(pause) == "until_us");
    pause.set_until_us(now_us + 120 * second);
    CHECK(fault(pause).empty());
    pause.set_until_us(now_us + 120 * second + 1);
    CHECK(fault(pause) == "until_us");
    pause.set_until_us(std::numeric_limits<std::int64_t>::min());
    CHECK(fault(pause) == "until_us");
    auto end = act_of(v1::Act::STREAM_ENDED);
    CHECK(fault(end) == "device");
    end.set_device("d");
    CHECK(fault(end) == "stream");
}

TEST_CASE("settings are refused beyond each of their bounds") {
    CHECK(fault(signed_off()).empty());
    CHECK(fault_of(signed_off(), [](auto& one) { one.set_role(v1::StaffUser::VIEWER); }) == "role");
    CHECK(fault_of(signed_off(), [](auto& one) { one.clear_user(); }) == "user");
    const auto long_reason = [](auto& one) { one.set_reason(std::string(501, 'a')); };
    CHECK(fault_of(signed_off(), long_reason) == "reason");
    for (const auto& row : times()) {
        INFO(row.name);
        for (const auto seconds : {row.least_s, row.by_default_s, row.most_s}) {
            CHECK(fault_of(signed_off(), [&](auto& one) { (one.*row.write)(seconds); }).empty());
        }
        for (const auto seconds : {row.least_s - 1, row.most_s + 1}) {
            CHECK(fault_of(signed_off(), [&](auto& one) {
                      (one.*row.write)(seconds);
                  }) == row.name);
        }
    }
    CHECK(fault_of(signed_off(), [](auto& one) {
              one.mutable_sign_offs(0)->clear_user();
          }) == "sign_offs");
    const auto too_many = [](auto& one) {
        for (std::size_t i = 0; i < most_sign_offs; ++i) {
            *one.add_sign_offs() = one.sign_offs(0);
        }
    };
    CHECK(fault_of(signed_off(), too_many) == "sign_offs");
}

TEST_CASE("limits of the heart are refused exactly where the heart's rules refuse them") {
    const std::vector<double> rates{0, 19.9, 20, 45, 50, 59.9, 60, 61, 120, 290, 300, 300.1, 1e9};
    const std::vector<double> pauses{0, 0.9, 1, 1.1, 1.3, 3, 20, 20.1};
    std::size_t good = 0;
    for (const double tachycardia : rates) {
        for (const double bradycardia : rates) {
            for (const double pause : pauses) {
                auto settings = signed_off();
                settings.mutable_limits()->set_tachycardia_bpm(tachycardia);
                settings.mutable_limits()->set_bradycardia_bpm(bradycardia);
                settings.mutable_limits()->set_pause_s(pause);
                const auto other = signal::check(signal::HeartLimits{
                    .bradycardia_bpm = bradycardia,
                    .tachycardia_bpm = tachycardia,
                    .pause_s = pause
                });
                INFO(tachycardia << ' ' << bradycardia << ' ' << pause);
                REQUIRE(check(settings).has_value() == other.has_value());
                good += other.has_value() ? 1 : 0;
            }
        }
    }
    CHECK(good > 50);
    auto nan = signed_off();
    nan.mutable_limits()->set_pause_s(std::numeric_limits<double>::quiet_NaN());
    CHECK_FALSE(check(nan));
    const signal::HeartLimits defaults;
    CHECK(default_settings().limits().tachycardia_bpm() == defaults.tachycardia_bpm);
    CHECK(default_settings().limits().bradycardia_bpm() == defaults.bradycardia_bpm);
    CHECK(default_settings().limits().pause_s() == defaults.pause_s);
}

} // namespace vigil::alarm
