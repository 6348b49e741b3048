// Requests by the minute, and what sizing reads from them: the rate, the busiest hour, whether they
// scatter as Poisson ones do, and the profile of a day. Used by measured_load and prometheus_load.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace vigil::size {

/// A minute without a value was not seen, which is not the same as one without a request.
struct MinuteCounts {
    std::int64_t first_minute = 0; // since 1970, UTC
    std::vector<std::optional<std::uint64_t>> counts;
};

struct DayProfile {
    std::array<std::optional<double>, 24> per_s{}; // mean of each hour of the day, UTC
    std::optional<std::size_t> peak = {};          // the busiest of them
};

/// source  no estimate, only means of the minutes that were seen
[[nodiscard]] DayProfile day_profile(const MinuteCounts& minutes);

/// The busiest 60 minutes on end of which at least 50 were seen.
struct BusiestHour {
    double per_s = 0;
    double from_s = 0; // UTC
    /// Variance over mean of its minutes: 1 for Poisson.
    double dispersion = 1;
    bool poisson = true; // the dispersion lies in the 99.9 % interval of Poisson arrivals
};

/// None where no hour was seen, or nothing came.
///
/// source  dispersion: Fisher's index, of which (n - 1) times is chi-squared with n - 1 degrees of
///         freedom (Cox and Lewis, The Statistical Analysis of Series of Events, 1966, section 6.2)
[[nodiscard]] std::optional<BusiestHour> busiest_hour(const MinuteCounts& minutes);

struct Rate {
    double per_s = 0;
    double half_width = 0; // 95 %
};

/// The mean of the minutes that were seen, with its standard error: of the minutes from twelve on,
/// else that of Poisson arrivals. None where no minute was seen.
[[nodiscard]] std::optional<Rate> rate_of(const MinuteCounts& minutes);

/// The requests of the minutes that were seen, and how many those are.
struct Seen {
    std::uint64_t requests = 0;
    std::uint64_t minutes = 0;
};

[[nodiscard]] Seen seen_of(const MinuteCounts& minutes);

} // namespace vigil::size
