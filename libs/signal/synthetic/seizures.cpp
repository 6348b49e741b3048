#include "signal/synthetic/seizures.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigil::signal {

namespace {

// Units of the model's time in a second. With it the discharge runs at 5 to 9 Hz and spike-and-wave at 2 to 3 Hz, as in
// recorded seizures; the paper leaves the choice open.
constexpr double units_per_second = 45;
constexpr double slowness = 6000;  // with the above: seizures of 25 to 45 s
constexpr double longest_step = 0.12;

constexpr double rest_x0 = -2.5;
constexpr double seizure_x0 = -1.6;
// From raised excitability until z has fallen from its rest (3.15) to where the resting state vanishes (2.92) at a speed of
// about 3.1 / slowness.
constexpr double lead_s = 0.074 * slowness / units_per_second;

// Noise of the paper's figures: the resting state trembles but does not leave by itself.
constexpr double noise_1 = 0.02;
constexpr double noise_2 = 0.1;

// x1 is under -1.3 at rest and swings around 0.4 in a seizure.
constexpr double activity_onset = -0.5;
constexpr double activity_end = -0.9;
constexpr double activity_s = 0.25;

constexpr double high_pass_hz = 1.6;  // as EEG amplifiers have (time constant 0.1 s)

double keep_for(double time_constant_s, double rate_hz) {
    return std::exp(-1 / (time_constant_s * rate_hz));
}

std::uint64_t sample_at(double seconds, double rate_hz) {
    return static_cast<std::uint64_t>(std::max(0.0, seconds) * rate_hz);
}

}  // namespace

Seizures::Seizures(double rate_hz, SeizureSchedule schedule, std::uint64_t seed)
    : rate_hz_(rate_hz),
      schedule_(schedule),
      model_(slowness),
      noise_(seed),
      steps_(static_cast<unsigned>(std::ceil(units_per_second / rate_hz / longest_step))),
      raise_at_(sample_at(schedule.first_s - lead_s, rate_hz)),
      activity_keep_(keep_for(activity_s, rate_hz)),
      slow_(2, 0.0),
      high_pass_keep_(keep_for(1 / (2 * std::numbers::pi * high_pass_hz), rate_hz)) {
    dt_ = units_per_second / rate_hz / steps_;
    schedule_.every_s = std::max(90.0, schedule_.every_s);
    slow_[0] = model_.state().x2 - model_.state().x1;
}

float Seizures::next() {
    advance_model();
    watch_state();
    ++index_;
    // The paper's field potential: the difference of both ensembles.
    double value = model_.state().x2 - model_.state().x1;
    for (auto& slow : slow_) {
        slow = high_pass_keep_ * slow + (1 - high_pass_keep_) * value;
        value -= slow;
    }
    return static_cast<float>(value);
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

void Seizures::watch_state() {
    if (!ictal_ && activity_ > activity_onset) {
        ictal_ = true;
        labels_.push_back({.onset = index_});
    } else if (ictal_ && activity_ < activity_end) {
        ictal_ = false;
        labels_.back().end = index_;
        // the next one that is still ahead
        double wanted = schedule_.first_s;
        while (wanted - lead_s <= static_cast<double>(index_) / rate_hz_) {
            wanted += schedule_.every_s;
        }
        raise_at_ = sample_at(wanted - lead_s, rate_hz_);
    }
}

}  // namespace vigil::signal
