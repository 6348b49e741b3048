#include "alarm/held_alarms.hpp"

#include "alarm/event_watch.hpp"
#include "base/random.hpp"

#include <algorithm>
#include <format>
#include <ranges>
#include <span>

namespace vigil::alarm {

namespace {

using v1::Alarm;

constexpr std::int64_t second_us = 1'000'000;

bool is_same(const Alarm::Cause& left, const Alarm::Cause& right) {
    return left.condition() == right.condition() && left.source() == right.source();
}

bool has(const Alarm& alarm, const Alarm::Cause& cause) {
    return std::ranges::any_of(alarm.causes(), [&cause](const auto& one) {
        return is_same(one, cause);
    });
}

void tell(Alarm& alarm, Alarm::Change change, const Moment& now, Outputs& out) {
    alarm.set_change(change);
    alarm.set_revision(alarm.revision() + 1);
    alarm.set_at_us(now.time_us);
    alarm.set_cause(std::string(now.cause));
    *out.emplace_back().mutable_alarm() = alarm;
}

void forget_acknowledgement(Alarm& alarm) {
    if (alarm.state() == Alarm::ACKNOWLEDGED) {
        alarm.set_unanswered(0);
    }
    alarm.set_state(Alarm::ON);
    alarm.clear_acknowledged_by();
    alarm.clear_acknowledged_us();
}

void take_causes(Alarm& alarm, std::span<const ActiveCause> causes) {
    alarm.clear_causes();
    for (const auto& active : causes) {
        *alarm.add_causes() = active.cause;
        alarm.set_priority(std::max(alarm.priority(), active.priority));
    }
    alarm.set_condition(causes.front().cause.condition());
}

/// 0: low ones are never called for.
std::int64_t unanswered_after_us(Priority priority, const v1::AlarmSettings& settings) {
    switch (priority) {
        case Alarm::HIGH:
            return settings.unanswered_high_after_s() * second_us;
        case Alarm::MEDIUM:
            return settings.unanswered_medium_after_s() * second_us;
        default:
            return 0;
    }
}

} // namespace

Priority HeldAlarms::update(
    const std::vector<ActiveCause>& causes,
    const Moment& now,
    const v1::AlarmSettings& settings,
    Outputs& out
) {
    auto urgent = Alarm::PRIORITY_UNSPECIFIED;
    const auto has_become_urgent = [&](Held& held) {
        urgent = std::max(urgent, held.alarm().priority());
        const auto after = unanswered_after_us(held.alarm().priority(), settings);
        const auto at = now.clock_us + after;
        const auto before = held.unanswered_passed_us();
        if (after != 0 && (before == 0 || at < before)) {
            held.set_unanswered_passed_us(at); // never put off by what comes again
        }
        held.set_reminder_passed_us(0);
    };
    for (auto first = causes.begin(); first != causes.end();) {
        const auto last = std::find_if(first, causes.end(), [&](const auto& active) {
            return active.place != first->place;
        });
        const auto& place = first->place;
        const bool is_new = !all_.contains(place);
        if (is_new) {
            raise(place, {first, last}, now, out);
        }
        if (auto& held = all_[place]; is_new || change(held, {first, last}, now, out)) {
            has_become_urgent(held);
        }
        first = last;
    }
    std::erase_if(all_, [&](auto& entry) {
        auto& [place, held] = entry;
        const auto found = std::ranges::lower_bound(causes, place, {}, &ActiveCause::place);
        const bool is_on = found != causes.end() && found->place == place;
        return !is_on && finish(held, now, out);
    });
    return urgent;
}

void HeldAlarms::raise(const AlarmPlace& place, Range causes, const Moment& now, Outputs& out) {
    ++raised_;
    auto& alarm = *all_[place].mutable_alarm();
    alarm.set_id(derived_id(now.cause, std::format("alarm/{}/{}", patient_, raised_)));
    alarm.set_patient(patient_);
    alarm.set_device(place.device);
    alarm.set_raised_us(now.time_us);
    alarm.set_onset_us(causes.front().onset_us);
    alarm.set_state(Alarm::ON);
    alarm.set_urgent_revision(1);
    take_causes(alarm, causes);
    tell(alarm, Alarm::RAISED, now, out);
}

bool HeldAlarms::change(Held& held, Range causes, const Moment& now, Outputs& out) {
    auto& alarm = *held.mutable_alarm();
    const auto before = alarm.state();
    const auto priority = alarm.priority();
    const auto condition = alarm.condition();
    const bool is_more =
        std::ranges::any_of(causes, [&](const auto& active) { return !has(alarm, active.cause); });
    const bool is_less = static_cast<int>(causes.size()) != alarm.causes_size();
    if (before == Alarm::LATCHED) {
        alarm.set_onset_us(causes.front().onset_us);
    }
    take_causes(alarm, causes);
    const bool is_higher = alarm.priority() > priority;
    if (is_higher || is_more || before == Alarm::LATCHED) {
        alarm.set_urgent_revision(alarm.revision() + 1);
    }
    if (is_higher || before == Alarm::LATCHED || (is_more && before == Alarm::ACKNOWLEDGED)) {
        forget_acknowledgement(alarm);
        tell(alarm, is_higher ? Alarm::ESCALATED : Alarm::RAISED, now, out);
        return true;
    }
    if (is_more || is_less || alarm.condition() != condition) {
        tell(alarm, Alarm::CHANGED, now, out);
    }
    return false;
}

bool HeldAlarms::finish(Held& held, const Moment& now, Outputs& out) {
    auto& alarm = *held.mutable_alarm();
    if (alarm.state() == Alarm::LATCHED) {
        return false;
    }
    if (alarm.state() == Alarm::ON && row_of(alarm.condition())->latching) {
        alarm.set_state(Alarm::LATCHED);
        tell(alarm, Alarm::CONDITION_OVER, now, out);
        return false;
    }
    alarm.set_state(Alarm::ENDED);
    tell(alarm, Alarm::END, now, out);
    return true;
}

void HeldAlarms::remind(const Moment& now, const v1::AlarmSettings& settings, Outputs& out) {
    for (auto& [place, held] : all_) {
        auto& alarm = *held.mutable_alarm();
        const auto unanswered = held.unanswered_passed_us();
        if (unanswered != 0 && now.clock_us >= unanswered) {
            held.set_unanswered_passed_us(
                now.clock_us + unanswered_after_us(alarm.priority(), settings)
            );
            alarm.set_unanswered(alarm.unanswered() + 1);
            tell(alarm, Alarm::UNANSWERED, now, out);
        }
        const auto reminder = held.reminder_passed_us();
        if (reminder != 0 && now.clock_us >= reminder) {
            held.set_reminder_passed_us(
                now.clock_us + settings.remind_acknowledged_after_s() * second_us
            );
            tell(alarm, Alarm::REMINDED, now, out);
        }
    }
}

std::optional<std::int64_t> HeldAlarms::next_us() const {
    std::optional<std::int64_t> next;
    for (const auto& [place, held] : all_) {
        for (const auto at : {held.unanswered_passed_us(), held.reminder_passed_us()}) {
            if (at != 0) {
                next = std::min(next.value_or(at), at);
            }
        }
    }
    return next;
}

Result<void> HeldAlarms::acknowledge(
    const v1::Act& act,
    const Moment& now,
    const v1::AlarmSettings& settings,
    Outputs& out
) {
    const auto found = std::ranges::find_if(all_, [&act](const auto& entry) {
        return entry.second.alarm().id() == act.alarm();
    });
    if (found == all_.end()) {
        return fail(ErrorCode::not_found, "no such alarm is on");
    }
    auto& held = found->second;
    auto& alarm = *held.mutable_alarm();
    if (act.revision() > alarm.revision()) {
        return fail(ErrorCode::not_found, "there is no such revision yet");
    }
    if (act.revision() < alarm.urgent_revision()) {
        return fail(ErrorCode::conflict, "it has become more urgent since");
    }
    if (alarm.state() == Alarm::ACKNOWLEDGED) {
        return fail(
            ErrorCode::conflict,
            std::format("{} has acknowledged it already", alarm.acknowledged_by())
        );
    }
    const bool is_over = alarm.state() == Alarm::LATCHED;
    alarm.set_state(is_over ? Alarm::ENDED : Alarm::ACKNOWLEDGED);
    alarm.set_acknowledged_by(act.user());
    alarm.set_acknowledged_us(now.time_us);
    tell(alarm, is_over ? Alarm::END : Alarm::ACKNOWLEDGE, now, out);
    held.set_unanswered_passed_us(0);
    held.set_reminder_passed_us(now.clock_us + settings.remind_acknowledged_after_s() * second_us);
    if (is_over) {
        all_.erase(found);
    }
    return {};
}

void HeldAlarms::rename_event(
    const std::string& from,
    const std::string& to,
    const Moment& now,
    Outputs& out
) {
    for (auto& [place, held] : all_) {
        auto& alarm = *held.mutable_alarm();
        const auto before = alarm;
        alarm.clear_causes();
        for (auto cause : before.causes()) {
            for (const auto mark : {std::string_view{}, prolonged_mark}) {
                if (cause.source() == from + std::string(mark)) {
                    cause.set_source(to + std::string(mark));
                }
            }
            if (!has(alarm, cause)) {
                *alarm.add_causes() = cause;
            }
        }
        const bool is_the_same = std::ranges::equal(alarm.causes(), before.causes(), is_same);
        if (!is_the_same) {
            tell(alarm, Alarm::CHANGED, now, out);
        }
    }
}

Priority HeldAlarms::highest() const {
    auto highest = Alarm::PRIORITY_UNSPECIFIED;
    for (const auto& [place, held] : all_) {
        highest = std::max(highest, held.alarm().priority());
    }
    return highest;
}

} // namespace vigil::alarm
