// The squared variation of a service time of which only a histogram's buckets and the exact mean
// are known, and times to draw. Used by prometheus_load.
#pragma once

#include <optional>
#include <vector>

namespace vigil::size {

/// How many times were at most `upper_s` and above the bucket before; infinite: above the last.
struct TimeBucket {
    double upper_s = 0;
    double count = 0;
};

struct Variation {
    double estimate = 0; // squared: variance over the mean's square
    double low = 0;      // what no place of the times in their buckets goes below
    double high = 0;     // likewise above; infinite where times were above the last bucket
};

/// The estimate lets the density fall or rise within each bucket towards that of its neighbours,
/// and scales all times to the exact mean. With buckets 2 to 2.5 times as long as the one before it
/// is within a tenth for exponential times; fixed ones, all in one bucket, look as if they varied
/// by up to 0.1.
///
/// in      ascending, not cumulative; `mean_s` is exact (sum over count)
/// errors  none where there are no times or the mean is none
[[nodiscard]] std::optional<Variation>
variation_of(const std::vector<TimeBucket>& buckets, double mean_s);

/// What a simulation draws, each as likely.
struct DrawnTimes {
    std::vector<double> likely_s;       // the quantiles of variation_of()'s density
    std::vector<double> least_varied_s; // all as near to one time as their buckets allow
    std::vector<double> most_varied_s;  // all at an edge of theirs
};

/// Empty where variation_of() gives nothing.
///
/// shape   `count` values of each in seconds, ascending, with the exact mean
[[nodiscard]] DrawnTimes
times_of(const std::vector<TimeBucket>& buckets, double mean_s, std::size_t count = 10'000);

} // namespace vigil::size
