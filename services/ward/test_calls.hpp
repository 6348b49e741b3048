// Alarms and entries for the tests of the second way. Only tests include it.
#pragma once

#include "vigil/v1/detection.pb.h"
#include "vigil/v1/entry.pb.h"
#include "vigil/v1/station.pb.h"

#include <cstdint>
#include <string>
#include <utility>

namespace vigil::ward {

inline v1::Alarm revised(
    v1::Alarm::State state,
    std::uint32_t revision,
    v1::Alarm::Change change,
    v1::Alarm::Priority priority = v1::Alarm::HIGH
) {
    v1::Alarm made;
    made.set_id("0123456789abcdef");
    made.set_patient("p1");
    made.set_condition(v1::Alarm::SEIZURE);
    made.set_priority(priority);
    made.set_state(state);
    made.set_revision(revision);
    made.set_change(change);
    made.set_urgent_revision(
        change == v1::Alarm::RAISED || change == v1::Alarm::ESCALATED ? revision : 1
    );
    return made;
}

inline v1::Alarm raised(v1::Alarm::Priority priority = v1::Alarm::HIGH) {
    return revised(v1::Alarm::ON, 1, v1::Alarm::RAISED, priority);
}

inline v1::Entry entry_of(v1::EntryType type, std::string payload) {
    v1::Entry entry;
    entry.set_id("0123456789abcdef");
    entry.set_type(type);
    entry.set_payload(std::move(payload));
    return entry;
}

inline v1::Entry step_of(const v1::Alarm& alarm) {
    v1::Step step;
    *step.add_alarms()->mutable_alarm() = alarm;
    return entry_of(v1::STEP, step.SerializeAsString());
}

inline v1::Entry confirmation(std::uint32_t revision, const v1::Alarm& of = raised()) {
    v1::AlarmConfirmed confirmed;
    confirmed.set_alarm(of.id());
    confirmed.set_patient(of.patient());
    confirmed.set_revision(revision);
    return entry_of(v1::ALARM_CONFIRMED, confirmed.SerializeAsString());
}

} // namespace vigil::ward
