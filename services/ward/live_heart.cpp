// What LiveState makes of heart rates and beats.
#include "ward/live_state.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace vigil::ward {

void LiveState::take_vital(const journal::Stored& stored, v1::Vital vital) {
    auto& patient = patients_[stored.entry.patient()];
    // A later value for the same source and time takes the place of the one before.
    const auto same = std::ranges::find_if(patient.vitals, [&](const Kept<v1::Vital>& kept) {
        return kept.time_us == vital.start_time_us() && kept.value.name() == vital.name() &&
               kept.value.source() == vital.source();
    });
    if (same != patient.vitals.end()) {
        if (same->value.value() == vital.value()) {
            return; // sent again
        }
        patient.vitals.erase(same);
    }
    patient.changed = stored.sequence;
    patient.synthetic = patient.synthetic || vital.synthetic();
    const auto time_us = vital.start_time_us();
    patient.vitals.push_back({stored.sequence, time_us, std::move(vital)});
    trim(patient);
}

void LiveState::take_heart(journal::Sequence sequence, const v1::HeartChange& change) {
    if (change.settled()) {
        return; // it was news before
    }
    auto& patient = patients_[change.patient()];
    patient.changed = sequence;
    const auto key =
        change.device() + '\n' + change.stream() + '\n' + std::to_string(change.state());
    patient.heart.insert_or_assign(
        key,
        Kept<v1::HeartChange>{.sequence = sequence, .time_us = change.at_us(), .value = change}
    );
    if (patient.heart.size() > limits_.heart_states_per_patient) {
        patient.heart.erase(std::ranges::min_element(patient.heart, {}, [](const auto& one) {
            return one.second.sequence;
        }));
    }
}

void LiveState::show_heart(
    const Patient& patient,
    journal::Sequence since,
    v1::LivePatient& shown
) {
    for (const auto& [key, kept] : patient.heart) {
        if (kept.sequence > since) {
            *shown.add_heart() = kept.value;
        }
    }
}

void LiveState::take_beats(const journal::Stored& stored) {
    v1::Beats beats;
    if (!beats.ParseFromString(stored.entry.payload()) || beats.rr_us().empty()) {
        return;
    }
    const auto key = "beats/" + beats.device() + '\n' + beats.stream();
    auto& stream = stream_of(patients_[stored.entry.patient()], key, false);
    const auto end = beats.first_beat() + static_cast<std::uint64_t>(beats.rr_us_size());
    const auto fresh = stream.seen.unseen({beats.first_beat(), end});
    stream.seen.add(journal::SampleRange{beats.first_beat(), end});
    stream.newest_receipt_us = stored.entry.receipt_time_us();
    for (const auto& part : fresh) {
        const auto from = static_cast<std::ptrdiff_t>(part.first - beats.first_beat());
        const auto until = static_cast<std::ptrdiff_t>(part.end - beats.first_beat());
        const auto& rr = beats.rr_us();
        const auto begin_us = std::accumulate(rr.begin(), rr.begin() + from, beats.start_time_us());
        const auto end_us = std::accumulate(rr.begin() + from, rr.begin() + until, begin_us);
        v1::Vital rate;
        rate.set_name("heart_rate");
        rate.set_unit("/min");
        rate.set_value(
            60e6 * static_cast<double>(until - from) /
            static_cast<double>(std::max<std::int64_t>(end_us - begin_us, 1))
        );
        rate.set_start_time_us(end_us);
        rate.set_source(beats.device());
        rate.set_synthetic(beats.synthetic());
        take_vital(stored, std::move(rate));
    }
}

} // namespace vigil::ward
