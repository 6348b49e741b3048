// Which samples of a stream a model's window needs, and how the window is made of them. Used by the
// detector.
#pragma once

#include "base/error.hpp"
#include "detect/model_card.hpp"
#include "signal/iir_filter.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vigil::detect {

/// The windows of a continuous stream at one rate: one each second of stream time, number k ending
/// at index floor(k * rate), so that windows depend on the index alone and not on how the stream
/// was cut into blocks.
///
/// A stream within the card's tolerance of the model's rate is read as it is. Any other goes
/// through a low-pass filter (sinc of 8 zero crossings each side, Kaiser beta 6, cut off at 0.9 of
/// the lower Nyquist frequency) evaluated at the model's sample times; the filter needs samples on
/// both sides, so the last model sample lies half a filter before the end.
///
/// Where the card asks for a band or a notch, the samples are filtered at the stream's rate first,
/// from rest and for so long before the window that what came earlier no longer counts: a window is
/// still made of its own samples alone. Second order at each edge and a quality of 30 are ours, and
/// so are both notches, 50 and 60 Hz, where the card says mains: nobody says where a stream comes
/// from.
///
/// source  Kaiser window design: Oppenheim and Schafer, Discrete-Time Signal Processing,
/// section 7.6 (beta 6: 63 dB) threads any, never changed
class WindowShape {
public:
    /// errors  invalid_argument: a rate under 20 Hz or over 20 kHz; a band that the rate does not
    /// hold, or that begins so low that its filter needs over 30 s
    [[nodiscard]] static Result<WindowShape>
    make(const ModelCard& card, std::uint32_t rate_numerator, std::uint32_t rate_denominator);

    /// Samples that one window needs.
    [[nodiscard]] std::size_t needed() const { return needed_; }

    /// Of these, the first ones that only the card's filters need: they are before the window.
    [[nodiscard]] std::size_t lead() const { return lead_; }

    /// The index one past the window's last sample.
    [[nodiscard]] std::uint64_t end_of(std::uint64_t k) const;
    /// The first window whose end lies after `index`.
    [[nodiscard]] std::uint64_t first_ending_after(std::uint64_t index) const;

    /// Makes the window: `in` has needed() samples, `out` the card's number.
    void read(std::span<const float> in, std::span<float> out) const;

private:
    WindowShape() = default;
    [[nodiscard]] Result<void> add_filters(const ModelCard& card, double rate_hz);
    void resample(std::span<const float> in, std::span<float> out) const;
    std::vector<signal::SecondOrderSection> sections_; // none: nothing is filtered
    std::size_t lead_ = 0;
    std::uint64_t numerator_ = 0;
    std::uint64_t denominator_ = 1;
    std::size_t needed_ = 0;
    std::size_t taps_ = 0;                // 0: no filter
    std::vector<std::size_t> tap_starts_; // of each output sample
    std::vector<float> weights_;          // [outputs][taps_]
};

} // namespace vigil::detect
