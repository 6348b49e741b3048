// How sure a figure is: exact intervals for counts and proportions, and quantiles. Used by
// `vigil evaluate`; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace vigil::evaluate {

struct Interval {
    double low = 0;
    double high = 0;
    friend bool operator==(const Interval&, const Interval&) = default;
};

/// The exact two-sided 95 % interval of a Poisson mean of which `count` events were seen. Divide by
/// the time to have a rate.
///
/// source  Garwood, Biometrika 28 (1936) 437: chi-squared quantiles with 2n and 2n + 2 degrees of
/// freedom, halved
[[nodiscard]] Interval poisson_interval(std::uint64_t count);

/// The exact two-sided 95 % interval of a proportion; nothing of none. It takes the cases as
/// independent: seizures of one patient are not, so over several patients it is too narrow.
///
/// source  Clopper and Pearson, Biometrika 26 (1934) 404
[[nodiscard]] std::optional<Interval> proportion_interval(std::uint64_t hits, std::uint64_t of);

/// Quantile `share` (0 to 1) with linear interpolation between neighbours; nothing of no values.
///
/// source  Hyndman and Fan, Am. Stat. 50 (1996) 361, type 7: NumPy's default
[[nodiscard]] std::optional<double> quantile(std::vector<double> values, double share);

} // namespace vigil::evaluate
