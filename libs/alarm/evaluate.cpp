// From what is known to what is on: the causes, and the alarms that follow.
#include "alarm/alarm_machine.hpp"
#include "alarm/bounds.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace vigil::alarm {

void AlarmMachine::evaluate(const Moment& now, Outputs& out) {
    const auto urgent = held_.update(active_causes(now), now, settings_, out);
    // source  Draeger's Infinity Acute Care System (instructions for use VG1, page 83): a new alarm
    //         of a higher priority sounds in spite of a pause, an equal one does not. Vigil's own:
    //         that a high one always does, as GE's CARESCAPE lets chosen ones break through a pause
    //         of 2 or 5 min (manual 2062971, page 139), since 2 min are too long for a second one.
    if (audio_until_us_ && urgent != v1::Alarm::PRIORITY_UNSPECIFIED &&
        (urgent == v1::Alarm::HIGH || urgent > audio_over_)) {
        end_audio_pause("new alarm", out);
    }
}

std::vector<ActiveCause> AlarmMachine::active_causes(const Moment& now) const {
    std::vector<ActiveCause> causes;
    add_event_causes(causes);
    add_source_causes(now, causes);
    std::ranges::sort(causes, {}, [](const ActiveCause& active) {
        return std::tuple<const AlarmPlace&, std::size_t, const std::string&>(
            active.place,
            rank_of(active.cause.condition()),
            active.cause.source()
        );
    });
    return causes;
}

void AlarmMachine::add_event_causes(std::vector<ActiveCause>& causes) const {
    constexpr double one_q16 = 65'536;
    const auto add = [&](const EventWatch::Known& event, bool is_prolonged) {
        Source source;
        source.set_condition(condition_of(event, is_prolonged, settings_));
        source.set_source(event.id() + std::string(is_prolonged ? prolonged_mark : ""));
        source.set_value(event.peak_q16() / one_q16);
        source.set_onset_us(event.onset_us());
        add_cause(causes, source, 0);
    };
    for (const auto& [id, event] : events_.events()) {
        if (event.raises() && event.ongoing()) {
            add(event, false);
            if (event.raises_prolonged()) {
                add(event, true);
            }
        }
    }
}

void AlarmMachine::add_source_causes(const Moment& now, std::vector<ActiveCause>& causes) const {
    for (const auto& [key, source] : sources_) {
        add_cause(causes, source, now.clock_us - source.since_passed_us());
    }
    for (const auto& [name, stream] : streams_.streams()) {
        if (stream.marked()) {
            Source source;
            source.set_condition(v1::Alarm::DATA_MISSING);
            source.set_device(name.device);
            source.set_source(name.stream);
            add_cause(causes, source, now.clock_us - stream.arrived_passed_us());
        }
    }
}

/// `us`: how long it has lasted.
void AlarmMachine::add_cause(
    std::vector<ActiveCause>& causes,
    const Source& source,
    std::int64_t us
) const {
    const auto& row = *row_of(source.condition());
    const auto priority = priority_after(row, std::max<std::int64_t>(us, 0));
    if (!priority || is_silenced(source.condition())) {
        return;
    }
    auto& active = causes.emplace_back();
    active.place = {
        .group = row.group,
        .device = row.kind == Kind::technical ? source.device() : std::string{}
    };
    active.priority = *priority;
    active.onset_us = source.onset_us();
    active.cause.set_condition(source.condition());
    active.cause.set_source(source.source());
    active.cause.set_value(source.value());
    active.cause.set_limit(source.limit());
}

} // namespace vigil::alarm
