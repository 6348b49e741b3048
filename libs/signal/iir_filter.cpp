#include "signal/iir_filter.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <stdexcept>

namespace vigil::signal {
namespace {

using Complex = std::complex<double>;
constexpr unsigned highest_order = 10;

// Poles of the analogue band-pass for one pole of the low-pass: of p, those of (s^2 + w0^2) / (b
// s).
std::pair<Complex, Complex> to_band(Complex pole, double centre, double bandwidth) {
    const Complex half = pole * (bandwidth / 2);
    const Complex root = std::sqrt(half * half - centre * centre);
    return {half + root, half - root};
}

Complex bilinear(Complex s) {
    return (2.0 + s) / (2.0 - s); // at a sampling rate of 1
}

// The section with this pair of poles and zeros at 1 and -1: what a band-pass has.
SecondOrderSection section_of(Complex one, Complex other) {
    return {
        .b0 = 1,
        .b1 = 0,
        .b2 = -1,
        .a1 = -(one + other).real(),
        .a2 = (one * other).real(),
    };
}

Complex response(const SecondOrderSection& s, Complex z) {
    const Complex w = 1.0 / z;
    return (s.b0 + w * (s.b1 + w * s.b2)) / (1.0 + w * (s.a1 + w * s.a2));
}

void scale(SecondOrderSection& section, double gain) {
    section.b0 *= gain;
    section.b1 *= gain;
    section.b2 *= gain;
}

} // namespace

std::vector<SecondOrderSection>
butterworth_band_pass(unsigned order, double low_hz, double high_hz, double rate_hz) {
    if (order < 1 || order > highest_order || !(low_hz > 0) || !(high_hz > low_hz) ||
        !(rate_hz / 2 > high_hz) || !std::isfinite(rate_hz)) {
        throw std::invalid_argument("no Butterworth band-pass of this order and band");
    }
    const double low = 2 * std::tan(std::numbers::pi * low_hz / rate_hz);
    const double high = 2 * std::tan(std::numbers::pi * high_hz / rate_hz);
    const double centre = std::sqrt(low * high);
    std::vector<SecondOrderSection> sections;
    // poles of the low-pass with an imaginary part come in conjugate pairs: one of each is enough
    for (unsigned k = 0; k < (order + 1) / 2; ++k) {
        const double angle = std::numbers::pi * (2.0 * k + 1 + order) / (2.0 * order);
        const bool single = order % 2 == 1 && k == order / 2;
        const Complex pole = single ? Complex(-1, 0) : std::polar(1.0, angle);
        const auto [first, second] = to_band(pole, centre, high - low);
        const Complex one = bilinear(first);
        const Complex other = bilinear(second);
        if (single) {
            sections.push_back(section_of(one, other));
        } else {
            sections.push_back(section_of(one, std::conj(one)));
            sections.push_back(section_of(other, std::conj(other)));
        }
    }
    // each has a gain of 1 at the centre, where the whole has it too
    const Complex z = std::polar(1.0, 2 * std::atan(centre / 2));
    for (SecondOrderSection& section : sections) {
        scale(section, 1 / std::abs(response(section, z)));
    }
    return sections;
}

SecondOrderSection notch(double centre_hz, double quality, double rate_hz) {
    if (!(centre_hz > 0) || !(rate_hz / 2 > centre_hz) || !(quality > 0) ||
        !std::isfinite(rate_hz)) {
        throw std::invalid_argument("no notch at this frequency");
    }
    const double centre = 2 * std::numbers::pi * centre_hz / rate_hz;
    const double gain = 1 / (1 + std::tan(centre / quality / 2));
    const double middle = -2 * gain * std::cos(centre);
    return {.b0 = gain, .b1 = middle, .b2 = gain, .a1 = middle, .a2 = 2 * gain - 1};
}

IirFilter::IirFilter(std::vector<SecondOrderSection> sections)
    : sections_(std::move(sections)), states_(sections_.size()) {}

void IirFilter::apply(std::span<double> samples) {
    for (std::size_t i = 0; i < sections_.size(); ++i) {
        const SecondOrderSection& s = sections_[i];
        State state = states_[i];
        for (double& sample : samples) {
            const double in = sample; // direct form II transposed
            sample = s.b0 * in + state.s1;
            state.s1 = s.b1 * in - s.a1 * sample + state.s2;
            state.s2 = s.b2 * in - s.a2 * sample;
        }
        states_[i] = state;
    }
}

void IirFilter::reset() {
    std::ranges::fill(states_, State{});
}

} // namespace vigil::signal
