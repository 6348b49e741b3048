// LiveState's alarms: what is on, and what ended last.
#include "ward/live_state.hpp"

#include <algorithm>
#include <utility>

namespace vigil::ward {

void LiveState::take_alarm(journal::Sequence sequence, const v1::Alarm& alarm) {
    auto& patient = alarm.patient().empty() ? own_ : patients_[alarm.patient()];
    auto& known = patient.alarms[alarm.id()];
    if (known.value.revision() >= alarm.revision()) {
        return;
    }
    patient.changed = sequence;
    known = {.sequence = sequence, .time_us = alarm.at_us(), .value = alarm};
    if (patient.alarms.size() > limits_.alarms_per_patient) {
        patient.alarms.erase(std::ranges::min_element(patient.alarms, {}, [](const auto& one) {
            const auto& kept = one.second;
            return std::pair(kept.value.state() != v1::Alarm::ENDED, kept.sequence);
        }));
    }
}

void LiveState::show_alarms(
    const Patient& patient,
    journal::Sequence since,
    v1::LivePatient& shown
) {
    shown.set_alarms_on(patient.alarms_on);
    for (const auto& [id, kept] : patient.alarms) {
        if (kept.sequence > since) {
            *shown.add_alarms() = kept.value;
        }
    }
}

void LiveState::show_own_alarms(journal::Sequence since, v1::LiveFrame& frame) const {
    v1::LivePatient own;
    show_alarms(own_, since, own);
    frame.mutable_alarms()->Swap(own.mutable_alarms());
    frame.set_alarms_on(own_.alarms_on);
}

} // namespace vigil::ward
