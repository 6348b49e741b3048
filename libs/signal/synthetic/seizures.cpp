#include "signal/synthetic/seizures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace vigil::signal {

namespace {

// Units of the model's time in a second. With it the discharge runs at 4 to 7 Hz with a spike of
// the second ensemble each second or so, as in recorded seizures; the paper leaves the choice open.
constexpr double units_per_second = 30;
constexpr double slowness = 4000; // with the above: seizures of 30 to 50 s
constexpr double longest_step = 0.06;

constexpr double rest_x0 = -2.5;
constexpr double seizure_x0 = -1.6;
// From raised excitability until z has fallen from its rest to where the resting state vanishes
// (2.915): measured.
constexpr double lead_s = 0.11 * slowness / units_per_second;

// Noise of the paper's figures: the resting state trembles but does not leave by itself.
constexpr double noise_1 = 0.02;
constexpr double noise_2 = 0.1;

// x1 is under -1.3 at rest, swings around 0.2 in a seizure and falls to -0.85 after it.
constexpr double activity_onset = -0.3;
constexpr double activity_end = -0.6;
constexpr double activity_s = 0.3;

// The model's amplitude falls while z rises from 2.9 to 4.1; the electrode's does not, since more
// tissue takes part: the gain grows with z in a seizure, which keeps recorded amplitudes (150 to
// 400 uV).
constexpr double onset_z = 2.9;
constexpr double recruitment_per_z = 3.0;
constexpr double recruitment_s = 0.5;
// Share of the second ensemble; the paper adds both alike, which makes its spikes hide the
// discharge late in a seizure.
constexpr double second_share = 0.5;

constexpr double high_pass_hz = 1.6; // as EEG amplifiers have (time constant 0.1 s)

double keep_for(double time_constant_s, double rate_hz) {
    return std::exp(-1 / (time_constant_s * rate_hz));
}

std::uint64_t sample_at(double seconds, double rate_hz) {
    return static_cast<std::uint64_t>(std::max(0.0, seconds) * rate_hz);
}

} // namespace

std::uint64_t most_seizures(double duration_s) {
    const double room = duration_s - seizure_free_start_s - seizure_free_end_s;
    return room < 0 ? 0 : 1 + static_cast<std::uint64_t>(room / shortest_seizure_interval_s);
}

std::vector<double>
random_seizure_onsets(std::uint64_t count, double duration_s, std::uint64_t seed) {
    const auto placed = std::min(count, most_seizures(duration_s));
    std::vector<double> onsets(placed);
    if (placed == 0) {
        return onsets;
    }
    // points without a distance between them, which is put in afterwards
    const double room = duration_s - seizure_free_start_s - seizure_free_end_s -
                        shortest_seizure_interval_s * static_cast<double>(placed - 1);
    WhiteNoise noise(seed);
    for (double& onset : onsets) {
        onset = seizure_free_start_s + room * noise.uniform();
    }
    std::ranges::sort(onsets);
    for (std::size_t i = 0; i < onsets.size(); ++i) {
        onsets[i] += shortest_seizure_interval_s * static_cast<double>(i);
    }
    return onsets;
}

Seizures::Seizures(double rate_hz, SeizureSchedule schedule, std::uint64_t seed)
    : rate_hz_(rate_hz),
      schedule_(std::move(schedule)),
      model_(slowness),
      noise_(seed),
      steps_(static_cast<unsigned>(std::ceil(units_per_second / rate_hz / longest_step))),
      activity_keep_(keep_for(activity_s, rate_hz)),
      gain_keep_(keep_for(recruitment_s, rate_hz)),
      high_pass_keep_(keep_for(1 / (2 * std::numbers::pi * high_pass_hz), rate_hz)) {
    dt_ = units_per_second / rate_hz / steps_;
    schedule_.every_s = std::max(90.0, schedule_.every_s);
    raise_at_ =
        schedule_.at_s ? next_raise(-lead_s) : sample_at(schedule_.first_s - lead_s, rate_hz_);
    slow_[0] = second_share * model_.state().x2 - model_.state().x1;
}

float Seizures::next() {
    advance_model();
    watch_state();
    ++index_;
    // The paper's field potential: the difference of both ensembles.
    double value = second_share * model_.state().x2 - model_.state().x1;
    for (auto& slow : slow_) {
        slow = high_pass_keep_ * slow + (1 - high_pass_keep_) * value;
        value -= slow;
    }
    const double wanted_gain =
        ictal_ ? 1 + recruitment_per_z * std::max(0.0, model_.state().z - onset_z) : 1;
    gain_ += (wanted_gain - gain_) * (1 - gain_keep_);
    return static_cast<float>(value * gain_);
}

void Seizures::advance_model() {
    raised_ = index_ >= raise_at_;
    const double x0 = raised_ ? seizure_x0 : rest_x0;
    const double root = std::sqrt(dt_);
    for (unsigned i = 0; i < steps_; ++i) {
        model_.step(dt_, x0, noise_1 * root * noise_.normal(), noise_2 * root * noise_.normal());
    }
    activity_ = activity_keep_ * activity_ + (1 - activity_keep_) * model_.state().x1;
}

std::uint64_t Seizures::next_raise(double after_s) const {
    if (schedule_.at_s) {
        for (const double wanted : *schedule_.at_s) {
            if (wanted - lead_s > after_s) {
                return sample_at(wanted - lead_s, rate_hz_);
            }
        }
        return std::numeric_limits<std::uint64_t>::max();
    }
    double wanted = schedule_.first_s;
    while (wanted - lead_s <= after_s) {
        wanted += schedule_.every_s;
    }
    return sample_at(wanted - lead_s, rate_hz_);
}

void Seizures::watch_state() {
    if (!ictal_ && activity_ > activity_onset) {
        ictal_ = true;
        labels_.push_back({.onset = index_});
    } else if (ictal_ && activity_ < activity_end) {
        ictal_ = false;
        labels_.back().end = index_;
        raise_at_ = next_raise(static_cast<double>(index_) / rate_hz_);
    }
}

} // namespace vigil::signal
