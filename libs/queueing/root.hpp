// Where an increasing function of a load passes through zero. Used by the inverses and the fixed
// points of this folder.
#pragma once

#include "base/error.hpp"

#include <boost/math/tools/toms748_solve.hpp>

#include <cmath>
#include <cstdint>

namespace vigil::queueing {

/// The positive zero of `f`, searched on a logarithmic scale from `start`.
///
/// errors  unprocessable: no change of sign between start / 2^600 and start * 2^600
/// source  Alefeld, Potra and Shi, ACM Trans. Math. Softw. 21 (1995) 327, as Boost.Math has it
template <class F>
Result<double> increasing_root(const F& f, double start) {
    constexpr int most_doublings = 600;
    constexpr int most_halvings = 200;
    constexpr double step = 0.6931471805599453; // of the logarithm: doubling
    const auto at = [&f](double logarithm) { return f(std::exp(logarithm)); };
    double low = std::log(start);
    double high = low;
    double at_low = at(low);
    double at_high = at_low;
    for (int i = 0; at_low > 0 && i < most_doublings; ++i) {
        high = low;
        at_high = at_low;
        low -= step;
        at_low = at(low);
    }
    for (int i = 0; at_high < 0 && i < most_doublings; ++i) {
        low = high;
        at_low = at_high;
        high += step;
        at_high = at(high);
    }
    if (at_low == 0 || at_high == 0) {
        return std::exp(at_low == 0 ? low : high);
    }
    if (!(at_low < 0 && at_high > 0)) {
        return fail(ErrorCode::unprocessable, "there is no load at which it holds");
    }
    // a logarithm of what has underflowed is no number to interpolate with
    for (int i = 0; !(std::isfinite(at_low) && std::isfinite(at_high)) && i < most_halvings; ++i) {
        const double middle = (low + high) / 2;
        const double at_middle = at(middle);
        (at_middle > 0 ? high : low) = middle;
        (at_middle > 0 ? at_high : at_low) = at_middle;
    }
    std::uintmax_t evaluations = 200;
    const auto near = [](double a, double b) { return std::abs(b - a) < 1e-14; };
    const auto [left, right] =
        boost::math::tools::toms748_solve(at, low, high, at_low, at_high, near, evaluations);
    return std::exp((left + right) / 2);
}

} // namespace vigil::queueing
