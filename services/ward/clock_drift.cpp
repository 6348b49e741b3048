#include "ward/clock_drift.hpp"

#include <algorithm>
#include <cstddef>

namespace vigil::ward {

namespace {

/// So many stretches in a row above the one before them: the clock was set back. Ours.
constexpr std::size_t stretches_above = 3;
/// No crystal drifts as fast, so that what grows faster was a clock that was set.
constexpr double fastest_drift = 1e-3;
constexpr double us_per_ms = 1e3;
constexpr double per_million = 1e6;

} // namespace

void ClockDrift::take(std::int64_t receipt_us, std::int64_t device_us) {
    const Point point{.receipt_us = receipt_us, .delay_us = receipt_us - device_us};
    const bool is_ahead_of_line =
        static_cast<double>(point.delay_us) < known_.at(receipt_us) - set_by_us;
    if (points_.empty() || receipt_us < newest_us_ || is_ahead_of_line) {
        begin(point);
        return;
    }
    newest_us_ = receipt_us;
    if (receipt_us - stretch_began_us_ >= stretch_us_) {
        open_stretch(point);
    } else if (point.delay_us < points_.back().delay_us) {
        points_.back() = point;
    }
}

void ClockDrift::begin(Point point) {
    points_.assign(1, point);
    stretch_us_ = first_stretch_us;
    stretch_began_us_ = since_us_ = newest_us_ = point.receipt_us;
    known_ = line();
}

void ClockDrift::open_stretch(Point point) {
    if (was_set_back()) {
        points_.erase(points_.begin(), points_.end() - stretches_above);
        since_us_ = points_.front().receipt_us;
    }
    if (points_.size() == most_stretches && stretch_us_ < longest_stretch_us) {
        std::vector<Point> joined;
        for (std::size_t at = 0; at + 1 < points_.size(); at += 2) {
            joined.push_back(std::min(points_[at], points_[at + 1], [](auto& a, auto& b) {
                return a.delay_us < b.delay_us;
            }));
        }
        points_ = std::move(joined);
        stretch_us_ *= 2;
    } else if (points_.size() == most_stretches) {
        points_.erase(points_.begin());
        since_us_ = points_.front().receipt_us;
    }
    points_.push_back(point);
    stretch_began_us_ = point.receipt_us;
    known_ = line();
}

bool ClockDrift::was_set_back() const {
    if (points_.size() <= stretches_above) {
        return false;
    }
    const auto later = points_.end() - stretches_above;
    const auto& before = *(later - 1);
    return std::all_of(later, points_.end(), [&](const Point& point) {
        const auto passed_us = static_cast<double>(point.receipt_us - before.receipt_us);
        return static_cast<double>(point.delay_us - before.delay_us) >
               set_by_us + fastest_drift * passed_us;
    });
}

ClockDrift::Line ClockDrift::line() const {
    std::vector<Point> hull;
    double mean_us = 0; // since the first
    for (const auto& point : points_) {
        const auto is_over = [&] {
            // The last of the hull lies on or over the edge from the one before it to `point`.
            const auto& a = hull[hull.size() - 2];
            const auto& b = hull.back();
            return static_cast<double>(b.delay_us - a.delay_us) *
                       static_cast<double>(point.receipt_us - a.receipt_us) >=
                   static_cast<double>(point.delay_us - a.delay_us) *
                       static_cast<double>(b.receipt_us - a.receipt_us);
        };
        while (hull.size() >= 2 && is_over()) {
            hull.pop_back();
        }
        hull.push_back(point);
        mean_us += static_cast<double>(point.receipt_us - points_.front().receipt_us) /
                   static_cast<double>(points_.size());
    }
    if (hull.size() < 2) {
        const auto& [at_us, delay_us] = hull.front();
        return {.delay_us = static_cast<double>(delay_us), .slope = 0, .at_us = at_us};
    }
    std::size_t right = 1;
    while (right + 1 < hull.size() &&
           static_cast<double>(hull[right].receipt_us - hull.front().receipt_us) < mean_us) {
        ++right;
    }
    const auto& a = hull[right - 1];
    const auto& b = hull[right];
    return {
        .delay_us = static_cast<double>(a.delay_us),
        .slope = static_cast<double>(b.delay_us - a.delay_us) /
                 static_cast<double>(b.receipt_us - a.receipt_us),
        .at_us = a.receipt_us
    };
}

std::optional<ClockDrift::Estimate> ClockDrift::estimate() const {
    if (points_.empty()) {
        return std::nullopt;
    }
    const auto now = line();
    Estimate estimate;
    estimate.observed = Microseconds(newest_us_ - since_us_);
    if (estimate.observed >= tells_drift_after) {
        estimate.offset_ms = -now.at(newest_us_) / us_per_ms;
        estimate.drift_ppm = -now.slope * per_million;
    } else {
        const auto quickest = std::ranges::min_element(points_, {}, &Point::delay_us);
        estimate.offset_ms = -static_cast<double>(quickest->delay_us) / us_per_ms;
    }
    return estimate;
}

} // namespace vigil::ward
