#include "evaluate/intervals.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>

#include <algorithm>
#include <cmath>

namespace vigil::evaluate {

namespace {

constexpr double each_side = 0.025;

} // namespace

Interval poisson_interval(std::uint64_t count) {
    using boost::math::chi_squared;
    const double twice = 2 * static_cast<double>(count);
    Interval interval;
    if (count > 0) {
        interval.low = boost::math::quantile(chi_squared(twice), each_side) / 2;
    }
    interval.high =
        boost::math::quantile(boost::math::complement(chi_squared(twice + 2), each_side)) / 2;
    return interval;
}

std::optional<Interval> proportion_interval(std::uint64_t hits, std::uint64_t of) {
    using boost::math::binomial_distribution;
    if (of == 0 || hits > of) {
        return std::nullopt;
    }
    const auto trials = static_cast<double>(of);
    const auto successes = static_cast<double>(hits);
    return Interval{
        .low = binomial_distribution<>::find_lower_bound_on_p(trials, successes, each_side),
        .high = binomial_distribution<>::find_upper_bound_on_p(trials, successes, each_side),
    };
}

std::optional<double> quantile(std::vector<double> values, double share) {
    if (values.empty()) {
        return std::nullopt;
    }
    const double place = share * static_cast<double>(values.size() - 1);
    const auto lower = static_cast<std::size_t>(std::floor(place));
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(lower);
    std::ranges::nth_element(values, nth);
    const double low = *nth;
    const double part = place - static_cast<double>(lower);
    if (part == 0) {
        return low;
    }
    const double high = *std::min_element(nth + 1, values.end());
    return low + (high - low) * part;
}

} // namespace vigil::evaluate
