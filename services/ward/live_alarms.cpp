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

void LiveState::begin(const access::DirectoryState& directory, UtcTime now) {
    for (const auto& [id, acts] : directory.offs) {
        auto& patient = id.empty() ? own_ : patients_[id];
        for (const auto& [condition, act] : acts) {
            if (act.kind() != v1::Act::ALARM_OFF || act.until_us() <= to_us(now)) {
                continue;
            }
            auto& off = patient.offs[condition];
            off.set_condition(condition);
            off.set_until_us(act.until_us());
            off.set_user(act.user());
            off.set_reason(act.reason());
        }
    }
}

void LiveState::take_notice(journal::Sequence sequence, const v1::AlarmNotice& notice) {
    auto& patient = notice.patient().empty() ? own_ : patients_[notice.patient()];
    switch (notice.kind()) {
        case v1::AlarmNotice::AUDIO_PAUSED:
        case v1::AlarmNotice::AUDIO_RESUMED:
            patient.audio_paused_until_us =
                notice.kind() == v1::AlarmNotice::AUDIO_PAUSED ? notice.until_us() : 0;
            break;
        case v1::AlarmNotice::ALARM_OFF:
        case v1::AlarmNotice::ALARM_OFF_REMINDER:
            take_off(patient, notice);
            break;
        case v1::AlarmNotice::ALARM_BACK:
            for (const int condition : notice.conditions()) {
                patient.offs.erase(static_cast<v1::Alarm::Condition>(condition));
            }
            [[fallthrough]];
        case v1::AlarmNotice::SETTINGS:
        case v1::AlarmNotice::MONITORING:
            keep_notice(
                patient.notices,
                {sequence, notice.at_us(), notice},
                limits_.notices_per_patient
            );
            break;
        case v1::AlarmNotice::ACT_REFUSED:
            keep_notice(
                patient.refusals,
                {sequence, notice.at_us(), notice},
                limits_.refusals_per_patient
            );
            break;
        default:
            return;
    }
    patient.changed = sequence;
}

void LiveState::take_off(Patient& patient, const v1::AlarmNotice& notice) {
    for (const int number : notice.conditions()) {
        const auto condition = static_cast<v1::Alarm::Condition>(number);
        auto& off = patient.offs[condition];
        off.set_condition(condition);
        off.set_until_us(notice.until_us());
        off.set_user(notice.user());
        off.set_reason(notice.reason());
        off.set_reminded_us(
            notice.kind() == v1::AlarmNotice::ALARM_OFF_REMINDER ? notice.at_us() : 0
        );
    }
}

void LiveState::keep_notice(
    std::deque<Kept<v1::AlarmNotice>>& notices,
    Kept<v1::AlarmNotice> kept,
    std::size_t most
) const {
    kept.value.clear_settings(); // those in force have a route of their own
    const auto oldest_us = kept.time_us - limits_.events.count();
    notices.push_back(std::move(kept));
    while (notices.size() > most || notices.front().time_us < oldest_us) {
        notices.pop_front();
    }
}

const v1::Alarm* LiveState::alarm(const std::string& patient, const std::string& id) const {
    const auto known = patients_.find(patient);
    if (known == patients_.end()) {
        return nullptr;
    }
    const auto found = known->second.alarms.find(id);
    return found == known->second.alarms.end() ? nullptr : &found->second.value;
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
    for (const auto& [condition, off] : patient.offs) {
        *shown.add_off() = off;
    }
    for (const auto* notices : {&patient.notices, &patient.refusals}) {
        for (const auto& kept : *notices) {
            if (kept.sequence > since) {
                *shown.add_notices() = kept.value;
            }
        }
    }
}

void LiveState::show_own_alarms(journal::Sequence since, v1::LiveFrame& frame) const {
    v1::LivePatient own;
    show_alarms(own_, since, own);
    frame.mutable_alarms()->Swap(own.mutable_alarms());
    frame.mutable_off()->Swap(own.mutable_off());
    frame.mutable_notices()->Swap(own.mutable_notices());
    frame.set_alarms_on(own_.alarms_on);
    frame.set_audio_paused_until_us(own_.audio_paused_until_us);
}

} // namespace vigil::ward
