// What a device's clock was beside Vigil's at each moment of its record, by when its samples came,
// so that what devices with wrong clocks measured can be put on one time axis. Used by Core.
#pragma once

#include "vigil/v1/clock.pb.h"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace vigil::records {

/// To be added to a device's time for Vigil's.
struct ClockCorrection {
    std::int64_t device_us = 0;
    std::int64_t by_us = 0;
};

/// Receipt less the device's own time is the delay on the way, never under some least one, less
/// what the clock is ahead. So the clock is the lower edge of these: of each stretch of receipt
/// time only the quickest samples count (Paxson, "On calibrating measurements of packet transit
/// times", SIGMETRICS 1998), and of these only those that no crystal explains as slower than others
/// near them. Straight lines between them. What lies off by more than `noise_us` begins another run
/// once `agreeing` stretches in a row agree: then the clock was set. Backfill is never the quickest
/// while live samples come, and alone it does not agree with itself.
///
/// The least delay looks like a clock that is behind. A clock counts as right where a run begins
/// with one that the way can explain; from then on it is what has changed since.
///
/// units   microseconds, UTC
/// bounds  most_knots, the newest; some 16 bytes each
/// threads one
class ClockCourse {
public:
    ClockCourse() = default;

    explicit ClockCourse(v1::ClockCourse remembered) : state_(std::move(remembered)) {}

    /// What says that it ends at `device_us` came at `receipt_us`. True where that changed
    /// anything to be remembered.
    bool take(std::int64_t receipt_us, std::int64_t device_us);

    /// By device time, straight lines between them; empty while it is not known.
    [[nodiscard]] std::vector<ClockCorrection> corrections() const;

    /// How fast the correction grows behind the last of them.
    [[nodiscard]] double slope() const;

    [[nodiscard]] const v1::ClockCourse& state() const { return state_; }

    // Vigil's own choices, as are the next ones.
    static constexpr std::int64_t stretch_us = 30'000'000;
    static constexpr int agreeing = 6;
    static constexpr std::int64_t noise_us = 100'000;
    /// A crystal of 100 ppm against another one.
    static constexpr double fastest_drift = 200e-6;
    /// Stretches that may still turn out to have been slow.
    static constexpr int settles_after = 20;
    static constexpr double line_us = 5'000;
    static constexpr int most_knots = 2048;
    /// A way may become so much slower: no more than that is a clock that was set wrong.
    static constexpr std::int64_t way_us = 250'000;

private:
    using Point = v1::ClockCourse::Point;

    void close_stretch();
    [[nodiscard]] bool agrees(const Point& point) const;
    void put_aside(const Point& point);
    void begin_run();
    void settle(const Point& point);
    void add_knot(v1::ClockCourse::Run& run, const Point& point);
    void forget();
    [[nodiscard]] std::vector<Point> unsettled() const;

    v1::ClockCourse state_;
};

/// What is to be added at a device's time: constant before the first, straight on behind the last.
[[nodiscard]] std::int64_t
correction_at(std::span<const ClockCorrection> corrections, double slope, std::int64_t device_us);

} // namespace vigil::records
