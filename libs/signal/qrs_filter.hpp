// The linear part of the QRS detector: pacing spikes out, one rate for all inputs, and the energy
// of the QRS complex's band. Private to qrs_detector.cpp.
#pragma once

#include "signal/recording.hpp"
#include "signal/resampler.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace vigil::signal {

/// Of the detector's own samples, whatever the input's rate is.
inline constexpr int qrs_rate_hz = 250;

/// One sample of the filter's output.
struct QrsBand {
    float real = 0;     // the band-passed electrocardiogram, without delay: has its polarity
    float envelope = 0; // of the same, without polarity: one hump a QRS complex
    float above = 0;    // envelope at 35 Hz, where muscle noise is and beats are brief
};

/// Real and imaginary part of a complex wavelet's taps.
struct Wavelet {
    std::vector<float> real = {}, imaginary = {};
};

/// Output n lies at time n / 250 s of the stream.
///
/// units   as the input
/// source  the band of 11 +- 5 Hz: Thakor, Webster, Tompkins, Med. Biol. Eng. Comput. 22 (1984) 293
///         and Elgendi, Jonkman, De Boer, BIOSIGNALS 2010, 428 (8 to 20 Hz); complex Morlet wavelet
///         without constant and without slope: Martinez et al., IEEE Trans. Biomed. Eng. 51 (2004)
///         570 use wavelets so
/// threads one
class QrsFilter {
public:
    /// Throws std::invalid_argument where PolyphaseResampler does.
    explicit QrsFilter(Rate rate);

    void reset(std::uint64_t first_index);

    /// Appends the outputs that these samples complete; output `next_output()` is the first of
    /// them.
    void push(std::span<const float> samples, std::vector<QrsBand>& out);

    /// Those up to the end of the samples pushed so far, as if the last one lasted.
    void finish(std::vector<QrsBand>& out);

    [[nodiscard]] std::uint64_t next_output() const { return next_output_; }

private:
    void feed(std::span<const float> despiked, std::vector<QrsBand>& out);
    [[nodiscard]] float despike(float sample);

    std::vector<float> median_; // the newest inputs, a ring
    std::vector<float> sorted_; // room to sort them
    std::size_t median_at_ = 0;
    float offset_ = 0; // the first sample: the filters start from rest
    bool started_ = false;
    std::size_t skip_median_ = 0; // inputs until the median's middle is the stream's first sample
    float last_ = 0;
    std::uint64_t inputs_end_ = 0; // index behind the last sample pushed
    Rate rate_;
    PolyphaseResampler resampler_;
    Wavelet qrs_, above_;
    std::vector<float> past_; // newest resampled values, twice over
    std::size_t past_at_ = 0;
    std::uint64_t skip_ = 0; // outputs that lie before the stream's first sample
    std::uint64_t next_output_ = 0;
    std::vector<float> despiked_;
};

} // namespace vigil::signal
