#include "signal/heart_rules.hpp"

#include "signal/heart.hpp"

#include <cmath>
#include <format>
#include <stdexcept>
#include <utility>

namespace vigil::signal {
namespace {

constexpr std::size_t least_intervals = 4;
constexpr double inside_bpm = 5;
constexpr double lowest_bpm = 20;
constexpr double highest_bpm = 300;
constexpr double shortest_pause_s = 1;
constexpr double longest_pause_s = 20;

std::uint8_t bit(HeartState state) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(state));
}

double seconds(std::int64_t us) {
    return static_cast<double>(us) / 1e6;
}

std::unexpected<Error> wrong(std::string detail, std::string field) {
    return fail(ErrorCode::invalid_argument, std::move(detail), std::move(field));
}

} // namespace

// Each comparison is written so that what is not a number is refused.
Result<void> check(const HeartLimits& limits) {
    for (const auto& [bpm, field] :
         {std::pair{limits.bradycardia_bpm, "bradycardia_bpm"},
          std::pair{limits.tachycardia_bpm, "tachycardia_bpm"}}) {
        if (!(bpm >= lowest_bpm && bpm <= highest_bpm)) {
            return wrong(
                std::format("a limit lies between {} and {} a minute", lowest_bpm, highest_bpm),
                field
            );
        }
    }
    if (!(limits.tachycardia_bpm - limits.bradycardia_bpm >= 2 * inside_bpm)) {
        return wrong(
            std::format("the limits of the rate are at least {} a minute apart", 2 * inside_bpm),
            "tachycardia_bpm"
        );
    }
    if (!(limits.pause_s >= shortest_pause_s && limits.pause_s <= longest_pause_s)) {
        return wrong(
            std::format("a pause is {} to {} s long", shortest_pause_s, longest_pause_s),
            "pause_s"
        );
    }
    if (!(limits.pause_s > 60 / limits.bradycardia_bpm)) {
        return wrong(
            std::format(
                "a pause is longer than the interval at the lower limit, {:.2f} s",
                60 / limits.bradycardia_bpm
            ),
            "pause_s"
        );
    }
    return {};
}

HeartRules::HeartRules(HeartLimits limits, HeartMemory memory)
    : limits_(limits), memory_(std::move(memory)) {
    if (const auto checked = check(limits_); !checked) {
        throw std::invalid_argument(checked.error().field + ": " + checked.error().detail);
    }
}

bool HeartRules::is_on(HeartState state) const {
    return (memory_.on & bit(state)) != 0;
}

double HeartRules::limit_of(HeartState state) const {
    switch (state) {
        case HeartState::tachycardia:
            return limits_.tachycardia_bpm;
        case HeartState::bradycardia:
            return limits_.bradycardia_bpm;
        case HeartState::pause:
            return limits_.pause_s;
    }
    return 0;
}

bool HeartRules::starts(std::int64_t at_us) {
    if (memory_.now_us && at_us < *memory_.now_us) {
        return false;
    }
    memory_.now_us = at_us;
    return true;
}

void HeartRules::set(HeartChange change, std::vector<HeartChange>& out) {
    if (is_on(change.state) == (change.kind == HeartChange::Kind::begins)) {
        return;
    }
    memory_.on ^= bit(change.state);
    change.limit = limit_of(change.state);
    out.push_back(change);
}

void HeartRules::judge_rate(double bpm, std::vector<HeartChange>& out) {
    using enum HeartChange::Kind;
    using enum HeartState;
    memory_.rate_bpm = bpm;
    const std::int64_t now_us = *memory_.now_us;
    if (bpm > limits_.tachycardia_bpm) {
        set({.state = tachycardia, .kind = begins, .at_us = now_us, .value = bpm}, out);
    } else if (bpm <= limits_.tachycardia_bpm - inside_bpm) {
        set({.state = tachycardia, .kind = ends, .at_us = now_us, .value = bpm}, out);
    }
    if (bpm < limits_.bradycardia_bpm) {
        set({.state = bradycardia, .kind = begins, .at_us = now_us, .value = bpm}, out);
    } else if (bpm >= limits_.bradycardia_bpm + inside_bpm) {
        set({.state = bradycardia, .kind = ends, .at_us = now_us, .value = bpm}, out);
    }
}

void HeartRules::judge_silence(std::vector<HeartChange>& out) {
    if (!memory_.last_beat_us) {
        return;
    }
    const std::int64_t since_us = *memory_.last_beat_us + std::llround(limits_.pause_s * 1e6);
    if (*memory_.now_us >= since_us) {
        set({.state = HeartState::pause,
             .kind = HeartChange::Kind::begins,
             .at_us = since_us,
             .value = limits_.pause_s},
            out);
    }
}

std::vector<HeartChange> HeartRules::beat(std::int64_t at_us, std::optional<std::uint32_t> rr_us) {
    std::vector<HeartChange> out;
    if (!starts(at_us)) {
        return out;
    }
    if (rr_us) {
        judge_silence(out); // a pause that no clock fell into
    }
    if (memory_.last_beat_us) {
        set({.state = HeartState::pause,
             .kind = HeartChange::Kind::ends,
             .at_us = at_us,
             .value = seconds(at_us - *memory_.last_beat_us)},
            out);
    }
    memory_.last_beat_us = at_us;
    if (rr_us && is_plausible_rr(*rr_us)) {
        auto& intervals = memory_.intervals_us;
        if (intervals.size() == most_intervals) {
            intervals.erase(intervals.begin());
        }
        intervals.push_back(*rr_us);
        if (intervals.size() >= least_intervals) {
            judge_rate(*heart_rate_bpm(intervals), out);
        }
    }
    return out;
}

std::vector<HeartChange> HeartRules::rate(std::int64_t at_us, double bpm) {
    std::vector<HeartChange> out;
    if (std::isfinite(bpm) && bpm > 0 && starts(at_us)) {
        judge_rate(bpm, out);
    }
    return out;
}

std::vector<HeartChange> HeartRules::clock(std::int64_t at_us) {
    std::vector<HeartChange> out;
    if (starts(at_us)) {
        judge_silence(out);
    }
    return out;
}

std::vector<HeartChange> HeartRules::unknown(std::int64_t at_us) {
    std::vector<HeartChange> out;
    if (!starts(at_us)) {
        return out;
    }
    for (const auto state : {HeartState::tachycardia, HeartState::bradycardia, HeartState::pause}) {
        set({.state = state, .kind = HeartChange::Kind::lost, .at_us = at_us}, out);
    }
    memory_.intervals_us.clear();
    memory_.last_beat_us.reset();
    memory_.rate_bpm.reset();
    return out;
}

} // namespace vigil::signal
