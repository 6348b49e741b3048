// Changes the rate of a stream by a rational factor, with an anti-alias filter. Used by the
// detector in front of its models.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace vigil::signal {

class ResamplingFilter;

/// Designs the low pass for a ratio: the first half of its taps and the one in the middle, at up
/// times the input's rate; the other half mirrors them. Their sum over both halves is up.
///
/// source  scipy.signal.resample_poly (1.15.3), whose taps these are: 20 * max(up, down) + 1 of
///         firwin with Kaiser's window, beta 5, cut off at the lower of the two Nyquist frequencies
/// errors  std::invalid_argument where PolyphaseResampler::supports() is false
[[nodiscard]] std::vector<double> resampling_taps(std::uint64_t up, std::uint64_t down);

/// One channel's resampler: output m lies at input index m * down / up of the stream, so that its
/// grid follows the stream's own index and not where a block was cut. Any cut into blocks gives the
/// same bits. Before the first sample the input counts as zero.
///
/// units   as the input; rates only as the ratio up / down, such as 17361 / 25600 from 256 Hz to
/// 173.61 Hz delay   an output comes once 10 * max(up, down) / up input samples after it are known
/// source  see resampling_taps; taps, samples and sums are 32-bit floats
/// threads one      cost  (20 * max(up, down) + 1) / up multiplications an output
class PolyphaseResampler {
public:
    /// Largest of up and down after their common factors are taken out; 4 kHz to 173.61 Hz needs
    /// 400,000.
    static constexpr std::uint64_t max_ratio_term = 500'000;

    /// Whether a filter for this ratio may be made: both positive and within max_ratio_term.
    [[nodiscard]] static bool supports(std::uint64_t up, std::uint64_t down);

    /// Designs the filter: milliseconds, and 2 MB for 17361 / 25600. Copy a resampler for the next
    /// channel: copies share the filter. Throws std::invalid_argument where supports() is false.
    PolyphaseResampler(std::uint64_t up, std::uint64_t down);

    /// Takes the next samples and returns the outputs that they complete.
    [[nodiscard]] std::vector<float> push(std::span<const float> samples);

    /// The outputs up to the end of the samples pushed so far, as if zeros followed. Call reset()
    /// before the next push.
    [[nodiscard]] std::vector<float> finish();

    /// Forgets the past; the next sample pushed has this index in its stream.
    void reset(std::uint64_t first_index);

    /// Index of the next output: it lies at input index next_output() * down / up.
    [[nodiscard]] std::uint64_t next_output() const { return next_output_; }

private:
    void take(float sample, std::vector<float>& out);

    std::shared_ptr<const ResamplingFilter> filter_;
    // The last taps of input, twice over, so that a window of it is always contiguous.
    std::vector<float> past_;
    std::size_t past_end_ = 0;
    std::uint64_t next_input_ = 0;
    std::uint64_t next_output_ = 0;
    // Input index that completes the next output.
    std::uint64_t last_needed_ = 0;
    std::uint64_t phase_ = 0;
};

} // namespace vigil::signal
