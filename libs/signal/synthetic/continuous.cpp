#include "signal/synthetic/continuous.hpp"

#include <algorithm>
#include <cmath>
#include <format>

namespace vigil::signal {

namespace {

constexpr double hour_s = 3600;

// Amplitudes at an electrode; the chain's differences of neighbours come out near the ward's.
constexpr float pink_uv = 26;
constexpr float amplifier_uv = 1;
constexpr float alpha_uv = 25;
constexpr float discharge_uv = 320; // per unit of the model, at the focus

// How far things reach on a head of radius 1, where neighbours are about 0.6 apart.
constexpr double pink_reach = 0.4;
constexpr double alpha_reach = 0.7;
constexpr double discharge_reach = 0.6;
constexpr float least_discharge = 0.2F;   // of the focus' amplitude, across the head
constexpr double slowest_spread_s = 0.04; // from the focus to the other side

double falling(const Place& one, const Place& other, double reach) {
    const double far = distance(one, other) / reach;
    return std::exp(-far * far / 2);
}

std::uint64_t whole_samples(const ContinuousPlan& plan) {
    return static_cast<std::uint64_t>(std::llround(plan.duration_s)) * plan.rate_hz;
}

Rhythm alpha_of(const ContinuousPlan& plan, std::uint64_t seed) {
    constexpr double bandwidth_hz = 1.2;
    return {static_cast<double>(plan.rate_hz), 9 + 2 * WhiteNoise(seed).uniform(), bandwidth_hz};
}

std::unexpected<Error> wrong(std::string field, std::string detail) {
    return fail(ErrorCode::invalid_argument, std::move(detail), std::move(field));
}

Result<void> check_seizures(const ContinuousPlan& plan) {
    // written so that NaN is refused too
    if (!(plan.seizures_per_hour >= 0 && plan.seizures_per_hour <= hour_s)) {
        return wrong("seizures", "the number of seizures an hour must be 0 or more");
    }
    const auto most = most_seizures(plan.duration_s);
    if (planned_seizures(plan) > most) {
        return wrong(
            "seizures",
            std::format(
                "{} seizures do not fit into {:g} hours; at most {} do, {:g} s apart and with {:g} "
                "s before and {:g} s after them",
                planned_seizures(plan),
                plan.duration_s / hour_s,
                most,
                shortest_seizure_interval_s,
                seizure_free_start_s,
                seizure_free_end_s
            )
        );
    }
    return {};
}

} // namespace

std::uint64_t planned_seizures(const ContinuousPlan& plan) {
    return static_cast<std::uint64_t>(
        std::llround(plan.seizures_per_hour * plan.duration_s / hour_s)
    );
}

Result<void> check(const ContinuousPlan& plan) {
    if (plan.rate_hz < least_continuous_rate_hz || plan.rate_hz > most_continuous_rate_hz) {
        return wrong(
            "rate",
            std::format(
                "the rate must be {} to {} Hz",
                least_continuous_rate_hz,
                most_continuous_rate_hz
            )
        );
    }
    if (!(plan.duration_s >= 1 && plan.duration_s <= longest_continuous_s &&
          plan.duration_s == std::floor(plan.duration_s))) {
        return wrong(
            "hours",
            std::format(
                "a recording lasts whole seconds, at least one and at most {:g} hours",
                longest_continuous_s / hour_s
            )
        );
    }
    if (auto checked = check_seizures(plan); !checked) {
        return checked;
    }
    if (!(plan.artefacts.mains_hz >= 40 && 2 * plan.artefacts.mains_hz < plan.rate_hz)) {
        return wrong("mains", "mains must be 40 Hz or more and under half the rate");
    }
    for (std::size_t kind = 0; kind < artefact_kinds; ++kind) {
        const auto& traits = artefact_traits()[kind];
        const double per_hour = plan.artefacts.per_hour[kind];
        if (!(per_hour >= 0 && per_hour <= traits.most_per_hour)) {
            return wrong(
                "artefacts",
                std::format(
                    "artefacts of the kind {} must be 0 to {:g} an hour",
                    traits.name,
                    traits.most_per_hour
                )
            );
        }
    }
    return {};
}

ContinuousRecording::Seeds ContinuousRecording::draw_seeds(std::uint64_t seed) {
    WhiteNoise noise(seed);
    // in this order: members of a braced list are drawn from left to right
    return {
        .noise = noise.bits(),
        .focus = noise.bits(),
        .left_alpha = noise.bits(),
        .right_alpha = noise.bits(),
        .onsets = noise.bits(),
        .seizures = noise.bits(),
        .artefacts = noise.bits(),
    };
}

ContinuousRecording::ContinuousRecording(const ContinuousPlan& plan)
    : ContinuousRecording(plan, draw_seeds(plan.seed)) {}

ContinuousRecording::ContinuousRecording(const ContinuousPlan& plan, const Seeds& seeds)
    : plan_(plan),
      samples_(whole_samples(plan)),
      channels_(montage_channels(plan.montage)),
      noise_(seeds.noise),
      focus_(static_cast<std::size_t>(WhiteNoise(seeds.focus).uniform() * electrode_count)),
      alphas_{alpha_of(plan, seeds.left_alpha), alpha_of(plan, seeds.right_alpha)},
      alpha_presence_(plan.rate_hz),
      seizures_(
          plan.rate_hz,
          {.at_s = random_seizure_onsets(planned_seizures(plan), plan.duration_s, seeds.onsets)},
          seeds.seizures
      ),
      artefacts_(
          artefact_schedule(plan.artefacts, plan.rate_hz, samples_, seeds.artefacts),
          plan.rate_hz,
          plan.artefacts.mains_hz
      ),
      pinks_(electrode_count, PinkNoise(plan.rate_hz)),
      discharge_(static_cast<std::size_t>(std::ceil(slowest_spread_s * plan.rate_hz)) + 1, 0.0F) {
    spread_sources();
}

void ContinuousRecording::spread_sources() {
    const auto& electrodes = electrodes_10_20();
    const std::array<Place, 2> back{electrodes[17].place, electrodes[18].place};
    for (std::size_t i = 0; i < electrode_count; ++i) {
        const auto& place = electrodes[i].place;
        double power = 0;
        for (std::size_t j = 0; j < electrode_count; ++j) {
            const double share = falling(place, electrodes[j].place, pink_reach);
            pink_share_[i][j] = static_cast<float>(share);
            power += share * share;
        }
        for (float& share : pink_share_[i]) {
            share *= pink_uv / static_cast<float>(std::sqrt(power));
        }
        for (std::size_t side = 0; side < back.size(); ++side) {
            alpha_share_[i][side] =
                alpha_uv * static_cast<float>(falling(place, back[side], alpha_reach));
        }
        const double far = distance(place, electrodes[focus_].place);
        const auto near =
            static_cast<float>(falling(place, electrodes[focus_].place, discharge_reach));
        discharge_share_[i] = discharge_uv * (least_discharge + (1 - least_discharge) * near);
        discharge_delay_[i] = static_cast<std::size_t>(far / 2 * slowest_spread_s * plan_.rate_hz);
    }
}

ContinuousRecording::Potentials ContinuousRecording::next_potentials() {
    discharge_[position_ % discharge_.size()] = seizures_.next();
    const float present = alpha_presence_.next(seizures_.ictal());
    Potentials pink{};
    for (std::size_t i = 0; i < electrode_count; ++i) {
        pink[i] = pinks_[i].next(noise_.normal());
    }
    const std::array<float, 2> alpha{
        present * alphas_[0].next(noise_.normal()),
        present * alphas_[1].next(noise_.normal())
    };
    Potentials potentials{};
    for (std::size_t i = 0; i < electrode_count; ++i) {
        float sum = amplifier_uv * noise_.normal() + alpha_share_[i][0] * alpha[0] +
                    alpha_share_[i][1] * alpha[1];
        for (std::size_t j = 0; j < electrode_count; ++j) {
            sum += pink_share_[i][j] * pink[j];
        }
        const std::size_t read =
            (position_ + discharge_.size() - discharge_delay_[i]) % discharge_.size();
        potentials[i] = sum + discharge_share_[i] * discharge_[read];
    }
    artefacts_.add(potentials);
    ++position_;
    return potentials;
}

void ContinuousRecording::next(std::size_t count, std::vector<std::int16_t>& channel_major) {
    channel_major.resize(count * channels_.size());
    constexpr auto steps_per_uv = static_cast<float>(1 / scale_uv);
    for (std::size_t i = 0; i < count; ++i) {
        const Potentials potentials = next_potentials();
        for (std::size_t c = 0; c < channels_.size(); ++c) {
            const auto& [label, plus, minus] = channels_[c];
            const bool pair = minus < electrode_count;
            const bool flat = artefacts_.dropped(plus) || (pair && artefacts_.dropped(minus));
            const float value_uv = potentials[plus] - (pair ? potentials[minus] : 0.0F);
            const float steps = flat ? 0.0F : value_uv * steps_per_uv;
            channel_major[c * count + i] =
                static_cast<std::int16_t>(std::lround(std::clamp(steps, -32767.0F, 32767.0F)));
        }
    }
}

std::vector<ContinuousSeizure> ContinuousRecording::seizures() const {
    std::vector<ContinuousSeizure> seizures;
    for (const auto& [onset, end] : seizures_.labels()) {
        seizures.push_back({
            .onset_s = static_cast<double>(onset) / plan_.rate_hz,
            .end_s = static_cast<double>(end == 0 ? position_ : end) / plan_.rate_hz,
        });
    }
    return seizures;
}

std::vector<std::string> ContinuousRecording::channels_of(const ArtefactMark& mark) const {
    std::vector<std::string> labels;
    for (const auto& channel : channels_) {
        if (std::ranges::contains(mark.electrodes, channel.plus) ||
            std::ranges::contains(mark.electrodes, channel.minus)) {
            labels.push_back(channel.label);
        }
    }
    return labels;
}

} // namespace vigil::signal
