// Butterworth and notch filters as second-order sections, streaming. For models whose card asks for
// a band or for mains to be taken away.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace vigil::signal {

/// b0 + b1 z^-1 + b2 z^-2 over 1 + a1 z^-1 + a2 z^-2.
struct SecondOrderSection {
    double b0 = 1, b1 = 0, b2 = 0;
    double a1 = 0, a2 = 0;
};

/// A Butterworth band-pass: -3 dB at both edges, `order` poles at each.
///
/// errors  std::invalid_argument: not 0 < low < high < rate / 2, or order not 1 to 10
/// source  Butterworth, Wireless Engineer 7 (1930) 536; poles moved to the band and to the z plane
///         by the bilinear transformation with both edges pre-warped (Oppenheim and Schafer,
///         Discrete-Time Signal Processing)
[[nodiscard]] std::vector<SecondOrderSection>
butterworth_band_pass(unsigned order, double low_hz, double high_hz, double rate_hz);

/// Takes one frequency away; -3 dB at centre / quality of width.
///
/// errors  std::invalid_argument: not 0 < centre < rate / 2, or quality not over 0
/// source  Orfanidis, Introduction to Signal Processing, 11.3
[[nodiscard]] SecondOrderSection notch(double centre_hz, double quality, double rate_hz);

/// One channel's filter, from rest. Any cut into blocks gives the same bits.
///
/// threads one      cost  5 multiplications a section and sample
class IirFilter {
public:
    explicit IirFilter(std::vector<SecondOrderSection> sections);

    /// In place.
    void apply(std::span<double> samples);

    /// Forgets the past.
    void reset();

private:
    struct State {
        double s1 = 0, s2 = 0;
    };

    std::vector<SecondOrderSection> sections_;
    std::vector<State> states_;
};

} // namespace vigil::signal
