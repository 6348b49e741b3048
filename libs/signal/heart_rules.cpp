#include "signal/heart_rules.hpp"

#include "signal/heart.hpp"

#include <stdexcept>

namespace vigil::signal {
namespace {

constexpr std::size_t most_intervals = 8;
constexpr std::size_t least_intervals = 4;
constexpr double inside_bpm = 5;

std::uint8_t bit(HeartState state) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(state));
}

} // namespace

bool HeartLimits::valid() const {
    return bradycardia_bpm >= 20 && tachycardia_bpm <= 300 &&
           bradycardia_bpm + 2 * inside_bpm <= tachycardia_bpm && pause_s >= 1 && pause_s <= 20 &&
           pause_s > 60 / bradycardia_bpm;
}

HeartRules::HeartRules(HeartLimits limits) : limits_(limits) {
    if (!limits.valid()) {
        throw std::invalid_argument("the limits of the heart's rules contradict each other");
    }
}

bool HeartRules::is_on(HeartState state) const {
    return (on_ & bit(state)) != 0;
}

void HeartRules::set(
    HeartState state,
    HeartChange::Kind kind,
    double value,
    std::vector<HeartChange>& out
) {
    if (is_on(state) == (kind == HeartChange::Kind::begins)) {
        return;
    }
    on_ ^= bit(state);
    out.push_back({.state = state, .kind = kind, .at_us = now_us_, .value = value});
}

std::optional<double> HeartRules::rate_bpm() const {
    return intervals_us_.size() < least_intervals ? std::nullopt : heart_rate_bpm(intervals_us_);
}

void HeartRules::judge_rate(std::vector<HeartChange>& out) {
    const auto rate = rate_bpm();
    if (!rate) {
        return;
    }
    using enum HeartChange::Kind;
    if (*rate > limits_.tachycardia_bpm) {
        set(HeartState::tachycardia, begins, *rate, out);
    } else if (*rate <= limits_.tachycardia_bpm - inside_bpm) {
        set(HeartState::tachycardia, ends, *rate, out);
    }
    if (*rate < limits_.bradycardia_bpm) {
        set(HeartState::bradycardia, begins, *rate, out);
    } else if (*rate >= limits_.bradycardia_bpm + inside_bpm) {
        set(HeartState::bradycardia, ends, *rate, out);
    }
}

void HeartRules::judge_silence(std::vector<HeartChange>& out) {
    if (!last_beat_us_) {
        return;
    }
    const double silent_s = static_cast<double>(now_us_ - *last_beat_us_) / 1e6;
    if (silent_s >= limits_.pause_s) {
        set(HeartState::pause, HeartChange::Kind::begins, silent_s, out);
    }
}

std::vector<HeartChange> HeartRules::beat(std::int64_t at_us, std::optional<std::uint32_t> rr_us) {
    std::vector<HeartChange> out;
    if (started_ && at_us < now_us_) {
        return out;
    }
    started_ = true;
    now_us_ = at_us;
    if (rr_us) {
        judge_silence(out); // a pause that no clock fell into
    }
    if (last_beat_us_) {
        const double silent_s = static_cast<double>(at_us - *last_beat_us_) / 1e6;
        set(HeartState::pause, HeartChange::Kind::ends, silent_s, out);
    }
    last_beat_us_ = at_us;
    if (rr_us && is_plausible_rr(*rr_us)) {
        if (intervals_us_.size() == most_intervals) {
            intervals_us_.erase(intervals_us_.begin());
        }
        intervals_us_.push_back(*rr_us);
        judge_rate(out);
    }
    return out;
}

std::vector<HeartChange> HeartRules::clock(std::int64_t at_us) {
    std::vector<HeartChange> out;
    if (started_ && at_us < now_us_) {
        return out;
    }
    started_ = true;
    now_us_ = at_us;
    judge_silence(out);
    return out;
}

std::vector<HeartChange> HeartRules::unknown(std::int64_t at_us) {
    std::vector<HeartChange> out;
    if (started_ && at_us < now_us_) {
        return out;
    }
    started_ = true;
    now_us_ = at_us;
    for (const auto state : {HeartState::tachycardia, HeartState::bradycardia, HeartState::pause}) {
        set(state, HeartChange::Kind::lost, 0, out);
    }
    intervals_us_.clear();
    last_beat_us_.reset();
    return out;
}

} // namespace vigil::signal
