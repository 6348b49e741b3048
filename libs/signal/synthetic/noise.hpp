// Seeded noise that is the same on every machine: white, 1/f and narrow-band. Used by the synthetic
// ward.
#pragma once

#include <array>
#include <cstdint>

namespace vigil::signal {

/// White noise, repeatable from its seed on every compiler, which std::normal_distribution is not.
///
/// source  xoshiro256++ of Blackman and Vigna, ACM Trans. Math. Softw. 47:36 (2021), seeded by
/// their splitmix64 cost    about 2 ns a value
class WhiteNoise {
public:
    explicit WhiteNoise(std::uint64_t seed);

    [[nodiscard]] std::uint64_t bits();
    /// In [0, 1).
    [[nodiscard]] double uniform();
    /// Mean 0, variance 1, within +-3.46: the sum of four uniform values (Irwin-Hall), which noise
    /// of an amplifier needs no more than.
    [[nodiscard]] float normal();

private:
    std::array<std::uint64_t, 4> state_{};
};

/// 1/f noise of unit variance between about 0.5 Hz and half the rate: white noise through four
/// low-passes two octaves apart, each as strong as the one before.
class PinkNoise {
public:
    explicit PinkNoise(double rate_hz);
    [[nodiscard]] float next(float white);

private:
    std::array<float, 4> keep_{};
    std::array<float, 4> add_{};
    std::array<float, 4> held_{};
};

/// How much of the alpha rhythm is there, 0 to 1: it fades within a second of a seizure and comes
/// back over a quarter of a minute.
class AlphaPresence {
public:
    explicit AlphaPresence(double rate_hz);
    [[nodiscard]] float next(bool ictal);

private:
    float fade_, recover_;
    float present_ = 1;
};

/// A rhythm whose amplitude wanders as alpha's does: white noise through a resonator; unit
/// variance.
class Rhythm {
public:
    Rhythm(double rate_hz, double centre_hz, double bandwidth_hz);
    [[nodiscard]] float next(float white);

private:
    float a1_, a2_, gain_;
    float y1_ = 0, y2_ = 0;
};

} // namespace vigil::signal
