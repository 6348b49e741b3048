#include "signal/heart_monitor.hpp"

#include "signal/heart.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace vigil::signal {
namespace {

using Kind = HeartChange::Kind;

constexpr std::array states{HeartState::tachycardia, HeartState::bradycardia, HeartState::pause};
// An interval may come so long after the beat that ends it.
constexpr std::int64_t lag_us = HeartMonitor::horizon_us + HeartMonitor::longest_entry_us;
constexpr std::int64_t end_of_time = std::numeric_limits<std::int64_t>::max();
// Times and indices beyond these are no heart's; within them no sum overflows.
constexpr std::int64_t latest_time_us = std::int64_t{1} << 60;
constexpr std::uint64_t last_index = std::uint64_t{1} << 62;

void append(std::vector<HeartChange>& out, const std::vector<HeartChange>& changes) {
    out.insert(out.end(), changes.begin(), changes.end());
}

bool is_time(std::int64_t us) {
    return us > -latest_time_us && us < latest_time_us;
}

} // namespace

void HeartCourse::silent_until(std::int64_t at_us, std::vector<HeartChange>& out) {
    if (known_until_us_ && at_us > *known_until_us_) {
        append(out, rules_.unknown(*known_until_us_));
        known_until_us_.reset();
    }
}

void HeartCourse::interval(
    std::int64_t end_us,
    std::uint32_t rr_us,
    std::vector<HeartChange>& out
) {
    const std::int64_t begin_us = end_us - rr_us;
    silent_until(begin_us, out);
    append(out, rules_.beat(begin_us, std::nullopt)); // the same beat as before, or after a gap
    append(out, rules_.beat(end_us, rr_us));
    known_until_us_ = end_us + HeartMonitor::beats_last_us;
}

void HeartCourse::rate(std::int64_t at_us, double bpm, std::vector<HeartChange>& out) {
    silent_until(at_us, out);
    append(out, rules_.rate(at_us, bpm));
    known_until_us_ = at_us + HeartMonitor::rates_last_us;
}

HeartMonitor::HeartMonitor(HeartLimits limits) : course_(limits) {}

bool HeartMonitor::take(std::uint64_t index, Interval interval) {
    if ((settled_index_ && index <= *settled_index_) ||
        (settled_until_us_ && interval.end_us < *settled_until_us_)) {
        ++passed_over_;
        return false;
    }
    const auto [at, is_new] = intervals_.try_emplace(index, interval);
    at->second = std::min(at->second, interval); // the same one whichever came first
    newest_index_ = std::max(newest_index_.value_or(index), index);
    latest_us_ = std::max(latest_us_.value_or(interval.end_us), interval.end_us);
    return is_new;
}

bool HeartMonitor::was_set_back(std::uint64_t first_index, std::int64_t start_us) const {
    return newest_index_ && first_index > *newest_index_ && start_us < *latest_us_ - lag_us;
}

void HeartMonitor::begin_anew(HeartUpdate& update) {
    settle(end_of_time, update);
    HeartCourse lost = course_;
    std::vector<HeartChange> changes;
    lost.silent_until(end_of_time, changes);
    append(update.settled, changes);
    tell(changes, lost.rules(), update);
    course_ = HeartCourse(course_.rules().limits());
    told_ = {};
    settled_until_us_.reset();
    latest_us_.reset();
}

HeartUpdate HeartMonitor::beats(const v1::Beats& beats) {
    HeartUpdate update;
    std::int64_t end_us = beats.start_time_us();
    std::uint64_t index = beats.first_beat();
    if (beats.rr_us().empty() || !is_time(end_us) || index > last_index) {
        return update;
    }
    if (was_set_back(index, end_us)) {
        begin_anew(update);
    }
    bool is_news = false;
    for (const std::uint32_t rr_us : beats.rr_us()) {
        end_us += rr_us;
        if (is_plausible_rr(rr_us)) {
            is_news = take(index, {.end_us = end_us, .rr_us = rr_us}) || is_news;
        }
        ++index;
    }
    if (is_news) {
        heard_us_ = clock_us_;
    }
    advance(update);
    return update;
}

HeartUpdate HeartMonitor::vital(const v1::Vital& vital) {
    HeartUpdate update;
    const std::int64_t at_us = vital.start_time_us();
    const bool is_rate = vital.name() == "heart_rate" && std::isfinite(vital.value()) &&
                         vital.value() > 0 && is_time(at_us);
    if (!is_rate || vital.batched()) {
        return update;
    }
    if (settled_until_us_ && at_us < *settled_until_us_) {
        ++passed_over_;
        return update;
    }
    if (rates_.insert_or_assign(at_us, vital.value()).second) {
        heard_us_ = clock_us_;
    }
    latest_us_ = std::max(latest_us_.value_or(at_us), at_us);
    advance(update);
    return update;
}

void HeartMonitor::advance(HeartUpdate& update) {
    if (!latest_us_) {
        return;
    }
    HeartCourse course = course_;
    std::vector<HeartChange> changes;
    replay(course, end_of_time, changes);
    tell(changes, course.rules(), update);
    settle(*latest_us_ - lag_us, update);
}

HeartUpdate HeartMonitor::clock(std::int64_t now_us) {
    HeartUpdate update;
    clock_us_ = std::max(clock_us_.value_or(now_us), now_us);
    if (!latest_us_) {
        return update;
    }
    heard_us_ = heard_us_.value_or(*clock_us_);
    const std::int64_t silent_us = *clock_us_ - *heard_us_;
    if (silent_us <= lag_us) {
        return update;
    }
    settle(*latest_us_ + 1, update);
    const auto known_until_us = course_.known_until_us();
    if (known_until_us && silent_us > lag_us + (*known_until_us - *latest_us_)) {
        std::vector<HeartChange> changes;
        course_.silent_until(end_of_time, changes);
        append(update.settled, changes);
        tell(changes, course_.rules(), update);
        settled_until_us_ = std::max(settled_until_us_.value_or(*known_until_us), *known_until_us);
    }
    return update;
}

HeartUpdate HeartMonitor::finish() {
    HeartUpdate update;
    settle(end_of_time, update);
    return update;
}

void HeartMonitor::replay(HeartCourse& course, std::int64_t until_us, std::vector<HeartChange>& out)
    const {
    std::vector<std::pair<Interval, std::uint64_t>> beats;
    for (const auto& [index, interval] : intervals_) {
        if (interval.end_us < until_us) {
            beats.emplace_back(interval, index);
        }
    }
    std::ranges::sort(beats);
    auto rate = rates_.begin();
    for (const auto& [interval, index] : beats) {
        for (; rate != rates_.end() && rate->first < interval.end_us; ++rate) {
            course.rate(rate->first, rate->second, out);
        }
        course.interval(interval.end_us, interval.rr_us, out);
    }
    for (; rate != rates_.end() && rate->first < until_us; ++rate) {
        course.rate(rate->first, rate->second, out);
    }
}

void HeartMonitor::settle(std::int64_t until_us, HeartUpdate& update) {
    if (settled_until_us_ && until_us <= *settled_until_us_) {
        return;
    }
    replay(course_, until_us, update.settled);
    for (const auto& [index, interval] : intervals_) {
        if (interval.end_us < until_us) {
            settled_index_ = std::max(settled_index_.value_or(index), index);
        }
    }
    std::erase_if(intervals_, [&](const auto& one) { return one.second.end_us < until_us; });
    rates_.erase(rates_.begin(), rates_.lower_bound(until_us));
    settled_until_us_ = until_us;
}

// `changes` are in order and lead to `now`. What lies before what was told already is not told, but
// in the end each state is what it is now.
void HeartMonitor::tell(
    const std::vector<HeartChange>& changes,
    const HeartRules& now,
    HeartUpdate& update
) {
    for (const HeartChange& change : changes) {
        Told& told = told_.at(static_cast<std::size_t>(change.state));
        const bool is_on = change.kind == Kind::begins;
        const bool is_later =
            !told.until_us || std::pair(change.at_us, !is_on) > std::pair(*told.until_us, !told.on);
        if (is_later && told.on != is_on) {
            told = {.on = is_on, .until_us = change.at_us};
            update.told.push_back(change);
        }
    }
    for (const HeartState state : states) {
        Told& told = told_.at(static_cast<std::size_t>(state));
        if (told.on == now.is_on(state)) {
            continue;
        }
        const std::int64_t until_us = told.until_us.value_or(-latest_time_us);
        const std::int64_t at_us = std::max(until_us, now.memory().now_us.value_or(until_us));
        told = {.on = !told.on, .until_us = at_us};
        update.told.push_back({
            .state = state,
            .kind = told.on ? Kind::begins : Kind::ends,
            .at_us = at_us,
            .value = state == HeartState::pause ? 0 : now.rate_bpm().value_or(0),
            .limit = now.limit_of(state),
        });
    }
}

} // namespace vigil::signal
