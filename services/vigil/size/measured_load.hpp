// Arrival rates and service times from an access log, read as a stream. Used by `vigil size
// --access-log`.
#pragma once

#include "base/error.hpp"
#include "vigil/size/access_log.hpp"

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace vigil::size {

struct MeasuredLoad {
    std::string service;
    std::uint64_t attempts = 0; // at pods, refused ones counted in, WebSockets not
    std::uint64_t refused = 0;  // answered 503, or by no pod
    std::uint64_t websockets = 0;
    double rate_per_s = 0;
    double rate_half_width = 0;    // 95 %
    double peak_per_s = 0;         // of the busiest 60 minutes; the rate itself in a shorter log
    double peak_from_s = 0;        // UTC
    double service_s = 0;          // mean of those that were not refused
    double service_half_width = 0; // 95 %
    double variation = 0;          // squared, of the service time
    /// Variance over mean of the busiest hour's minutes: 1 for Poisson.
    std::optional<double> dispersion = {};
    bool poisson = true; // the dispersion lies in the 99.9 % interval of Poisson arrivals
};

/// What is counted of one service: a fixed size, and eight bytes for each minute that the log
/// spans.
class LoadMeter {
public:
    void add(double arrived_s, const Attempt& attempt);

    void add_websocket() { ++websockets_; }

    ///
    /// errors  unprocessable: nothing was served, or all came in one moment
    [[nodiscard]] Result<MeasuredLoad> measured(const std::string& service) const;

private:
    void count_minute(double arrived_s);

    std::uint64_t attempts_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t websockets_ = 0;
    double first_s_ = 0;
    double last_s_ = 0;
    std::uint64_t served_ = 0;
    double mean_s_ = 0; // of the service time, by Welford's update
    double squares_ = 0;
    std::int64_t first_minute_ = 0;
    std::vector<std::uint64_t> minutes_;
};

struct LogLoads {
    std::vector<MeasuredLoad> loads;
    std::vector<std::string> unmeasured; // a sentence for each service of which too little is known
};

/// Measures every service of a log.
///
/// errors  invalid_argument: no request in it, two formats in it, over one line in a hundred that
///         is neither, over 1000 services, times that are over two years apart; unprocessable: no
///         service can be measured
/// source  rate: mean of minutes with its standard error, Poisson's below twelve minutes;
///         dispersion: Fisher's index, of which (n - 1) times is chi-squared with n - 1 degrees of
///         freedom (Cox and Lewis, The Statistical Analysis of Series of Events, 1966, section
///         6.2)
/// cost    one line in memory at a time, at most 64 KiB of it
[[nodiscard]] Result<LogLoads> measure_access_log(std::istream& log);

/// What was measured, in a line or two.
[[nodiscard]] std::string measured_text(const MeasuredLoad& load);

} // namespace vigil::size
