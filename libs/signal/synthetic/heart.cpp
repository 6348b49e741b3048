#include "signal/synthetic/heart.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace vigil::signal {

namespace {

// Rises of 30 to 50 beats per minute are usual: Eggleston, Olin, Fisher, Seizure 23:496 (2014), a
// review of 34 studies in which 82 % of patients have them. The rise is complete some 20 s after
// onset and falls over about a minute.
constexpr double rise_s = 6;
constexpr double fall_s = 40;

// Respiratory and slow variability of an adult at rest give an SDNN of about 40 to 50 ms; source:
// Task Force of ESC and NASPE, Circulation 93:1043 (1996).
constexpr double respiratory_bpm = 2.5;
constexpr double wander_bpm = 1.8;
constexpr double ictal_variability = 0.3; // variability falls when the rate is driven

constexpr std::size_t averaged_beats = 5;

} // namespace

SyntheticHeart::SyntheticHeart(HeartPlan plan, std::uint64_t seed)
    : plan_(plan), noise_(seed), wander_(plan.resting_bpm / 60 * 8) {
    next_interval(false);
    beat_s_ = interval_s_ * noise_.uniform();
    recent_s_.assign(averaged_beats, interval_s_);
}

void SyntheticHeart::next_interval(bool ictal) {
    const double step = interval_s_ > 0 ? interval_s_ : 1;
    const double toward = ictal ? 1 : 0;
    rise_ += (toward - rise_) * (1 - std::exp(-step / (ictal ? rise_s : fall_s)));
    const double variability = 1 - (1 - ictal_variability) * rise_;
    const double breath = std::sin(2 * std::numbers::pi * plan_.respiration_hz * beat_s_);
    const double bpm =
        plan_.resting_bpm + plan_.ictal_rise_bpm * rise_ +
        variability * (respiratory_bpm * breath +
                       wander_bpm * static_cast<double>(wander_.next(noise_.normal())));
    interval_s_ = 60 / std::clamp(bpm, 35.0, 200.0);
}

void SyntheticHeart::advance(double until_s, bool ictal, std::vector<SyntheticBeat>& beats) {
    while (beat_s_ <= until_s) {
        beats.push_back({.time_s = beat_s_, .rr_us = static_cast<std::uint32_t>(interval_s_ * 1e6)}
        );
        std::rotate(recent_s_.begin(), recent_s_.begin() + 1, recent_s_.end());
        recent_s_.back() = interval_s_;
        next_interval(ictal);
        beat_s_ += interval_s_;
    }
}

double SyntheticHeart::rate_bpm() const {
    return 60 * static_cast<double>(recent_s_.size()) /
           std::accumulate(recent_s_.begin(), recent_s_.end(), 0.0);
}

} // namespace vigil::signal
