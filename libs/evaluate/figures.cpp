#include "evaluate/figures.hpp"

namespace vigil::evaluate {

Tally& Tally::operator+=(const Tally& other) {
    recordings += other.recordings;
    seizures += other.seizures;
    events += other.events;
    samples += other.samples;
    latencies_s.insert(latencies_s.end(), other.latencies_s.begin(), other.latencies_s.end());
    return *this;
}

Tally tally(
    std::span<const Event> reference,
    std::span<const Event> detections,
    double duration_s,
    const EventRules& rules
) {
    auto score = score_events(reference, detections, duration_s, rules);
    return {
        .recordings = 1,
        .seizures = score.seizures,
        .events = score.counts,
        .samples = score_samples(reference, detections, duration_s),
        .latencies_s = std::move(score.latencies_s),
    };
}

Tally micro_average(std::span<const PatientTally> patients) {
    Tally all;
    for (const auto& patient : patients) {
        all += patient.tally;
    }
    return all;
}

MacroFigures macro_average(std::span<const PatientTally> patients, Counts Tally::* of) {
    const auto mean = [&](std::optional<double> (Counts::*figure)() const) {
        Mean result;
        double sum = 0;
        for (const auto& patient : patients) {
            if (const auto value = ((patient.tally.*of).*figure)()) {
                sum += *value;
                ++result.patients;
            }
        }
        if (result.patients > 0) {
            result.value = sum / static_cast<double>(result.patients);
        }
        return result;
    };
    return {
        .sensitivity = mean(&Counts::sensitivity),
        .precision = mean(&Counts::precision),
        .f1 = mean(&Counts::f1),
        .false_alarms_per_day = mean(&Counts::false_alarms_per_day),
    };
}

std::optional<Interval> false_alarm_interval(const Counts& events) {
    if (events.samples == 0) {
        return std::nullopt;
    }
    const auto interval = poisson_interval(events.false_alarms);
    return Interval{.low = interval.low / events.days(), .high = interval.high / events.days()};
}

} // namespace vigil::evaluate
