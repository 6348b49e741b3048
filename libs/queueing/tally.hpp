// What the simulator counts: shares with an interval by batch means, times by histogram, levels
// over time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vigil::queueing {

struct Estimate {
    double value = 0;
    double standard_error = 0;
    double half_width = 0; // of the 95 % interval

    /// Whether `truth` lies within `times` half-widths.
    [[nodiscard]] bool covers(double truth, double times = 1) const;
};

struct Batch {
    std::uint64_t part = 0;
    std::uint64_t all = 0;
};

/// The share part / all over all batches, which are taken as independent.
///
/// source  ratio of batch means: Law (2015), section 9.5.3 with the ratio's variance of Cochran,
///         Sampling Techniques (3rd ed. 1977), eq. 6.13; Student's t with batches - 1 degrees of
///         freedom
[[nodiscard]] Estimate share_estimate(std::span<const Batch> batches);

/// Times in bins that are 1/128 of their value wide.
class TimeHistogram {
public:
    TimeHistogram() : bins_(std::size_t{1} << 18U) {}

    void add(double time_s);

    [[nodiscard]] double mean() const {
        return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
    }

    [[nodiscard]] double quantile(double share) const;

private:
    std::vector<std::uint32_t> bins_;
    std::uint64_t count_ = 0;
    double sum_ = 0;
};

/// The mean over time of a level that jumps.
class TimeAverage {
public:
    void set(double now, double level) {
        area_ += level_ * (now - since_);
        since_ = now;
        level_ = level;
    }

    void add(double now, double change) { set(now, level_ + change); }

    [[nodiscard]] double level() const { return level_; }

    [[nodiscard]] double area(double now) const { return area_ + level_ * (now - since_); }

private:
    double level_ = 0;
    double since_ = 0;
    double area_ = 0;
};

} // namespace vigil::queueing
