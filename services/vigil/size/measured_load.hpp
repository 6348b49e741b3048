// Arrival rates and service times as they were measured, and how an access log gives them, read as
// a stream. Used by `vigil size --access-log` and by prometheus_load.
#pragma once

#include "base/error.hpp"
#include "vigil/size/access_log.hpp"
#include "vigil/size/minute_counts.hpp"

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace vigil::size {

/// What only the pods themselves know.
struct ClusterFacts {
    std::uint64_t slots = 0;   // of a pod
    std::uint64_t pods = 0;    // at the end of the time
    double now_per_s = 0;      // in its last hour
    double variation_low = 0;  // of the squared variation, by where in its bucket each time may lie
    double variation_high = 0; // infinite where times were above the last bucket
    double failed_share = 0;   // of answers that were a 5xx, refused ones counted in
    std::uint64_t unseen_minutes = 0;
    std::vector<std::string> remarks = {}; // sentences
};

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
    bool poisson = true;    // the dispersion lies in the 99.9 % interval of Poisson arrivals
    double first_share = 1; // of the attempts, as far as refused senders are said to come back
    DayProfile profile = {};
    std::optional<ClusterFacts> cluster = {}; // where Prometheus told them
};

/// Takes the busiest hour from the minutes; the rate itself where no hour was seen.
void add_busiest_hour(MeasuredLoad& load, const MinuteCounts& minutes);

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
    [[nodiscard]] MinuteCounts whole_minutes() const;

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
/// cost    one line in memory at a time, at most 64 KiB of it
[[nodiscard]] Result<LogLoads> measure_access_log(std::istream& log);

/// What was measured, in a few lines.
[[nodiscard]] std::string measured_text(const MeasuredLoad& load);

/// The rate in each hour of the day, the busiest marked.
[[nodiscard]] std::string profile_text(const DayProfile& profile);

} // namespace vigil::size
