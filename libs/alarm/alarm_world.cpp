#include "alarm/alarm_world.hpp"

#include <array>
#include <stdexcept>

namespace vigil::alarm {

namespace {

using v1::Alarm;
using v1::Event;

constexpr std::int64_t hour = 60 * minute;

} // namespace

AlarmWorld::AlarmWorld(std::uint32_t seed) : random_(seed), settings_(signed_off()) {
    for (const auto& row : times()) {
        if (chance(50)) {
            const auto seconds = row.least_s + pick(row.most_s - row.least_s + 1);
            (settings_.*row.write)(seconds);
        } else {
            (settings_.*row.write)(row.by_default_s);
        }
    }
    settings_.set_late_after_s(120);
    clock_us_ = wall_us_;
    give([&](AlarmMachine& one, const EntryStamp& stamp) { return one.clock(stamp); });
    if (chance(70)) {
        give([&](AlarmMachine& one, const EntryStamp& stamp) {
            return one.settings(stamp, settings_);
        });
    } else {
        settings_.set_switched_on(false);
        give([&](AlarmMachine& one, const EntryStamp& stamp) {
            return one.settings(stamp, settings_);
        });
    }
    for (int i = 0; i < 2; ++i) {
        streams_.push_back(
            {.name = "s" + std::to_string(++streams_made_),
             .start_us = 0,
             .clock_off_us = static_cast<std::int64_t>(pick(7200)) * second - hour,
             .block_us = (1 + pick(8)) * second,
             .heard = {}}
        );
    }
}

EntryStamp AlarmWorld::entry() {
    id_ = derived_id(std::to_string(++entries_), "world");
    return {id_, wall_us_};
}

std::int64_t AlarmWorld::unanswered_us(Priority priority) const {
    return (priority == Alarm::HIGH ? settings_.unanswered_high_after_s()
                                    : settings_.unanswered_medium_after_s()) *
           second;
}

bool AlarmWorld::is_silenced(Condition condition) const {
    return !settings_.switched_on() || monitoring_ != v1::Patient::ON || offs_.contains(condition);
}

void AlarmWorld::step() {
    for (const auto& output : outputs) {
        if (output.has_alarm()) {
            told_[output.alarm().id()] = output.alarm();
        }
    }
    outputs.clear();
    twin_outputs.clear();
    act.reset();
    if (quiet_ == 0 && pick(400) == 0) {
        quiet_ = 1 + pick(150);
    }
    let_pass(quiet_ > 0 ? second : pick(600'000));
    quiet_ -= quiet_ > 0 ? 1 : 0;
    if (wall_us_ - clock_us_ >= second) {
        const bool is_owner_away = chance(2);
        clock(is_owner_away ? static_cast<std::int64_t>(5 + pick(20)) * second : 0);
        return;
    }
    const std::array<void (AlarmWorld::*)(), 5> rare{
        &AlarmWorld::call,
        &AlarmWorld::end_stream,
        &AlarmWorld::change_settings,
        &AlarmWorld::change_monitoring,
        &AlarmWorld::change_technical
    };
    switch (pick(20)) {
        case 0:
        case 1:
            change_heart();
            break;
        case 2:
            change_technical();
            break;
        case 3:
        case 4:
        case 9:
            change_event();
            break;
        case 5:
        case 6:
        case 7:
            do_act();
            break;
        case 8:
            (this->*rare.at(pick(rare.size())))();
            break;
        default:
            send();
    }
    look_at_truths();
}

void AlarmWorld::let_pass(std::int64_t us) {
    wall_us_ += us;
    device_us_ += us;
}

void AlarmWorld::clock(std::int64_t by_us) {
    let_pass(by_us);
    if (chance(1)) {
        wall_us_ -= (1 + pick(3600)) * second; // somebody sets the wall clock back
    } else if (chance(1)) {
        let_pass((30 + pick(120)) * second); // nobody wrote anything for a while
    }
    const auto step_us = std::max<std::int64_t>(0, wall_us_ - clock_us_);
    longest_gap_us = std::max(longest_gap_us, step_us);
    now_us += step_us;
    clock_us_ = wall_us_;
    std::erase_if(offs_, [this](const auto& off) { return now_us >= off.second; });
    const auto reach = [this](Truth& truth) {
        truth.not_after_us = truth.not_after_us.value_or(now_us);
    };
    for (auto& [key, truth] : truths) {
        reach(truth);
    }
    for (auto& stream : streams_) {
        reach(stream.heard);
    }
    for (auto& [number, known] : events_) {
        reach(known.since);
    }
    look_at_truths();
    give([&](AlarmMachine& one, const EntryStamp& stamp) { return one.clock(stamp); });
}

/// What follows from streams and events; the rest is entered where it happens.
void AlarmWorld::look_at_truths() {
    std::erase_if(truths, [](const auto& one) {
        const auto condition = std::get<Condition>(one.first);
        return row_of(condition)->group == Group::seizure || condition == Alarm::DATA_MISSING;
    });
    for (const auto& stream : streams_) {
        if (stream.is_watched) {
            truths[{Alarm::DATA_MISSING, "d", stream.name}] = stream.heard;
        }
    }
    for (const auto& [number, known] : events_) {
        if (!known.raises || !known.is_ongoing) {
            continue;
        }
        const auto& event = known.newest.event;
        const bool is_good = known.newest.is_active &&
                             std::ranges::any_of(settings_.sign_offs(), [&](const auto& sign_off) {
                                 return sign_off.model_version() == event.model_version();
                             });
        truths[{is_good ? Alarm::SEIZURE : Alarm::SEIZURE_POSSIBLE, "", event.id()}] = known.since;
        if (known.is_prolonged) {
            const auto condition = is_good ? Alarm::PROLONGED_SEIZURE : Alarm::SEIZURE_POSSIBLE;
            truths[{condition, "", event.id() + "/prolonged"}] = known.since;
        }
    }
}

void AlarmWorld::send() {
    auto& stream = streams_[pick(static_cast<std::uint32_t>(streams_.size()))];
    if (chance(3)) {
        stream.is_sending = !stream.is_sending;
    }
    if (!stream.is_sending && !chance(2)) {
        return;
    }
    if (chance(1)) { // it begins anew under another name, in the place of the old one
        stream.name = "s" + std::to_string(++streams_made_);
        stream.start_us = device_us_ - second;
        stream.newest_us = 0;
    }
    const auto made_us = device_us_ - 200'000 - pick(300'000);
    const auto in_stream_us = made_us - stream.start_us;
    if (in_stream_us <= stream.newest_us) {
        return;
    }
    stream.newest_us = in_stream_us;
    stream.block_us = chance(10) ? (1 + pick(8)) * second : stream.block_us;
    give([&](AlarmMachine& one, const EntryStamp& stamp) {
        return one.data(
            stamp,
            {.name = {"d", stream.name},
             .layout = static_cast<std::uint64_t>(&stream - streams_.data()),
             .end_sample = static_cast<std::uint64_t>(in_stream_us),
             .end_in_stream_us = in_stream_us,
             .end_us = made_us + stream.clock_off_us,
             .block_us = stream.block_us}
        );
    });
    stream.is_watched = true;
    stream.heard = begun();
}

void AlarmWorld::end_stream() {
    auto& stream = streams_[pick(static_cast<std::uint32_t>(streams_.size()))];
    give([&](AlarmMachine& one, const EntryStamp& stamp) {
        return one.stream_end(stamp, {"d", stream.name});
    });
    if (!std::exchange(stream.is_watched, false)) {
        return;
    }
    if (std::ranges::none_of(streams_, &Stream::is_watched)) {
        std::erase_if(truths, [](const auto& one) {
            const auto group = row_of(std::get<Condition>(one.first))->group;
            return group == Group::link || group == Group::signal;
        });
    }
}

void AlarmWorld::change_heart() {
    const auto condition =
        std::array{Alarm::TACHYCARDIA, Alarm::BRADYCARDIA, Alarm::PAUSE}.at(pick(3));
    const std::string source = chance(70) ? "strap" : "watch";
    const auto change = static_cast<HeartInput::Change>(pick(3));
    const bool is_late = chance(20);
    const bool is_batched = chance(20);
    const auto at_us = wall_us_ - (is_late ? 121 + pick(4000) : pick(120)) * second;
    give([&](AlarmMachine& one, const EntryStamp& stamp) {
        return one.heart(
            stamp,
            {.condition = condition,
             .source = source,
             .change = change,
             .at_us = at_us,
             .newest_us = wall_us_,
             .batched = is_batched}
        );
    });
    const CauseKey key{condition, "", source};
    if (is_batched) {
        return;
    }
    if (change != HeartInput::Change::begins) {
        truths.erase(key);
    } else if (!is_late) {
        truths.try_emplace(key, begun());
    }
}

void AlarmWorld::change_technical() {
    const auto condition =
        std::array{
            Alarm::LINK_LOST,
            Alarm::ELECTRODE_OFF,
            Alarm::FLAT_OR_SATURATED,
            Alarm::FROZEN_VALUE,
            Alarm::CLOCK_SKEW,
            Alarm::DETECTOR_BEHIND,
            Alarm::STORAGE_FAILING
        }
            .at(pick(7));
    TechnicalInput input{.condition = condition, .device = "d", .sources = {}};
    for (const char* const source : {"a", "b", "c"}) {
        if (chance(40)) {
            input.sources.emplace_back(source);
        }
    }
    give([&](AlarmMachine& one, const EntryStamp& stamp) { return one.technical(stamp, input); });
    for (const char* const source : {"a", "b", "c"}) {
        const CauseKey key{condition, "d", source};
        if (std::ranges::contains(input.sources, source)) {
            truths.try_emplace(key, begun());
        } else {
            truths.erase(key);
        }
    }
}

/// It is over as soon as it is there: no truth that lasts. That it is raised is looked at here.
void AlarmWorld::call() {
    const auto condition = chance(50) ? Alarm::MANUAL_ALARM : Alarm::EVENT_BUTTON;
    const bool is_late = chance(20);
    give([&](AlarmMachine& one, const EntryStamp& stamp) {
        return one.call(
            stamp,
            {.condition = condition,
             .source = std::string(stamp.id),
             .at_us = wall_us_ - (is_late ? 121 : 0) * second}
        );
    });
    const auto raised = std::ranges::count_if(outputs, [&](const auto& output) {
        return output.alarm().condition() == condition && output.alarm().change() == Alarm::RAISED;
    });
    if (raised != (is_late || is_silenced(condition) ? 0 : 1)) {
        throw std::runtime_error("a call was raised, or was not, against the rules");
    }
}

void AlarmWorld::change_settings() {
    if (chance(settings_.switched_on() ? 20 : 80)) {
        settings_.set_switched_on(!settings_.switched_on());
    } else if (settings_.sign_offs_size() > 0) {
        settings_.clear_sign_offs();
    } else {
        *settings_.mutable_sign_offs() = signed_off().sign_offs();
    }
    give([&](AlarmMachine& one, const EntryStamp& stamp) { return one.settings(stamp, settings_); }
    );
}

void AlarmWorld::change_monitoring() {
    const auto before = monitoring_;
    monitoring_ =
        chance(80) ? v1::Patient::ON : (chance(50) ? v1::Patient::STANDBY : v1::Patient::OFF);
    give([&](AlarmMachine& one, const EntryStamp& stamp) {
        return one.monitoring(stamp, monitoring_);
    });
    if (before != v1::Patient::ON && monitoring_ == v1::Patient::ON) {
        for (auto& stream : streams_) {
            stream.heard = begun();
        }
    }
}

void AlarmWorld::do_act() {
    if (chance(70)) {
        acknowledge();
        return;
    }
    auto done = act_of(static_cast<v1::Act::Kind>(2 + pick(4)));
    const auto condition = conditions()[pick(static_cast<std::uint32_t>(conditions().size()))].id;
    done.add_conditions(condition);
    done.set_reason("because");
    const bool is_pause = done.kind() == v1::Act::AUDIO_PAUSE;
    done.set_until_us(wall_us_ + (1 + pick(is_pause ? 130 : 50'000)) * second);
    give([&](AlarmMachine& one, const EntryStamp& stamp) { return one.act(stamp, done); });
    act = done;
    const bool is_refused = std::ranges::any_of(outputs, [](const auto& output) {
        return output.notice().kind() == v1::AlarmNotice::ACT_REFUSED;
    });
    if (is_refused) {
        return;
    }
    if (done.kind() == v1::Act::ALARM_OFF) {
        offs_[condition] = now_us + done.until_us() - wall_us_;
    } else if (done.kind() == v1::Act::ALARM_BACK) {
        offs_.erase(condition);
    } else {
        audio_until_us =
            is_pause ? std::optional(now_us + done.until_us() - wall_us_) : std::nullopt;
    }
}

/// Of an alarm that is on or has ended, as somebody saw it a while ago or just now.
void AlarmWorld::acknowledge() {
    if (told_.empty()) {
        return;
    }
    auto place = told_.begin();
    std::advance(place, pick(static_cast<std::uint32_t>(told_.size())));
    for (auto at = told_.begin(); at != told_.end() && chance(80); ++at) {
        if (at->second.state() != Alarm::ENDED) {
            place = at;
        }
    }
    auto done = act_of(v1::Act::ACKNOWLEDGE);
    done.set_user(chance(50) ? "grace" : "ada");
    done.set_alarm(place->first);
    const auto& alarm = place->second;
    const std::array revisions{
        alarm.revision(),
        alarm.revision(),
        alarm.urgent_revision(),
        alarm.urgent_revision() - 1,
        alarm.revision() + 1
    };
    done.set_revision(revisions.at(pick(revisions.size())));
    give([&](AlarmMachine& one, const EntryStamp& stamp) { return one.act(stamp, done); });
    act = done;
}

} // namespace vigil::alarm
