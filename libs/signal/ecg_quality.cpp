#include "signal/ecg_quality.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::signal {
namespace {

// Less than the noise of any amplifier; IEC 60601-2-27 allows 30.
constexpr float flat_uv = 1;
constexpr double still_s = 0.1;
constexpr double limit_s = 0.02;
// Standing still so far from what else the second holds is no heart: a T wave's top is shorter.
constexpr float far_uv = 2000;

} // namespace

EcgSeconds::EcgSeconds(double rate_hz, EcgLimits limits)
    : rate_hz_(rate_hz),
      limits_(limits),
      still_samples_(static_cast<std::size_t>(std::ceil(still_s * rate_hz))),
      limit_samples_(static_cast<std::size_t>(std::ceil(limit_s * rate_hz))) {}

void EcgSeconds::reset(std::uint64_t first_index) {
    index_ = first_index;
    started_ = false;
    run_ = 0;
    seconds_.clear();
}

void EcgSeconds::note_run(Second& second) {
    if (run_ >= limit_samples_ && (last_ <= limits_.lowest_uv || last_ >= limits_.highest_uv)) {
        second.at_limit = true;
    }
    if (run_ >= still_samples_) {
        second.still_farthest_low =
            second.has_still ? std::min(second.still_farthest_low, last_) : last_;
        second.still_farthest_high =
            second.has_still ? std::max(second.still_farthest_high, last_) : last_;
        second.has_still = true;
    }
}

float EcgSeconds::take(float sample) {
    const auto number =
        static_cast<std::uint64_t>(std::floor(static_cast<double>(index_) / rate_hz_));
    ++index_;
    if (seconds_.empty() || seconds_.back().number != number) {
        seconds_.push_back({.number = number});
    }
    Second& second = seconds_.back();
    if (!std::isfinite(sample)) {
        second.missing = true;
        return last_;
    }
    run_ = started_ && sample == last_ ? run_ + 1 : 1;
    started_ = true;
    last_ = sample;
    second.lowest = second.any ? std::min(second.lowest, sample) : sample;
    second.highest = second.any ? std::max(second.highest, sample) : sample;
    second.any = true;
    note_run(second);
    return sample;
}

bool EcgSeconds::knows(std::uint64_t second, bool stream_ended) const {
    return stream_ended || (!seconds_.empty() && seconds_.back().number > second + 1);
}

EcgQuality EcgSeconds::quality(std::uint64_t second) {
    // the second before stays: flatness looks at both neighbours
    while (!seconds_.empty() && seconds_.front().number + 1 < second) {
        seconds_.pop_front();
    }
    const auto at = std::ranges::find(seconds_, second, &Second::number);
    if (at == seconds_.end() || at->missing) {
        return EcgQuality::missing;
    }
    const auto flat_with = [&](std::deque<Second>::const_iterator other) {
        return other->any &&
               std::max(at->highest, other->highest) - std::min(at->lowest, other->lowest) <=
                   flat_uv;
    };
    if ((at != seconds_.begin() && flat_with(std::prev(at))) ||
        (std::next(at) != seconds_.end() && flat_with(std::next(at)))) {
        return EcgQuality::flat;
    }
    const bool far = at->has_still && (at->still_farthest_high - at->lowest > far_uv ||
                                       at->highest - at->still_farthest_low > far_uv);
    const bool extreme = at->has_still && (at->still_farthest_high == at->highest ||
                                           at->still_farthest_low == at->lowest);
    return at->at_limit || (far && extreme) ? EcgQuality::saturated : EcgQuality::usable;
}

} // namespace vigil::signal
