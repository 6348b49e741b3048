// Noise as ambulatory electrocardiograms have it, and its amount as a signal-to-noise ratio. Used
// by `vigil evaluate --ecg` and the tests of the QRS detector.
#pragma once

#include "signal/synthetic/noise.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace vigil::signal {

/// The three kinds of the MIT-BIH Noise Stress Test Database.
enum class EcgNoiseKind {
    /// Under 0.5 Hz: respiration and a slow wandering.
    baseline_wander,
    /// Broad-band, 20 to 150 Hz, in bursts. source  spectrum of surface electromyograms: Shwedyk,
    /// Balasubramanian, Scott, IEEE Trans. Biomed. Eng. 24:417 (1977)
    muscle,
    /// Jumps and bumps that overlap the QRS complex in time and frequency, 1.5 a second, on 1/f^2
    /// noise under 5 Hz. source  what Moody, Muldrow, Mark, Comput. Cardiol. 11:381 (1984) say of
    /// record `em`
    electrode_motion,
};

/// What comes out does not depend on how it is cut into blocks; of no fixed amplitude: scale it by
/// noise_gain().
class EcgNoise {
public:
    EcgNoise(EcgNoiseKind kind, double rate_hz, std::uint64_t seed);

    [[nodiscard]] float next();

private:
    [[nodiscard]] double wander();
    [[nodiscard]] double muscle();
    [[nodiscard]] double motion();
    void start_bump();

    EcgNoiseKind kind_;
    double rate_hz_;
    WhiteNoise noise_;
    std::uint64_t index_ = 0;
    std::array<double, 6> held_{}; // states of the one-pole filters
    // one bump of the electrode: rises to `height_`, then decays
    double height_ = 0, rise_s_ = 1, decay_s_ = 1, since_s_ = 1e9;
    double remains_ = 0; // of the bumps before it
};

/// S of the noise stress test: the squared mean peak-to-peak amplitude of the QRS complexes, 50 ms
/// either side of a beat, over 8; of the first 300 beats, without the largest and smallest 5 %.
///
/// source  Moody, Muldrow, Mark, Comput. Cardiol. 11:381 (1984), as nst(1) and sigamp(1) of the
/// WFDB Applications Guide define it
[[nodiscard]] double
qrs_power(std::span<const float> ecg, std::span<const std::int64_t> beats, double rate_hz);

/// N of the same: the squared mean of the root mean square of each second about its own mean, of
/// the first 300 s, without the largest and smallest 5 %.
[[nodiscard]] double noise_power(std::span<const float> noise, double rate_hz);

/// The gain a for which 10 log10(S / (N a^2)) is `snr_db`.
[[nodiscard]] double noise_gain(double qrs_power, double noise_power, double snr_db);

/// Adds such noise to a whole electrocardiogram at a signal-to-noise ratio; nothing where no beat
/// lies in it.
///
/// shape   beats ascending, sample indices of `ecg`
void add_noise(
    std::span<float> ecg,
    std::span<const std::int64_t> beats,
    double rate_hz,
    EcgNoiseKind kind,
    double snr_db,
    std::uint64_t seed
);

} // namespace vigil::signal
