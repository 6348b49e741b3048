#include "signal/synthetic/ecg.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigil::signal {
namespace {

constexpr double longest_lead_s = 0.6; // from a P wave's foot to its R, at the slowest rate
constexpr double reach = 5;            // standard deviations after which a Gaussian is nothing
constexpr double spike_s = 0.002;
constexpr double spike_lead_s = 0.03; // the captured complex follows the spike
constexpr double spike_scale = 3;

// At 60 a minute: the angles of the paper's table I over 2 pi are seconds; heights are a b^2 of
// that table over R's.
struct Form {
    double at_s, width_s, height;
    bool moves; // with the rate
};

constexpr Form normal_beat[] = {
    {-1.0 / 6, 0.25 / 6.2832, 0.25, true},
    {-1.0 / 24, 0.1 / 6.2832, -1.0 / 6, false},
    {0, 0.1 / 6.2832, 1, false},
    {1.0 / 24, 0.1 / 6.2832, -0.25, false},
    {1.0 / 4, 0.4 / 6.2832, 0.4, true},
};
// Wide, high and with a T wave of the other sign.
constexpr Form ventricular_beat[] = {
    {0, 0.035, 1.3, false},
    {0.09, 0.035, -0.5, false},
    {0.32, 0.075, -0.45, true},
};

} // namespace

SyntheticEcg::SyntheticEcg(const EcgPlan& plan)
    : plan_(plan), noise_(plan.seed), wander_(plan.bpm / 60), rr_s_(60 / plan.bpm) {}

void SyntheticEcg::add_waves(double at_s, double rr_s, bool ventricular) {
    const bool wide = ventricular || plan_.paced;
    const double stretch = std::sqrt(std::min(rr_s, 60 / plan_.bpm));
    const double sign = plan_.inverted ? -1 : 1;
    const auto add = [&](const Form& form) {
        const bool t_wave = form.at_s > 0.2;
        waves_.push_back({
            .centre_s = at_s + form.at_s * (form.moves ? stretch : 1),
            .width_s = form.width_s * (form.moves ? stretch : 1),
            .height_uv = sign * plan_.amplitude_uv * form.height * (t_wave ? plan_.t_scale : 1),
        });
    };
    if (wide) {
        std::ranges::for_each(ventricular_beat, add);
    } else {
        std::ranges::for_each(normal_beat, add);
    }
    if (plan_.paced && !ventricular) {
        const double from_s = at_s - spike_lead_s - spike_s;
        spikes_.push_back({from_s, from_s + spike_s, spike_scale * plan_.amplitude_uv});
    }
}

void SyntheticEcg::plan_beat() {
    const double breath = std::sin(2 * std::numbers::pi * 0.25 * beat_s_);
    const double wander = static_cast<double>(wander_.next(noise_.normal()));
    double rr_s = 60 / plan_.bpm * (1 + plan_.variability * (0.7 * breath + 0.7 * wander));
    const double draw = noise_.uniform();
    const bool may_be_early = !early_ && !plan_.paced;
    const bool ventricular = may_be_early && draw < plan_.ventricular_share;
    const bool atrial =
        may_be_early && !ventricular && draw < plan_.ventricular_share + plan_.atrial_share;
    if (early_) {
        rr_s *= 1.3; // the compensatory pause
    }
    if (ventricular || atrial) {
        rr_s *= 0.65;
    } else if (noise_.uniform() < plan_.pause_share) {
        rr_s += plan_.pause_s;
    }
    early_ = ventricular || atrial;
    beat_s_ += beats_.empty() ? 0 : rr_s;
    beats_.push_back(std::llround(beat_s_ * plan_.rate_hz));
    add_waves(beat_s_, rr_s, ventricular);
}

std::vector<float> SyntheticEcg::next(std::size_t count) {
    std::vector<float> out(count);
    for (float& sample : out) {
        const double now_s = static_cast<double>(position_) / plan_.rate_hz;
        while (beat_s_ < now_s + longest_lead_s || beats_.empty()) {
            plan_beat();
        }
        double sum = 0;
        for (const Wave& wave : waves_) {
            const double x = (now_s - wave.centre_s) / wave.width_s;
            if (std::abs(x) < reach) {
                sum += wave.height_uv * std::exp(-x * x / 2);
            }
        }
        // the share of the sample's own time that the spike takes, as an integrating converter sees
        const double half_s = 0.5 / plan_.rate_hz;
        for (const Spike& spike : spikes_) {
            const double covered =
                std::min(now_s + half_s, spike.to_s) - std::max(now_s - half_s, spike.from_s);
            sum += spike.height_uv * std::max(0.0, covered) * plan_.rate_hz;
        }
        while (!waves_.empty() && waves_.front().centre_s + 1 < now_s) {
            waves_.pop_front();
        }
        while (!spikes_.empty() && spikes_.front().to_s + 1 < now_s) {
            spikes_.pop_front();
        }
        sample = static_cast<float>(sum);
        ++position_;
    }
    return out;
}

} // namespace vigil::signal
