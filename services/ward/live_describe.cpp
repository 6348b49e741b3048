// LiveState's words about a patient: what is missing, what is behind, and who listens.
#include "ward/live_state.hpp"

#include <algorithm>

namespace vigil::ward {

void LiveState::describe(const Patient& patient, UtcTime now, v1::LivePatient& shown) const {
    shown.set_label(patient.label);
    shown.set_synthetic(patient.synthetic);
    shown.set_monitoring(patient.monitoring);
    shown.set_newest_sample_us(patient.newest_sample_us);
    shown.set_newest_receipt_us(patient.newest_receipt_us);
    shown.set_newest_scored_us(patient.newest_scored_us);
    shown.set_ended_on_purpose(patient.ended_on_purpose);
    const bool watched = patient.monitoring == v1::Patient::ON ||
                         patient.monitoring == v1::Patient::MONITORING_UNSPECIFIED;
    const auto silence = to_us(now) - patient.newest_receipt_us;
    const auto patience =
        std::max<std::int64_t>(limits_.no_data_after.count(), 2 * patient.block_us);
    shown.set_no_data(
        watched && !patient.ended_on_purpose && patient.newest_receipt_us != 0 && silence > patience
    );
    const auto unscored_us =
        patient.newest_sample_us - std::max(patient.newest_scored_us, patient.unscored_from_us);
    shown.set_detector_behind(
        watched && patient.unscored_since_us != 0 && unscored_us > LiveLimits::keeping_up_us &&
        to_us(now) - patient.unscored_since_us > limits_.behind_after.count() && !shown.no_data()
    );
}

void LiveState::describe_watch(const Patient& patient, v1::LivePatient& shown) const {
    const bool is_monitored = patient.monitoring != v1::Patient::STANDBY;
    shown.set_audio_paused_until_us(patient.audio_paused_until_us);
    shown.set_not_watched(patient.alarms_on && is_monitored && !watched_ && !shown.test());
}

} // namespace vigil::ward
