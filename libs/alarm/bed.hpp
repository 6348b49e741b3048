// A patient for tests: a machine, a wall clock, and entries with ids of their own.
#pragma once

#include "alarm/alarm_machine.hpp"
#include "alarm/bounds.hpp"
#include "base/random.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace vigil::alarm {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t minute = 60 * second;

inline std::string event_id(int number) {
    return derived_id(std::to_string(number), "event");
}

inline v1::AlarmSettings switched_on() {
    v1::AlarmSettings settings;
    settings.set_patient("p1");
    settings.set_switched_on(true);
    settings.set_user("ada");
    settings.set_role(v1::StaffUser::CLINICIAN);
    return settings;
}

inline v1::AlarmSettings signed_off() {
    auto settings = switched_on();
    auto& sign_off = *settings.add_sign_offs();
    sign_off.set_model("window-178");
    sign_off.set_model_version("2.0.0");
    sign_off.set_user("ada");
    return settings;
}

inline v1::Act act_of(v1::Act::Kind kind) {
    v1::Act act;
    act.set_kind(kind);
    act.set_patient("p1");
    act.set_user("grace");
    act.set_role(v1::StaffUser::CLINICIAN);
    return act;
}

class Bed {
public:
    AlarmMachine machine{"p1"};
    std::int64_t time_us = 1'795'900'000 * second;
    Outputs last; // of the newest input
    Outputs all;

    EntryStamp entry() {
        id_ = derived_id(std::to_string(++entries_), "entry");
        return {id_, time_us};
    }

    Bed& take(Outputs outputs) {
        last = std::move(outputs);
        all.insert(all.end(), last.begin(), last.end());
        return *this;
    }

    /// Clock entries, one each second; what they said is `last`.
    Bed& pass(std::int64_t seconds) {
        Outputs said;
        for (std::int64_t i = 0; i < seconds; ++i) {
            time_us += second;
            take(machine.clock(entry()));
            said.insert(said.end(), last.begin(), last.end());
        }
        last = std::move(said);
        return *this;
    }

    Bed& set(const v1::AlarmSettings& settings) {
        return take(machine.settings(entry(), settings));
    }

    Bed& begin() { return pass(1).set(signed_off()); }

    Bed& act(const v1::Act& act) { return take(machine.act(entry(), act)); }

    Bed& acknowledge(const v1::Alarm& alarm) {
        auto act = act_of(v1::Act::ACKNOWLEDGE);
        act.set_alarm(alarm.id());
        act.set_revision(alarm.revision());
        return this->act(act);
    }

    Bed& pause_audio(std::int64_t seconds) {
        auto act = act_of(v1::Act::AUDIO_PAUSE);
        act.set_until_us(time_us + seconds * second);
        return this->act(act);
    }

    Bed& turn_off(Condition condition, std::int64_t us) {
        auto act = act_of(v1::Act::ALARM_OFF);
        act.add_conditions(condition);
        act.set_reason("known");
        act.set_until_us(time_us + us);
        return this->act(act);
    }

    Bed& heart(
        Condition condition,
        HeartInput::Change change,
        std::int64_t age_us = 0,
        std::string source = "strap"
    ) {
        return take(machine.heart(
            entry(),
            {.condition = condition,
             .source = std::move(source),
             .change = change,
             .at_us = time_us - age_us,
             .newest_us = time_us,
             .value = 150,
             .limit = 120}
        ));
    }

    /// Of a device that began at the machine's first second; its clock is an hour behind.
    [[nodiscard]] DataArrival
    arrival(std::int64_t made_us, std::string stream = "s", std::int64_t block_us = second) const {
        const auto in_stream_us = made_us - start_us_;
        return {
            .name = {"d", std::move(stream)},
            .layout = 1,
            .end_sample =
                static_cast<std::uint64_t>(std::max<std::int64_t>(0, in_stream_us)) * 256 / second,
            .end_in_stream_us = in_stream_us,
            .end_us = made_us - 60 * minute,
            .block_us = block_us,
        };
    }

    Bed& data(std::string stream = "s", std::int64_t block_us = second) {
        return take(machine.data(entry(), arrival(time_us, std::move(stream), block_us)));
    }

    /// Samples and clock entries, one each second.
    Bed& stream_for(std::int64_t seconds) {
        Outputs said;
        for (std::int64_t i = 0; i < seconds; ++i) {
            pass(1);
            said.insert(said.end(), last.begin(), last.end());
            data();
            said.insert(said.end(), last.begin(), last.end());
        }
        last = std::move(said);
        return *this;
    }

    /// A revision of an event in the stream "s" whose onset was so long ago.
    [[nodiscard]] EventInput event(
        int number,
        std::uint32_t revision,
        v1::Event::State state,
        std::int64_t age_us = 10 * second
    ) const {
        EventInput input{.event = {}, .is_active = true};
        auto& event = input.event;
        event.set_id(event_id(number));
        event.set_revision(revision);
        event.set_state(state);
        event.set_patient("p1");
        event.set_device("d");
        event.set_stream("s");
        event.set_model("window-178");
        event.set_model_version("2.0.0");
        auto& span = *event.mutable_span();
        span.set_onset_us(time_us - age_us - 60 * minute);
        span.set_start_in_stream_us(time_us - age_us - start_us_);
        span.set_peak_q16(60'000);
        return input;
    }

    Bed& say(const std::vector<EventInput>& events) {
        return take(machine.events(entry(), events));
    }

    Bed& technical(Condition condition, std::vector<std::string> sources) {
        return take(machine.technical(
            entry(),
            {.condition = condition, .device = "d", .sources = std::move(sources)}
        ));
    }

    /// The newest revision that any alarm of this condition had; an empty one: there was none.
    [[nodiscard]] v1::Alarm newest(Condition condition) const {
        for (auto output = all.rbegin(); output != all.rend(); ++output) {
            if (output->has_alarm() && output->alarm().condition() == condition) {
                return output->alarm();
            }
        }
        return {};
    }

    [[nodiscard]] std::vector<v1::Alarm::Change> changes() const {
        std::vector<v1::Alarm::Change> found;
        for (const auto& output : last) {
            if (output.has_alarm()) {
                found.push_back(output.alarm().change());
            }
        }
        return found;
    }

    [[nodiscard]] std::vector<v1::AlarmNotice> notices(v1::AlarmNotice::Kind kind) const {
        std::vector<v1::AlarmNotice> found;
        for (const auto& output : last) {
            if (output.has_notice() && output.notice().kind() == kind) {
                found.push_back(output.notice());
            }
        }
        return found;
    }

private:
    std::string id_;
    std::uint64_t entries_ = 0;
    std::int64_t start_us_ = time_us;
};

using Changes = std::vector<v1::Alarm::Change>;

} // namespace vigil::alarm
