#include "signal/synthetic/artefacts.hpp"
#include "signal/synthetic/noise.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace vigil::signal {

namespace {

constexpr double turn = 2 * std::numbers::pi;
using Weights = std::array<float, electrode_count>;

/// How much of what happens at a place each of the mark's electrodes shows; 1 at the nearest.
Weights falling_off(const ArtefactMark& mark, std::initializer_list<Place> sources, double reach) {
    Weights weights{};
    float most = 0;
    for (const auto electrode : mark.electrodes) {
        const auto& place = electrodes_10_20()[electrode].place;
        for (const auto& source : sources) {
            const double far = distance(place, source) / reach;
            weights[electrode] += static_cast<float>(std::exp(-far * far / 2));
        }
        most = std::max(most, weights[electrode]);
    }
    for (float& weight : weights) {
        weight = most > 0 ? weight / most : 0;
    }
    return weights;
}

/// Counts the samples of a wave.
class TimedWave : public ArtefactWave {
protected:
    TimedWave(const ArtefactMark& mark, double rate_hz)
        : amplitude_uv_(static_cast<float>(mark.amplitude_uv)),
          samples_(static_cast<double>(mark.end - mark.first)),
          rate_hz_(rate_hz),
          noise_(mark.seed) {}

    /// Seconds since its beginning, of the next sample.
    double step() { return at_++ / rate_hz_; }

    [[nodiscard]] double lasts_s() const { return samples_ / rate_hz_; }

    /// 0 at both ends, 1 in the middle.
    [[nodiscard]] double swelling(double seconds) const {
        const double half_wave = std::sin(std::numbers::pi * seconds / lasts_s());
        return half_wave * half_wave;
    }

    float amplitude_uv_;
    double samples_;
    double rate_hz_;
    WhiteNoise noise_;
    double at_ = 0;
};

/// The lids move the eyes' dipole: one positive wave, largest over the eyes.
class Blink final : public TimedWave {
public:
    Blink(const ArtefactMark& mark, double rate_hz)
        : TimedWave(mark, rate_hz),
          weights_(
              falling_off(mark, {{.x = -0.3, .y = 1, .z = 0.1}, {.x = 0.3, .y = 1, .z = 0.1}}, 0.45)
          ) {}

    void add(std::span<float, electrode_count> potential_uv) override {
        const auto wave = amplitude_uv_ * static_cast<float>(swelling(step()));
        for (std::size_t i = 0; i < electrode_count; ++i) {
            potential_uv[i] += weights_[i] * wave;
        }
    }

private:
    Weights weights_;
};

/// Bursts of muscle over both temples in the rhythm of the jaw.
class Chewing final : public TimedWave {
public:
    Chewing(const ArtefactMark& mark, double rate_hz)
        : TimedWave(mark, rate_hz),
          jaw_hz_(1.2 + 0.8 * noise_.uniform()),
          weights_(
              falling_off(mark, {electrodes_10_20()[7].place, electrodes_10_20()[11].place}, 0.6)
          ) {
        // muscle has its power from 20 Hz up; slow streams hold what is under their half
        const double centre_hz = std::min(50.0, 0.3 * rate_hz);
        muscles_.assign(electrode_count, Rhythm(rate_hz, centre_hz, centre_hz));
    }

    void add(std::span<float, electrode_count> potential_uv) override {
        const double jaw = std::max(0.0, std::sin(turn * jaw_hz_ * step()));
        const auto burst = amplitude_uv_ * static_cast<float>(jaw * jaw);
        for (std::size_t i = 0; i < electrode_count; ++i) {
            if (weights_[i] > 0) {
                // the difference to the sample before takes away what is slow
                const float muscle = muscles_[i].next(noise_.normal());
                potential_uv[i] += weights_[i] * burst * (muscle - std::exchange(past_[i], muscle));
            }
        }
    }

private:
    double jaw_hz_;
    Weights weights_;
    std::vector<Rhythm> muscles_;
    std::array<float, electrode_count> past_{};
};

/// Leads that swing: slow waves, another part of them at every electrode.
class Movement final : public TimedWave {
public:
    Movement(const ArtefactMark& mark, double rate_hz)
        : TimedWave(mark, rate_hz), swing_(rate_hz, 1.0, 1.0) {
        for (const auto electrode : mark.electrodes) {
            weights_[electrode] = static_cast<float>(2 * noise_.uniform() - 1);
        }
        // a resonator at rest needs its own time to start
        for (double warm = 0; warm < rate_hz; ++warm) {
            (void)swing_.next(noise_.normal());
        }
    }

    void add(std::span<float, electrode_count> potential_uv) override {
        const auto wave =
            amplitude_uv_ * static_cast<float>(swelling(step())) * swing_.next(noise_.normal());
        for (std::size_t i = 0; i < electrode_count; ++i) {
            potential_uv[i] += weights_[i] * wave;
        }
    }

private:
    Rhythm swing_;
    Weights weights_{};
};

/// A contact that gives way: up or down at once, back as the amplifier's coupling discharges.
class ElectrodePop final : public TimedWave {
public:
    ElectrodePop(const ArtefactMark& mark, double rate_hz)
        : TimedWave(mark, rate_hz), electrode_(mark.electrodes.front()) {
        if (noise_.uniform() < 0.5) {
            amplitude_uv_ = -amplitude_uv_;
        }
    }

    void add(std::span<float, electrode_count> potential_uv) override {
        constexpr double time_constants = 5; // in its length: 1 % is left at its end
        const double left = std::exp(-time_constants * step() / lasts_s());
        potential_uv[electrode_] += amplitude_uv_ * static_cast<float>(left);
    }

private:
    std::size_t electrode_;
};

/// Mains and its third harmonic, where the stream's rate can hold them.
class Mains final : public TimedWave {
public:
    Mains(const ArtefactMark& mark, double rate_hz, double mains_hz)
        : TimedWave(mark, rate_hz),
          mains_hz_(mains_hz),
          third_(6 * mains_hz < rate_hz ? 0.2 : 0),
          phase_(turn * noise_.uniform()) {
        for (const auto electrode : mark.electrodes) {
            weights_[electrode] = static_cast<float>(0.4 + 0.6 * noise_.uniform());
        }
        weights_[mark.electrodes.front()] = 1;
    }

    void add(std::span<float, electrode_count> potential_uv) override {
        const double angle = turn * mains_hz_ * step() + phase_;
        const double wave = std::sin(angle) + third_ * std::sin(3 * angle);
        for (std::size_t i = 0; i < electrode_count; ++i) {
            potential_uv[i] += weights_[i] * amplitude_uv_ * static_cast<float>(wave);
        }
    }

private:
    double mains_hz_;
    double third_;
    double phase_;
    Weights weights_{};
};

/// Nothing is measured, so nothing is added.
class DropOut final : public ArtefactWave {
public:
    void add(std::span<float, electrode_count> /*potential_uv*/) override {}
};

} // namespace

std::unique_ptr<ArtefactWave>
artefact_wave(const ArtefactMark& mark, double rate_hz, double mains_hz) {
    switch (mark.kind) {
        case ArtefactKind::blink:
            return std::make_unique<Blink>(mark, rate_hz);
        case ArtefactKind::chewing:
            return std::make_unique<Chewing>(mark, rate_hz);
        case ArtefactKind::movement:
            return std::make_unique<Movement>(mark, rate_hz);
        case ArtefactKind::electrode_pop:
            return std::make_unique<ElectrodePop>(mark, rate_hz);
        case ArtefactKind::mains:
            return std::make_unique<Mains>(mark, rate_hz, mains_hz);
        case ArtefactKind::drop_out:
            break;
    }
    return std::make_unique<DropOut>();
}

Artefacts::Artefacts(std::vector<ArtefactMark> marks, double rate_hz, double mains_hz)
    : marks_(std::move(marks)), rate_hz_(rate_hz), mains_hz_(mains_hz) {}

void Artefacts::add(std::span<float, electrode_count> potential_uv) {
    const auto count_drop_out = [this](const ArtefactMark& mark, bool begins) {
        if (mark.kind == ArtefactKind::drop_out) {
            for (const auto electrode : mark.electrodes) {
                begins ? ++dropped_[electrode] : --dropped_[electrode];
            }
        }
    };
    std::erase_if(running_, [&](const Running& one) {
        const bool over = marks_[one.mark].end == index_;
        if (over) {
            count_drop_out(marks_[one.mark], false);
        }
        return over;
    });
    for (; next_ < marks_.size() && marks_[next_].first == index_; ++next_) {
        const auto& mark = marks_[next_];
        running_.push_back({.mark = next_, .wave = artefact_wave(mark, rate_hz_, mains_hz_)});
        count_drop_out(mark, true);
    }
    for (const auto& one : running_) {
        one.wave->add(potential_uv);
    }
    ++index_;
}

} // namespace vigil::signal
