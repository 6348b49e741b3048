#include "signal/synthetic/ward.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::signal {

namespace {

constexpr float pink_uv = 26;
constexpr float alpha_uv = 22;
constexpr float discharge_uv = 320;       // per unit of the model, at the focus
constexpr double farthest_delay_s = 0.04; // from the focus to the last electrode
constexpr float least_spread = 0.45F;     // of the focus' amplitude, at the last electrode

} // namespace

const std::vector<std::string>& bipolar_labels() {
    static const std::vector<std::string> labels{
        "Fp1-F7", "F7-T7", "T7-P7", "P7-O1",  "Fp1-F3",   "F3-C3",   "C3-P3",   "P3-O1",
        "Fp2-F4", "F4-C4", "C4-P4", "P4-O2",  "Fp2-F8",   "F8-T8",   "T8-P8-0", "P8-O2",
        "Fz-Cz",  "Cz-Pz", "P7-T7", "T7-FT9", "FT9-FT10", "FT10-T8", "T8-P8-1",
    };
    return labels;
}

std::vector<SyntheticPlan> synthetic_ward(const SyntheticWardOptions& options) {
    std::vector<SyntheticPlan> plans;
    plans.reserve(options.patients);
    WhiteNoise noise(options.seed);
    for (unsigned k = 0; k < options.patients; ++k) {
        SyntheticPlan plan;
        plan.patient = "ward-" + std::to_string(k + 1);
        const std::size_t channels = std::clamp<std::size_t>(
            options.channels != 0 ? options.channels : 4 + 2 * (k % 3),
            1,
            bipolar_labels().size()
        );
        // patients have their focus left and right in turn: the channel list begins there
        const std::size_t from = channels > 8 || k % 2 == 0 ? 0 : 8;
        plan.labels.assign(
            bipolar_labels().begin() + static_cast<std::ptrdiff_t>(from),
            bipolar_labels().begin() + static_cast<std::ptrdiff_t>(from + channels)
        );
        if (options.bonn_rate && k == 2) {
            plan.rate_numerator = 17361;
            plan.rate_denominator = 100;
        }
        plan.seizures = {
            .first_s = options.first_seizure_s +
                       std::fmod(k * options.stagger_s, std::max(90.0, options.seizure_every_s)),
            .every_s = options.seizure_every_s,
        };
        plan.heart = {
            .resting_bpm = 58 + 24 * noise.uniform(),
            .ictal_rise_bpm = 30 + 20 * noise.uniform(),
            .respiration_hz = 0.2 + 0.1 * noise.uniform(),
        };
        plan.seed = noise.bits();
        plans.push_back(std::move(plan));
    }
    return plans;
}

SyntheticPatient::SyntheticPatient(const SyntheticPlan& plan)
    : plan_(plan),
      rate_hz_(static_cast<double>(plan.rate_numerator) / plan.rate_denominator),
      noise_(plan.seed),
      alpha_(rate_hz_, 9 + 2 * WhiteNoise(plan.seed ^ 1U).uniform(), 1.2),
      seizures_(rate_hz_, plan.seizures, plan.seed ^ 2U),
      heart_(plan.heart, plan.seed ^ 3U),
      discharge_(static_cast<std::size_t>(rate_hz_), 0.0F),
      alpha_presence_(rate_hz_) {
    const std::size_t channels = plan.labels.size();
    for (std::size_t c = 0; c < channels; ++c) {
        const double distance = channels > 1 ? static_cast<double>(c) / (channels - 1.0) : 0;
        const bool back = plan.labels[c].find('O') != std::string::npos;
        electrodes_.push_back({
            .pink = PinkNoise(rate_hz_),
            .pink_uv = pink_uv * static_cast<float>(0.85 + 0.3 * noise_.uniform()),
            .alpha_uv = alpha_uv * (back ? 1.2F : 0.8F),
            .seizure_uv = discharge_uv * (1 - (1 - least_spread) * static_cast<float>(distance)),
            .delay = static_cast<std::size_t>(distance * farthest_delay_s * rate_hz_),
        });
    }
}

float SyntheticPatient::sample_uv(Electrode& electrode, float alpha) {
    const std::size_t read = (position_ + discharge_.size() - electrode.delay) % discharge_.size();
    return electrode.pink_uv * electrode.pink.next(noise_.normal()) + electrode.alpha_uv * alpha +
           electrode.seizure_uv * discharge_[read];
}

void SyntheticPatient::next(std::size_t count, std::vector<std::int32_t>& channel_major) {
    channel_major.resize(count * electrodes_.size());
    constexpr auto steps_per_uv = static_cast<float>(1 / scale_uv);
    for (std::size_t i = 0; i < count; ++i) {
        discharge_[position_ % discharge_.size()] = seizures_.next();
        const bool ictal = seizures_.ictal();
        const float present = alpha_presence_.next(ictal);
        const float alpha = present * alpha_.next(noise_.normal());
        for (std::size_t c = 0; c < electrodes_.size(); ++c) {
            const float steps = sample_uv(electrodes_[c], alpha) * steps_per_uv;
            channel_major[c * count + i] =
                static_cast<std::int32_t>(std::lround(std::clamp(steps, -32767.0F, 32767.0F)));
        }
        ++position_;
        heart_.advance(static_cast<double>(position_) / rate_hz_, ictal, beats_);
    }
}

} // namespace vigil::signal
