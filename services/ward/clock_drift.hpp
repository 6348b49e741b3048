// How far a device's clock is off Vigil's, and how fast it drifts away from it, by what its samples
// say of their time and when they came. Used by DeviceClocks.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace vigil::ward {

/// Receipt less the device's own time of samples is the delay on the way, never under some least
/// one, less what the clock is ahead. So the clock is the line that lies under all of these and
/// nearest to them: a congested hour lifts points, and moves the line not as a mean would be moved.
///
/// source  Moon, Skelly, Towsley, "Estimation and removal of clock skew from network delay
///         measurements", INFOCOM 1999: the line under all points with the least sum of distances,
///         which is the edge of their lower hull over the mean of their times (Zhang, Liu, Xia,
///         "Clock synchronization algorithms for network measurements", INFOCOM 2002). Of each
///         stretch of time only the lowest point is kept (Paxson, "On calibrating measurements of
///         packet transit times", SIGMETRICS 1998)
/// limits  the least delay is taken for the clock's being behind; a way that becomes slower for
///         good is taken for drift, until the stretches before it are forgotten
/// bounds  most_stretches points: of the last 17 hours, or since the clock was set
/// units   microseconds, UTC
/// threads one
class ClockDrift {
public:
    struct Estimate {
        double offset_ms = 0; // the device's clock less Vigil's, at the newest samples
        std::optional<double>
            drift_ppm; // nothing before `tells_drift_after`; a fast clock is over 0
        Microseconds observed{0};
    };

    /// What the device says is of `device_us` came at `receipt_us`. Only of samples beyond the
    /// newest: backfill says nothing of a clock.
    void take(std::int64_t receipt_us, std::int64_t device_us);

    /// Nothing before the first samples.
    [[nodiscard]] std::optional<Estimate> estimate() const;

    // Vigil's own choices, as are the next ones.
    static constexpr std::size_t most_stretches = 96;
    static constexpr std::int64_t first_stretch_us = 10'000'000;
    static constexpr std::int64_t longest_stretch_us = 640'000'000;
    /// Jitter of 10 ms is 33 ppm of it.
    static constexpr Microseconds tells_drift_after{300'000'000};
    /// So much at once is a clock that was set, not drift.
    static constexpr double set_by_us = 1e6;

private:
    /// The quickest samples of a stretch of time, by receipt.
    struct Point {
        std::int64_t receipt_us = 0;
        std::int64_t delay_us = 0;
    };

    struct Line {
        double delay_us = 0; // at `at_us`
        double slope = 0;
        std::int64_t at_us = 0;

        [[nodiscard]] double at(std::int64_t receipt_us) const {
            return delay_us + slope * static_cast<double>(receipt_us - at_us);
        }
    };

    void begin(Point point);
    void open_stretch(Point point);
    [[nodiscard]] bool was_set_back() const;
    [[nodiscard]] Line line() const;

    std::vector<Point> points_;
    std::int64_t stretch_us_ = first_stretch_us;
    std::int64_t stretch_began_us_ = 0; // the newest
    std::int64_t since_us_ = 0;
    std::int64_t newest_us_ = 0;
    Line known_; // of the points when the newest stretch began
};

} // namespace vigil::ward
