#include "evaluate/scoring.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::evaluate {

namespace {

constexpr double event_rate_hz = 10;
constexpr double sample_rate_hz = 1;
// timescoring adds it so that no overlap is never more than none
constexpr double overlap_slack = 1e-6;

/// One flag per sample of the recording. Rounds half to even, as Python and NumPy do.
class Mask {
public:
    Mask(double duration_s, double rate_hz)
        : rate_hz_(rate_hz),
          flags_(static_cast<std::size_t>(std::nearbyint(duration_s * rate_hz))) {}

    Mask(const std::vector<Event>& events, double duration_s, double rate_hz)
        : Mask(duration_s, rate_hz) {
        for (const auto& event : events) {
            set(event);
        }
    }

    void set(const Event& event) {
        const auto [first, last] = range(event);
        std::fill(flags_.begin() + first, flags_.begin() + last, true);
    }

    [[nodiscard]] std::ptrdiff_t count(const Event& event) const {
        const auto [first, last] = range(event);
        return std::count(flags_.begin() + first, flags_.begin() + last, true);
    }

    [[nodiscard]] bool any(const Event& event) const { return count(event) > 0; }

    [[nodiscard]] double seconds(const Event& event) const {
        return static_cast<double>(count(event)) / rate_hz_;
    }

    [[nodiscard]] std::size_t size() const { return flags_.size(); }

    [[nodiscard]] bool at(std::size_t index) const { return flags_[index]; }

private:
    struct Range {
        std::ptrdiff_t first;
        std::ptrdiff_t last;
    };

    [[nodiscard]] Range range(const Event& event) const {
        const auto index = [this](double time_s) {
            const double rounded = std::nearbyint(time_s * rate_hz_);
            return static_cast<std::ptrdiff_t>(
                std::clamp(rounded, 0.0, static_cast<double>(flags_.size()))
            );
        };
        const auto first = index(event.onset_s);
        return {.first = first, .last = std::max(first, index(event.end_s))};
    }

    double rate_hz_;
    std::vector<bool> flags_;
};

std::vector<Event> without_short_pauses(const std::vector<Event>& events, double shortest_s) {
    std::vector<Event> joined;
    for (const auto& event : events) {
        if (!joined.empty() && event.onset_s - joined.back().end_s < shortest_s) {
            joined.back().end_s = event.end_s;
        } else {
            joined.push_back(event);
        }
    }
    return joined;
}

std::vector<Event> split_long(const std::vector<Event>& events, double longest_s) {
    std::vector<Event> pieces;
    for (auto event : events) {
        while (event.end_s - event.onset_s > longest_s) {
            pieces.push_back({.onset_s = event.onset_s, .end_s = event.onset_s + longest_s});
            event.onset_s += longest_s;
        }
        pieces.push_back(event);
    }
    return pieces;
}

/// The event with its tolerance, within the mask's length.
Event tolerated(const Event& event, const EventRules& rules, double length_s) {
    return {
        .onset_s = std::max(0.0, event.onset_s - rules.tolerance_start_s),
        .end_s = std::min(length_s, event.end_s + rules.tolerance_end_s),
    };
}

/// When each seizure's first detection was raised; `detections` before any was joined or split.
std::vector<double> latencies(
    const std::vector<Event>& seizures,
    const std::vector<Event>& detections,
    const EventRules& rules,
    double length_s
) {
    std::vector<double> found;
    for (const auto& seizure : seizures) {
        const auto window = tolerated(seizure, rules, length_s);
        const auto first = std::ranges::find_if(detections, [&window](const Event& detection) {
            return detection.end_s > window.onset_s && detection.onset_s < window.end_s;
        });
        if (first != detections.end()) {
            const double raised_s = first->raised_s.value_or(first->onset_s);
            found.push_back(std::max(raised_s - seizure.onset_s, -rules.tolerance_start_s));
        }
    }
    return found;
}

} // namespace

double Counts::days() const {
    // the operations and their order are timescoring's, so that the last digit is too
    return static_cast<double>(samples) / rate_hz / 3600 / 24;
}

std::optional<double> Counts::sensitivity() const {
    if (reference == 0) {
        return std::nullopt;
    }
    return static_cast<double>(detected) / static_cast<double>(reference);
}

std::optional<double> Counts::precision() const {
    if (detected + false_alarms == 0) {
        return std::nullopt;
    }
    return static_cast<double>(detected) / static_cast<double>(detected + false_alarms);
}

std::optional<double> Counts::f1() const {
    if (reference + false_alarms == 0) {
        return std::nullopt;
    }
    return 2 * static_cast<double>(detected) /
           static_cast<double>(2 * detected + false_alarms + missed());
}

std::optional<double> Counts::false_alarms_per_day() const {
    if (samples == 0) {
        return std::nullopt;
    }
    return static_cast<double>(false_alarms) / days();
}

Counts& Counts::operator+=(const Counts& other) {
    if (samples == 0) {
        rate_hz = other.rate_hz;
    }
    reference += other.reference;
    detected += other.detected;
    false_alarms += other.false_alarms;
    samples += other.samples;
    return *this;
}

EventScore score_events(
    std::span<const Event> reference,
    std::span<const Event> detections,
    double duration_s,
    const EventRules& rules
) {
    const auto raw = normalised({detections.begin(), detections.end()}, duration_s);
    const auto seizures = without_short_pauses(
        normalised({reference.begin(), reference.end()}, duration_s),
        rules.shortest_pause_s
    );
    const auto expected = split_long(seizures, rules.longest_event_s);
    const auto found =
        split_long(without_short_pauses(raw, rules.shortest_pause_s), rules.longest_event_s);
    const Mask found_mask(found, duration_s, event_rate_hz);
    const double length_s = static_cast<double>(found_mask.size()) / event_rate_hz;

    EventScore score;
    score.seizures = seizures.size();
    score.counts.samples = found_mask.size();
    score.counts.rate_hz = event_rate_hz;
    score.counts.reference = expected.size();
    Mask detected_mask(duration_s, event_rate_hz);
    for (const auto& event : expected) {
        const auto window = tolerated(event, rules, length_s);
        const double share = found_mask.seconds(window) / (window.end_s - window.onset_s);
        if (share > rules.minimum_overlap + overlap_slack) {
            ++score.counts.detected;
            detected_mask.set(window);
        }
    }
    for (const auto& event : found) {
        score.counts.false_alarms += detected_mask.any(event) ? 0 : 1;
    }
    score.latencies_s = latencies(seizures, raw, rules, length_s);
    return score;
}

Counts score_samples(
    std::span<const Event> reference,
    std::span<const Event> detections,
    double duration_s
) {
    const Mask expected(
        normalised({reference.begin(), reference.end()}, duration_s),
        duration_s,
        sample_rate_hz
    );
    const Mask found(
        normalised({detections.begin(), detections.end()}, duration_s),
        duration_s,
        sample_rate_hz
    );
    Counts counts{.samples = expected.size(), .rate_hz = sample_rate_hz};
    for (std::size_t index = 0; index < expected.size(); ++index) {
        counts.reference += expected.at(index) ? 1 : 0;
        counts.detected += expected.at(index) && found.at(index) ? 1 : 0;
        counts.false_alarms += !expected.at(index) && found.at(index) ? 1 : 0;
    }
    return counts;
}

} // namespace vigil::evaluate
