// LiveState's events: what goes on, and what ended in the last minutes.
#include "ward/live_state.hpp"

#include <algorithm>

namespace vigil::ward {

void LiveState::take_event(journal::Sequence sequence, const v1::Event& event) {
    if (event.shadow()) {
        return; // compared, not shown
    }
    auto& patient = patients_[event.patient()];
    auto& known = patient.events[event.id()];
    if (known.value.revision() >= event.revision()) {
        return;
    }
    patient.changed = sequence;
    known = {.sequence = sequence, .time_us = event.span().end_us(), .value = event};
    forget_events(patient);
}

/// By the time of the patient's own scores: backfill is as old as it is.
void LiveState::forget_events(Patient& patient) const {
    const auto before_us = patient.newest_scored_us - limits_.events.count();
    std::erase_if(patient.events, [before_us](const auto& one) {
        const auto& kept = one.second;
        return kept.value.state() != v1::Event::ONGOING && kept.time_us < before_us;
    });
    while (patient.events.size() > limits_.events_per_patient) {
        patient.events.erase(std::ranges::min_element(patient.events, {}, [](const auto& one) {
            return one.second.value.span().onset_us();
        }));
    }
}

void LiveState::show_events(
    const Patient& patient,
    journal::Sequence since,
    v1::LivePatient& shown
) {
    for (const auto& [id, kept] : patient.events) {
        if (kept.sequence > since) {
            *shown.add_events() = kept.value;
        }
    }
}

} // namespace vigil::ward
