// What staff do about alarms.
#include "alarm/alarm_machine.hpp"
#include "alarm/bounds.hpp"

#include <algorithm>
#include <utility>

namespace vigil::alarm {

namespace {

constexpr std::int64_t second_us = 1'000'000;

} // namespace

Outputs AlarmMachine::act(const EntryStamp& entry, const v1::Act& act) {
    Outputs out;
    if (!is_time(entry.time_us)) {
        return out;
    }
    const auto now = moment(entry);
    auto done = check(act, entry.time_us);
    if (done && act.patient() != patient_) {
        done = fail(ErrorCode::invalid_argument, "it is about another patient", "patient");
    }
    if (done) {
        done = carry_out(act, now, out);
    }
    if (!done) {
        auto& notice = add_notice(out, v1::AlarmNotice::ACT_REFUSED);
        notice.set_user(act.user().size() <= longest_name ? act.user() : "");
        notice.set_alarm(act.alarm().substr(0, longest_name));
        notice.set_reason(done.error().detail);
        notice.set_detail(done.error().field);
    }
    return conclude(now, std::move(out));
}

Result<void> AlarmMachine::carry_out(const v1::Act& act, const Moment& now, Outputs& out) {
    switch (act.kind()) {
        case v1::Act::ACKNOWLEDGE:
            return held_.acknowledge(act, now, settings_, out);
        case v1::Act::AUDIO_PAUSE: {
            audio_until_us_ = now.clock_us + (act.until_us() - now.time_us);
            audio_over_ = held_.highest();
            auto& notice = add_notice(out, v1::AlarmNotice::AUDIO_PAUSED);
            notice.set_until_us(act.until_us());
            notice.set_user(act.user());
            return {};
        }
        case v1::Act::AUDIO_RESUME:
            if (!audio_until_us_) {
                return fail(ErrorCode::conflict, "the sound is not paused");
            }
            end_audio_pause("asked for", out);
            return {};
        case v1::Act::ALARM_OFF:
            turn_off(act, now, out);
            return {};
        case v1::Act::ALARM_BACK:
            return turn_on(act, out);
        default:
            if (!streams_.end({act.device(), act.stream()})) {
                return fail(ErrorCode::not_found, "no data of this stream are waited for");
            }
            forget_device(act.device());
            return {};
    }
}

Outputs AlarmMachine::call(const EntryStamp& entry, const CallInput& call) {
    Outputs out;
    const bool is_call =
        call.condition == v1::Alarm::MANUAL_ALARM || call.condition == v1::Alarm::EVENT_BUTTON;
    if (!is_time(entry.time_us) || !is_time(call.at_us) || !is_call ||
        call.source.size() > longest_name) {
        return out;
    }
    if (std::ranges::contains(calls_, call.source)) {
        return out;
    }
    calls_.push_back(call.source);
    if (calls_.size() > most_calls) {
        calls_.pop_front();
    }
    const auto now = moment(entry);
    const bool is_late = entry.time_us - call.at_us >= settings_.late_after_s() * second_us;
    const auto reason = is_late ? "late" : why_silent(call.condition);
    if (!reason.empty()) {
        auto& notice = add_notice(out, v1::AlarmNotice::LISTED);
        notice.add_conditions(call.condition);
        notice.set_source(call.source);
        notice.set_onset_us(call.at_us);
        notice.set_reason(reason);
        return conclude(now, std::move(out));
    }
    Source source;
    source.set_condition(call.condition);
    source.set_source(call.source);
    source.set_onset_us(call.at_us);
    source.set_since_passed_us(now.passed_us);
    add_source(std::move(source), out);
    evaluate(now, out);
    sources_.erase({call.condition, {}, call.source});
    return conclude(now, std::move(out));
}

void AlarmMachine::turn_off(const v1::Act& act, const Moment& now, Outputs& out) {
    auto& notice = add_notice(out, v1::AlarmNotice::ALARM_OFF);
    notice.set_until_us(act.until_us());
    notice.set_user(act.user());
    notice.set_reason(act.reason());
    for (const int number : act.conditions()) {
        const auto condition = static_cast<Condition>(number);
        notice.add_conditions(condition);
        auto& off = offs_[condition];
        off.set_condition(condition);
        off.set_user(act.user());
        off.set_reason(act.reason());
        off.set_until_us(act.until_us());
        off.set_until_passed_us(now.clock_us + (act.until_us() - now.time_us));
        off.set_reminder_passed_us(now.clock_us + settings_.remind_off_after_s() * second_us);
    }
}

Result<void> AlarmMachine::turn_on(const v1::Act& act, Outputs& out) {
    v1::AlarmNotice back;
    for (const int number : act.conditions()) {
        const auto condition = static_cast<Condition>(number);
        if (offs_.erase(condition) > 0) {
            back.add_conditions(condition);
        }
    }
    if (back.conditions().empty()) {
        return fail(ErrorCode::conflict, "none of these is off");
    }
    auto& notice = add_notice(out, v1::AlarmNotice::ALARM_BACK);
    notice.MergeFrom(back);
    notice.set_user(act.user());
    notice.set_reason("asked for");
    return {};
}

void AlarmMachine::end_offs(const Moment& now, Outputs& out) {
    for (auto place = offs_.begin(); place != offs_.end();) {
        auto& [condition, off] = *place;
        const bool is_over = now.clock_us >= off.until_passed_us();
        if (!is_over && now.clock_us < off.reminder_passed_us()) {
            ++place;
            continue;
        }
        auto& notice = add_notice(
            out,
            is_over ? v1::AlarmNotice::ALARM_BACK : v1::AlarmNotice::ALARM_OFF_REMINDER
        );
        notice.add_conditions(condition);
        notice.set_until_us(off.until_us());
        notice.set_user(off.user());
        notice.set_reason(is_over ? "over" : off.reason());
        off.set_reminder_passed_us(now.clock_us + settings_.remind_off_after_s() * second_us);
        place = is_over ? offs_.erase(place) : std::next(place);
    }
}

void AlarmMachine::end_audio_pause(std::string reason, Outputs& out) {
    audio_until_us_.reset();
    audio_over_ = v1::Alarm::PRIORITY_UNSPECIFIED;
    add_notice(out, v1::AlarmNotice::AUDIO_RESUMED).set_reason(std::move(reason));
}

} // namespace vigil::alarm
