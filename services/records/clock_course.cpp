#include "records/clock_course.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

namespace vigil::records {

namespace {

using Point = v1::ClockCourse::Point;
using Run = v1::ClockCourse::Run;

/// A clock that is off by more is not corrected: it may as well be data that lay somewhere.
constexpr std::int64_t most_correction_us = 60'000'000;
/// The slope behind the last point is of so long a line, where there is one.
constexpr std::int64_t slope_over_us = 1'800'000'000;

/// The most that a clock may have lost, seen from another point.
double bound(const Point& from, const Point& at) {
    const auto apart = std::abs(static_cast<double>(at.device_us() - from.device_us()));
    return static_cast<double>(from.delay_us()) + ClockCourse::fastest_drift * apart;
}

double slope_between(const Point& from, double delay_us, const Point& to) {
    const auto passed = static_cast<double>(to.device_us() - from.device_us());
    return (delay_us - static_cast<double>(from.delay_us())) / std::max(passed, 1.0);
}

/// The least delay at the first of some points that the others leave possible.
std::int64_t first_delay(std::span<const Point> points) {
    auto least = static_cast<double>(points.front().delay_us());
    for (const auto& point : points) {
        least = std::min(least, bound(point, points.front()));
    }
    return std::llround(least);
}

} // namespace

bool ClockCourse::take(std::int64_t receipt_us, std::int64_t device_us) {
    const auto delay_us = receipt_us - device_us;
    const auto passed = receipt_us - state_.began_us();
    const bool ends = state_.has_lowest() && (passed >= stretch_us || passed < -stretch_us);
    if (ends) {
        close_stretch();
    }
    if (!state_.has_lowest()) {
        state_.set_began_us(receipt_us);
    } else if (state_.lowest().delay_us() <= delay_us) {
        return false;
    }
    state_.mutable_lowest()->set_device_us(device_us);
    state_.mutable_lowest()->set_delay_us(delay_us);
    return true;
}

void ClockCourse::close_stretch() {
    const auto point = state_.lowest();
    state_.clear_lowest();
    if (!agrees(point)) {
        put_aside(point);
        return;
    }
    state_.clear_aside();
    *state_.add_recent() = point;
    if (state_.recent_size() > settles_after) {
        settle(state_.recent(0));
        state_.mutable_recent()->DeleteSubrange(0, 1);
    }
}

/// With the run: neither over nor under its newest stretches by more than the way's noise.
bool ClockCourse::agrees(const Point& point) const {
    if (state_.recent().empty() || point.device_us() <= state_.recent().rbegin()->device_us()) {
        return false;
    }
    auto most = std::numeric_limits<double>::infinity();
    auto least = most;
    for (const auto& known : state_.recent()) {
        most = std::min(most, bound(known, point));
        least = std::min(least, 2 * static_cast<double>(known.delay_us()) - bound(known, point));
    }
    const auto delay = static_cast<double>(point.delay_us());
    return delay <= most + noise_us && delay >= least - noise_us;
}

void ClockCourse::put_aside(const Point& point) {
    const auto is_near = [&](const Point& other) {
        return point.device_us() > other.device_us() &&
               std::abs(static_cast<double>(point.delay_us() - other.delay_us())) <=
                   noise_us +
                       fastest_drift * static_cast<double>(point.device_us() - other.device_us());
    };
    if (!std::ranges::all_of(state_.aside(), is_near)) {
        state_.clear_aside();
    }
    *state_.add_aside() = point;
    if (state_.aside_size() == agreeing) {
        begin_run();
    }
}

void ClockCourse::begin_run() {
    while (!state_.recent().empty()) {
        settle(state_.recent(0));
        state_.mutable_recent()->DeleteSubrange(0, 1);
    }
    state_.add_runs();
    state_.mutable_recent()->Swap(state_.mutable_aside());
    state_.clear_aside();
}

/// The oldest of `recent`: it counts where nothing near it was quicker.
void ClockCourse::settle(const Point& point) {
    auto& run = *state_.mutable_runs()->rbegin();
    const auto is_slow = [&](const Point& other) {
        return static_cast<double>(point.delay_us()) > bound(other, point);
    };
    if (!run.has_first_delay_us()) {
        run.set_first_delay_us(first_delay(unsettled()));
    }
    if (std::ranges::any_of(state_.recent(), is_slow) ||
        (!run.knots().empty() && is_slow(*run.knots().rbegin()))) {
        return;
    }
    add_knot(run, point);
    forget();
}

/// The last knot goes on as long as one line from the knot before it passes by all that it stood
/// for: O'Rourke, "An on-line algorithm for fitting straight lines between data ranges", CACM 1981,
/// with lines that begin at a point.
void ClockCourse::add_knot(Run& run, const Point& point) {
    const auto delay = static_cast<double>(point.delay_us());
    if (run.knots_size() >= 2) {
        const auto& from = run.knots(run.knots_size() - 2);
        const auto slope = slope_between(from, delay, point);
        if (slope >= run.least_slope() && slope <= run.most_slope()) {
            const auto least = slope_between(from, delay - line_us, point);
            const auto most = slope_between(from, delay + line_us, point);
            run.set_least_slope(std::max(run.least_slope(), least));
            run.set_most_slope(std::min(run.most_slope(), most));
            *run.mutable_knots()->rbegin() = point;
            return;
        }
    }
    if (!run.knots().empty()) {
        const auto& from = *run.knots().rbegin();
        run.set_least_slope(slope_between(from, delay - line_us, point));
        run.set_most_slope(slope_between(from, delay + line_us, point));
    }
    *run.add_knots() = point;
}

void ClockCourse::forget() {
    int knots = 0;
    for (const auto& run : state_.runs()) {
        knots += run.knots_size() + 1;
    }
    if (knots <= most_knots) {
        return;
    }
    auto& oldest = *state_.mutable_runs(0);
    if (oldest.knots_size() > 1) {
        oldest.mutable_knots()->DeleteSubrange(0, 1);
    } else if (state_.runs_size() > 1) {
        state_.mutable_runs()->DeleteSubrange(0, 1);
    }
}

std::vector<Point> ClockCourse::unsettled() const {
    return {state_.recent().begin(), state_.recent().end()};
}

std::vector<ClockCorrection> ClockCourse::corrections() const {
    std::vector<std::pair<std::int64_t, std::vector<Point>>> runs; // with the delay at each begin
    std::optional<std::int64_t> way;
    for (const auto& run : state_.runs()) {
        std::vector<Point> points(run.knots().begin(), run.knots().end());
        const bool is_last = &run == &*state_.runs().rbegin();
        const auto open = is_last ? unsettled() : std::vector<Point>();
        for (const auto& point : open) {
            const auto is_quicker = [&](const Point& other) {
                return static_cast<double>(point.delay_us()) > bound(other, point);
            };
            if (std::ranges::none_of(open, is_quicker) &&
                (points.empty() || !is_quicker(points.back()))) {
                points.push_back(point);
            }
        }
        if (points.empty()) {
            continue;
        }
        const auto first = run.has_first_delay_us() ? run.first_delay_us() : first_delay(open);
        if (first >= 0) {
            way = std::min(way.value_or(first), first);
        }
        runs.emplace_back(first, std::move(points));
    }
    std::vector<ClockCorrection> found;
    for (const auto& [first, points] : runs) {
        const bool is_right = first >= 0 && first <= way.value_or(0) + way_us;
        const auto needed = is_right ? first : way.value_or(0);
        if (!found.empty()) {
            // Somewhere between the last that is known before the clock was set and the first
            // after it.
            const auto before = found.back();
            const auto set_us = before.device_us < points.front().device_us()
                                    ? std::midpoint(before.device_us, points.front().device_us())
                                    : points.front().device_us();
            std::erase_if(found, [&](const auto& one) { return one.device_us >= set_us; });
            found.push_back({.device_us = set_us - 1, .by_us = before.by_us});
            found.push_back({.device_us = set_us, .by_us = points.front().delay_us() - needed});
        }
        for (const auto& point : points) {
            const auto by_us = point.delay_us() - needed;
            if (found.empty() || point.device_us() > found.back().device_us) {
                found.push_back({.device_us = point.device_us(), .by_us = by_us});
            }
        }
    }
    for (auto& [device_us, by_us] : found) {
        by_us = std::abs(by_us) > most_correction_us ? 0 : by_us;
    }
    return found;
}

double ClockCourse::slope() const {
    if (state_.runs().empty()) {
        return 0;
    }
    const auto& run = *state_.runs().rbegin();
    const auto& newest = state_.recent().empty() ? run.knots() : state_.recent();
    if (newest.empty() || run.knots().empty()) {
        return 0;
    }
    const auto& last = *newest.rbegin();
    auto from = run.knots().rbegin();
    while (from != run.knots().rend() && last.device_us() - from->device_us() < slope_over_us) {
        ++from;
    }
    if (from == run.knots().rend()) {
        return 0;
    }
    return std::clamp(
        slope_between(*from, static_cast<double>(last.delay_us()), last),
        -fastest_drift,
        fastest_drift
    );
}

std::int64_t
correction_at(std::span<const ClockCorrection> corrections, double slope, std::int64_t device_us) {
    if (corrections.empty()) {
        return 0;
    }
    const auto& last = corrections.back();
    if (device_us >= last.device_us) {
        return last.by_us + std::llround(slope * static_cast<double>(device_us - last.device_us));
    }
    const auto after =
        std::ranges::upper_bound(corrections, device_us, {}, &ClockCorrection::device_us);
    if (after == corrections.begin()) {
        return after->by_us;
    }
    const auto& a = *(after - 1);
    const auto part = static_cast<double>(device_us - a.device_us) /
                      static_cast<double>(after->device_us - a.device_us);
    return a.by_us + std::llround(part * static_cast<double>(after->by_us - a.by_us));
}

} // namespace vigil::records
