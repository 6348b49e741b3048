#include "signal/windowed_sinc.hpp"

#include <cmath>
#include <numbers>

namespace vigil::signal {
namespace {

// Modified Bessel function of the first kind, order 0, by its power series.
// source  Abramowitz and Stegun, 9.6.12
double bessel_i0(double x) {
    const double quarter = x * x / 4;
    double term = 1;
    double sum = 1;
    for (int k = 1; term > sum * 1e-17; ++k) {
        term *= quarter / (static_cast<double>(k) * k);
        sum += term;
    }
    return sum;
}

} // namespace

double windowed_sinc(double offset, double cutoff, double half_width, double kaiser_beta) {
    const double edge = offset / half_width;
    if (std::abs(edge) > 1) {
        return 0;
    }
    const double angle = 2 * std::numbers::pi * cutoff * offset;
    const double sinc = std::abs(angle) < 1e-12 ? 1 : std::sin(angle) / angle;
    return sinc * bessel_i0(kaiser_beta * std::sqrt(1 - edge * edge));
}

} // namespace vigil::signal
