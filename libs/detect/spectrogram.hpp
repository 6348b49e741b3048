// What sladky-2022 reads: power spectra of one-second segments, normalised over five minutes. Used
// by the models with a long context; pure.
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vigil::detect {

/// 0 to 99 Hz in steps of 1 Hz.
inline constexpr std::size_t spectrum_bins = 100;
inline constexpr std::size_t context_s = 300;
/// Segments of a second, one each half second, that lie in the context.
inline constexpr std::size_t context_columns = 2 * context_s - 1;

/// The spectrum of one second at one rate: mean removed, Tukey window of a quarter, power of each
/// bin up to a constant factor, since what follows divides by each bin's own spread.
///
/// source  the behaviour of brainmaze-eeg-models 0.1.0 (scipy.signal.spectrogram with its default
/// window and detrending); Tukey window: Harris, Proc. IEEE 66 (1978) 51, as SciPy's documentation
/// names it
/// threads any, never changed      cost  100 multiplications a sample
class Spectrum {
public:
    /// errors  invalid_argument with the field "rate": not a whole, even number of hertz, under 200
    /// (the bins end at 99 Hz and nothing is made up between samples) or over 20,000
    [[nodiscard]] static Result<Spectrum>
    make(std::uint32_t rate_numerator, std::uint32_t rate_denominator);

    /// Samples of a segment: the rate in hertz.
    [[nodiscard]] std::size_t samples() const { return window_.size(); }

    /// Samples from a segment's begin to the next one's: half a second.
    [[nodiscard]] std::size_t hop() const { return window_.size() / 2; }

    /// Whether there is any power at all. Decided as the package decides it: by rounding, where all
    /// samples are equal, so that the sum for the mean has the order of NumPy's.
    ///
    /// shape   segment [samples()], finite; power [spectrum_bins]
    bool power(std::span<const double> segment, std::span<double> power) const;

private:
    Spectrum() = default;
    std::vector<double> window_;
    // [half a segment][bins], of the pairs of samples that lie as far from the middle
    std::vector<double> cosine_;
    std::vector<double> sine_;
};

/// Brings each bin to mean 0 and deviation 1 over the columns that have power; the others become 0.
/// A bin that does not vary is only centred.
///
/// shape   power [columns][spectrum_bins]; has_power [columns]; out [spectrum_bins][columns], the
/// model's layout
void normalise_bins(
    std::span<const double> power,
    const std::vector<bool>& has_power,
    std::span<float> out
);

/// Which segments of the samples say anything: all finite, and not all equal.
///
/// shape   out: one for each segment that lies in the samples, a hop apart
[[nodiscard]] std::vector<bool>
segments_to_evaluate(std::span<const double> samples_uv, std::size_t hop);

/// A window's spectrogram as the package makes it: brought to mean 0 and deviation 1, what is
/// missing set to 0 (so that a segment beside a hole has power, and one within it has none),
/// spectra, normalised.
///
/// shape   window_uv: a whole number of hops, at least two; not finite where missing; out
/// [spectrum_bins][columns], where columns is the number of hops less one
/// cost    one spectrum a column
void window_spectrogram(
    const Spectrum& spectrum,
    std::span<const double> window_uv,
    std::span<float> out
);

} // namespace vigil::detect
