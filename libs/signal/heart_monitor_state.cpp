// HeartMonitor to a checkpoint and back.
#include "signal/heart.hpp"
#include "signal/heart_monitor.hpp"
#include "vigil/v1/heart_state.pb.h"

#include <algorithm>
#include <cmath>

namespace vigil::signal {
namespace {

constexpr std::uint32_t all_on = 7; // the bits of three states
constexpr std::size_t most_bytes = 1 << 20;
constexpr std::int64_t latest_time_us = std::int64_t{1} << 60; // no sum of two overflows

std::unexpected<Error> no_checkpoint(std::string detail) {
    return fail(ErrorCode::invalid_argument, "a heart's checkpoint " + std::move(detail));
}

bool is_time(std::int64_t us) {
    return us > -latest_time_us && us < latest_time_us;
}

bool is_rate(double bpm) {
    return std::isfinite(bpm) && bpm > 0;
}

template <class T>
std::optional<T> optional(bool has, T value) {
    return has ? std::optional(value) : std::nullopt;
}

void write(const HeartMemory& memory, v1::HeartCourse& out) {
    for (const std::uint32_t interval_us : memory.intervals_us) {
        out.add_interval_us(interval_us);
    }
    if (memory.last_beat_us) {
        out.set_last_beat_us(*memory.last_beat_us);
    }
    if (memory.now_us) {
        out.set_now_us(*memory.now_us);
    }
    if (memory.rate_bpm) {
        out.set_rate_bpm(*memory.rate_bpm);
    }
    out.set_on(memory.on);
}

Result<HeartMemory> memory_of(const v1::HeartCourse& in) {
    HeartMemory memory;
    if (in.interval_us_size() > static_cast<int>(HeartRules::most_intervals) ||
        !std::ranges::all_of(in.interval_us(), is_plausible_rr)) {
        return no_checkpoint("has intervals that are no heart's");
    }
    if (in.on() > all_on || (in.on() != 0 && !in.has_now_us())) {
        return no_checkpoint("has states that are none");
    }
    memory.intervals_us.assign(in.interval_us().begin(), in.interval_us().end());
    memory.on = static_cast<std::uint8_t>(in.on());
    memory.last_beat_us = optional(in.has_last_beat_us(), in.last_beat_us());
    memory.now_us = optional(in.has_now_us(), in.now_us());
    memory.rate_bpm = optional(in.has_rate_bpm(), in.rate_bpm());
    const bool are_times =
        is_time(memory.last_beat_us.value_or(0)) && is_time(memory.now_us.value_or(0));
    if (!are_times || (memory.rate_bpm && !is_rate(*memory.rate_bpm))) {
        return no_checkpoint("has a time or a rate that is none");
    }
    return memory;
}

} // namespace

std::string HeartMonitor::serialize() const {
    v1::HeartMonitorState out;
    const HeartLimits& limits = course_.rules().limits();
    out.mutable_limits()->set_bradycardia_bpm(limits.bradycardia_bpm);
    out.mutable_limits()->set_tachycardia_bpm(limits.tachycardia_bpm);
    out.mutable_limits()->set_pause_s(limits.pause_s);
    write(course_.rules().memory(), *out.mutable_settled());
    if (const auto known_until_us = course_.known_until_us()) {
        out.mutable_settled()->set_known_until_us(*known_until_us);
    }
    for (const auto& [index, interval] : intervals_) {
        auto& pending = *out.add_intervals();
        pending.set_index(index);
        pending.set_end_us(interval.end_us);
        pending.set_rr_us(interval.rr_us);
    }
    for (const auto& [at_us, bpm] : rates_) {
        auto& pending = *out.add_rates();
        pending.set_at_us(at_us);
        pending.set_bpm(bpm);
    }
    for (const Told& told : told_) {
        auto& one = *out.add_told();
        one.set_on(told.on);
        if (told.until_us) {
            one.set_until_us(*told.until_us);
        }
    }
    const auto set = [&out](const auto& value, auto setter) {
        if (value) {
            (out.*setter)(*value);
        }
    };
    set(settled_until_us_, &v1::HeartMonitorState::set_settled_until_us);
    set(settled_index_, &v1::HeartMonitorState::set_settled_index);
    set(latest_us_, &v1::HeartMonitorState::set_latest_us);
    set(newest_index_, &v1::HeartMonitorState::set_newest_index);
    set(clock_us_, &v1::HeartMonitorState::set_clock_us);
    set(heard_us_, &v1::HeartMonitorState::set_heard_us);
    out.set_passed_over(passed_over_);
    return out.SerializeAsString();
}

Result<void> HeartMonitor::read(const v1::HeartMonitorState& in) {
    for (const auto& pending : in.intervals()) {
        if (!is_plausible_rr(pending.rr_us()) || !is_time(pending.end_us())) {
            return no_checkpoint("has intervals that are no heart's");
        }
        intervals_[pending.index()] = {.end_us = pending.end_us(), .rr_us = pending.rr_us()};
    }
    for (const auto& pending : in.rates()) {
        if (!is_rate(pending.bpm()) || !is_time(pending.at_us())) {
            return no_checkpoint("has a rate that is none");
        }
        rates_[pending.at_us()] = pending.bpm();
    }
    for (std::size_t state = 0; state < told_.size(); ++state) {
        const auto& told = in.told(static_cast<int>(state));
        told_.at(state
        ) = {.on = told.on(), .until_us = optional(told.has_until_us(), told.until_us())};
    }
    settled_until_us_ = optional(in.has_settled_until_us(), in.settled_until_us());
    settled_index_ = optional(in.has_settled_index(), in.settled_index());
    latest_us_ = optional(in.has_latest_us(), in.latest_us());
    newest_index_ = optional(in.has_newest_index(), in.newest_index());
    clock_us_ = optional(in.has_clock_us(), in.clock_us());
    heard_us_ = optional(in.has_heard_us(), in.heard_us());
    passed_over_ = in.passed_over();
    for (const auto& time : {latest_us_, clock_us_, heard_us_, course_.known_until_us()}) {
        if (time && !is_time(*time)) {
            return no_checkpoint("has a time that is none");
        }
    }
    const bool has_input = !intervals_.empty() || !rates_.empty() || newest_index_;
    if (has_input && !latest_us_) {
        return no_checkpoint("has inputs without a time");
    }
    return {};
}

Result<HeartMonitor> HeartMonitor::restore(std::string_view bytes) {
    v1::HeartMonitorState in;
    if (bytes.size() > most_bytes ||
        !in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !in.has_limits()) {
        return no_checkpoint("cannot be read");
    }
    const HeartLimits limits{
        .bradycardia_bpm = in.limits().bradycardia_bpm(),
        .tachycardia_bpm = in.limits().tachycardia_bpm(),
        .pause_s = in.limits().pause_s(),
    };
    if (const auto checked = check(limits); !checked) {
        return std::unexpected(checked.error());
    }
    auto memory = memory_of(in.settled());
    if (!memory) {
        return std::unexpected(memory.error());
    }
    HeartMonitor out(limits);
    if (in.told_size() != static_cast<int>(out.told_.size())) {
        return no_checkpoint("has other states");
    }
    out.course_ = HeartCourse(
        HeartRules(limits, *std::move(memory)),
        optional(in.settled().has_known_until_us(), in.settled().known_until_us())
    );
    if (auto done = out.read(in); !done) {
        return std::unexpected(done.error());
    }
    return out;
}

} // namespace vigil::signal
