#include "alarm/alarm_machine.hpp"

#include "alarm/bounds.hpp"
#include "base/random.hpp"

#include <algorithm>
#include <format>
#include <ranges>
#include <utility>

namespace vigil::alarm {

namespace {

constexpr std::int64_t second_us = 1'000'000;

bool is_usable(const DataArrival& arrival) {
    return !arrival.name.device.empty() && arrival.name.device.size() <= longest_name &&
           !arrival.name.stream.empty() && arrival.name.stream.size() <= longest_name &&
           is_time(arrival.end_us) && is_time(arrival.end_in_stream_us) &&
           is_time(arrival.block_us) && arrival.block_us >= 0;
}

bool is_heart(Condition condition) {
    return condition == v1::Alarm::TACHYCARDIA || condition == v1::Alarm::BRADYCARDIA ||
           condition == v1::Alarm::PAUSE;
}

} // namespace

AlarmMachine::AlarmMachine(std::string patient)
    : patient_(std::move(patient)), settings_(default_settings()), held_(patient_, 0) {}

Moment AlarmMachine::moment(const EntryStamp& entry) const {
    return {
        .cause = entry.id,
        .time_us = entry.time_us,
        .passed_us = time_.at_us(entry.time_us),
        .clock_us = time_.now_us(),
    };
}

Outputs AlarmMachine::conclude(const Moment& now, Outputs out) {
    evaluate(now, out);
    name_notices(now, out);
    next_us_ = 0;
    is_ahead_ = true;
    return out;
}

void AlarmMachine::name_notices(const Moment& now, Outputs& out) {
    for (auto& output : out) {
        if (!output.has_notice() || !output.notice().id().empty()) {
            continue;
        }
        ++noticed_;
        auto& notice = *output.mutable_notice();
        notice.set_id(derived_id(now.cause, std::format("notice/{}/{}", patient_, noticed_)));
        notice.set_patient(patient_);
        notice.set_at_us(now.time_us);
        notice.set_cause(std::string(now.cause));
    }
}

Outputs AlarmMachine::clock(const EntryStamp& entry) {
    Outputs out;
    if (!is_time(entry.time_us)) {
        return out;
    }
    time_.clock(entry.time_us);
    clamp();
    const auto now = moment(entry);
    if (now.clock_us < next_us_) {
        return out;
    }
    events_.forget(now.clock_us);
    end_offs(now, out);
    streams_.mark(now.clock_us, out);
    evaluate(now, out);
    held_.remind(now, settings_, out);
    if (audio_until_us_ && now.clock_us >= *audio_until_us_) {
        end_audio_pause("over", out);
    }
    name_notices(now, out);
    plan(now);
    return out;
}

/// Whoever's clock is ahead does not take part in the future.
void AlarmMachine::clamp() {
    if (!std::exchange(is_ahead_, false)) {
        return;
    }
    const auto passed_us = time_.now_us();
    streams_.clamp(passed_us);
    events_.clamp(passed_us);
    for (auto& [key, source] : sources_) {
        if (source.since_passed_us() > passed_us) {
            source.set_since_passed_us(passed_us);
        }
    }
}

/// When time alone will change something.
void AlarmMachine::plan(const Moment& now) {
    next_us_ = latest_time_us;
    const auto not_after = [this](std::optional<std::int64_t> us) {
        next_us_ = std::min(next_us_, us.value_or(latest_time_us));
    };
    not_after(streams_.next_mark_us());
    not_after(held_.next_us());
    not_after(events_.next_forget_us());
    not_after(audio_until_us_);
    for (const auto& [condition, off] : offs_) {
        not_after(std::min(off.until_passed_us(), off.reminder_passed_us()));
    }
    const auto when_it_lasts = [&](Condition condition, std::int64_t since_us) {
        const auto& row = *row_of(condition);
        for (const auto delay_us : {row.delay_us, row.later_delay_us}) {
            if (since_us + delay_us > now.clock_us) {
                not_after(since_us + delay_us);
            }
        }
    };
    for (const auto& [key, source] : sources_) {
        when_it_lasts(source.condition(), source.since_passed_us());
    }
    for (const auto& [name, stream] : streams_.streams()) {
        if (stream.marked()) {
            when_it_lasts(v1::Alarm::DATA_MISSING, stream.arrived_passed_us());
        }
    }
}

Outputs AlarmMachine::data(const EntryStamp& entry, const DataArrival& arrival) {
    Outputs out;
    if (!is_time(entry.time_us) || !is_usable(arrival)) {
        return out;
    }
    const auto now = moment(entry);
    const auto late_after_us = settings_.late_after_s() * second_us;
    is_ahead_ = true;
    const bool is_usual =
        streams_.arrive(arrival, now, late_after_us, out) == StreamWatch::Arrival::usual;
    if (!raise_late(arrival.name, out) && is_usual) {
        return out;
    }
    return conclude(now, std::move(out));
}

/// What of a heart was late and has not ended, where the stream's newest are not late any more.
bool AlarmMachine::raise_late(const StreamName& name, Outputs& out) {
    if (late_.empty() || streams_.late_us(name) >= settings_.late_after_s() * second_us) {
        return false;
    }
    return std::erase_if(late_, [&](auto& one) {
               if (one.second.source() != name.device + '/' + name.stream) {
                   return false;
               }
               add_source(std::move(one.second), out);
               return true;
           }) > 0;
}

Outputs AlarmMachine::stream_end(const EntryStamp& entry, const StreamName& name) {
    Outputs out;
    if (!is_time(entry.time_us) || !streams_.end(name)) {
        return out;
    }
    forget_device(name.device);
    return conclude(moment(entry), std::move(out));
}

void AlarmMachine::forget_device(const std::string& device) {
    const auto is_watched = [&device](const auto& entry) {
        return entry.first.device == device && entry.second.watched();
    };
    if (std::ranges::any_of(streams_.streams(), is_watched)) {
        return;
    }
    std::erase_if(sources_, [&device](const auto& entry) {
        const auto& row = *row_of(std::get<Condition>(entry.first));
        return row.kind == Kind::technical && entry.second.device() == device &&
               (row.group == Group::link || row.group == Group::signal);
    });
}

Outputs AlarmMachine::events(const EntryStamp& entry, std::span<const EventInput> events) {
    Outputs out;
    if (!is_time(entry.time_us)) {
        return out;
    }
    const auto now = moment(entry);
    const EventWatch::Rules rules{
        .late_after_us = settings_.late_after_s() * second_us,
        .streams = &streams_,
        .why_silent =
            [this](const EventWatch::Known& event) {
                const bool is_prolonged = event.raises_prolonged();
                return why_silent(condition_of(event, is_prolonged, settings_));
            },
    };
    for (const auto& [part, whole] : events_.rise(events, now, rules, out)) {
        held_.rename_event(part, whole, now, out);
    }
    evaluate(now, out);
    events_.fall(events);
    return conclude(now, std::move(out));
}

Outputs AlarmMachine::heart(const EntryStamp& entry, const HeartInput& heart) {
    Outputs out;
    if (!is_time(entry.time_us) || !is_heart(heart.condition) || heart.batched ||
        !is_time(heart.at_us) || !is_time(heart.newest_us) ||
        heart.source.size() > 2 * longest_name) {
        return out;
    }
    const auto now = moment(entry);
    const SourceKey key{heart.condition, {}, heart.source};
    if (heart.change != HeartInput::Change::begins) {
        late_.erase(key);
        if (sources_.erase(key) == 0) {
            return out;
        }
        return conclude(now, std::move(out));
    }
    const auto age_us = heart.newest_us - heart.at_us + streams_.late_us(heart.stream);
    const bool is_late = age_us >= settings_.late_after_s() * second_us;
    const auto reason = is_late ? "late" : why_silent(heart.condition);
    if (!reason.empty()) {
        auto& notice = add_notice(out, v1::AlarmNotice::LISTED);
        notice.add_conditions(heart.condition);
        notice.set_source(heart.source);
        notice.set_onset_us(heart.at_us);
        notice.set_reason(reason);
    }
    Source source;
    source.set_condition(heart.condition);
    source.set_source(heart.source);
    source.set_value(heart.value);
    source.set_limit(heart.limit);
    source.set_onset_us(heart.at_us);
    source.set_since_passed_us(now.passed_us);
    if (!is_late) {
        add_source(std::move(source), out);
    } else if (late_.size() < most_late) {
        late_.insert_or_assign(key, std::move(source));
    }
    return conclude(now, std::move(out));
}

Outputs AlarmMachine::technical(const EntryStamp& entry, const TechnicalInput& state) {
    Outputs out;
    const auto* const row = row_of(state.condition);
    if (!is_time(entry.time_us) || row == nullptr || row->kind != Kind::technical ||
        state.condition == v1::Alarm::DATA_MISSING || state.device.size() > longest_name) {
        return out;
    }
    const auto now = moment(entry);
    const auto is_over = [&](const auto& known) {
        return known.second.condition() == state.condition &&
               known.second.device() == state.device &&
               !std::ranges::contains(state.sources, known.second.source());
    };
    bool has_changed = std::erase_if(sources_, is_over) > 0;
    for (const auto& name : state.sources) {
        if (name.size() > 2 * longest_name ||
            sources_.contains({state.condition, state.device, name})) {
            continue;
        }
        Source source;
        source.set_condition(state.condition);
        source.set_device(state.device);
        source.set_source(name);
        source.set_since_passed_us(now.passed_us);
        add_source(std::move(source), out);
        has_changed = true;
    }
    if (!has_changed) {
        return out;
    }
    return conclude(now, std::move(out));
}

void AlarmMachine::add_source(Source source, Outputs& out) {
    SourceKey key{source.condition(), source.device(), source.source()};
    if (sources_.contains(key)) {
        return;
    }
    if (sources_.size() >= most_sources) {
        auto& notice = add_notice(out, v1::AlarmNotice::FORGOTTEN);
        notice.set_device(source.device());
        notice.add_conditions(source.condition());
        notice.set_source(source.source());
        notice.set_reason("too many causes: this one is not followed");
        return;
    }
    sources_.emplace(std::move(key), std::move(source));
}

Outputs AlarmMachine::monitoring(const EntryStamp& entry, v1::Patient::Monitoring monitoring) {
    Outputs out;
    if (monitoring != v1::Patient::STANDBY && monitoring != v1::Patient::OFF) {
        monitoring = v1::Patient::ON;
    }
    if (!is_time(entry.time_us) || monitoring == monitoring_) {
        return out;
    }
    const auto now = moment(entry);
    monitoring_ = monitoring;
    if (monitoring == v1::Patient::ON) {
        streams_.hear_all(now);
    }
    auto& notice = add_notice(out, v1::AlarmNotice::MONITORING);
    notice.set_reason(v1::Patient::Monitoring_Name(monitoring));
    *notice.mutable_settings() = settings_;
    return conclude(now, std::move(out));
}

Outputs AlarmMachine::settings(const EntryStamp& entry, const v1::AlarmSettings& settings) {
    Outputs out;
    if (!is_time(entry.time_us)) {
        return out;
    }
    if (const auto may = may_set(settings); !may) {
        auto& notice = add_notice(out, v1::AlarmNotice::ACT_REFUSED);
        notice.set_user(settings.user().size() <= longest_name ? settings.user() : "");
        notice.set_reason(may.error().detail);
        notice.set_detail(may.error().field);
        return conclude(moment(entry), std::move(out));
    }
    auto next = merged(settings_, settings);
    const auto changed = difference(settings_, next);
    settings_ = std::move(next);
    if (!changed.empty()) {
        auto& notice = add_notice(out, v1::AlarmNotice::SETTINGS);
        notice.set_user(settings_.user());
        notice.set_reason(settings_.reason());
        notice.set_detail(changed);
        *notice.mutable_settings() = settings_;
    }
    return conclude(moment(entry), std::move(out));
}

Result<void> AlarmMachine::may_set(const v1::AlarmSettings& settings) const {
    if (settings.patient() != patient_) {
        return fail(ErrorCode::invalid_argument, "these are another patient's", "patient");
    }
    if (auto checked = check(settings); !checked) {
        return checked;
    }
    const auto is_more = std::ranges::any_of(settings.sign_offs(), [this](const auto& sign_off) {
        return !is_signed_off(settings_, sign_off.model(), sign_off.model_version());
    });
    if (is_more && settings.role() != v1::StaffUser::CLINICIAN) {
        return fail(ErrorCode::forbidden, "only a clinician signs a model off", "sign_offs");
    }
    return {};
}

bool AlarmMachine::is_silenced(Condition condition) const {
    return !settings_.switched_on() || monitoring_ != v1::Patient::ON || offs_.contains(condition);
}

std::string AlarmMachine::why_silent(Condition condition) const {
    if (!settings_.switched_on()) {
        return "not switched on";
    }
    if (monitoring_ != v1::Patient::ON) {
        return monitoring_ == v1::Patient::STANDBY ? "standby" : "not monitored";
    }
    return offs_.contains(condition) ? "alarm off" : "";
}

} // namespace vigil::alarm
