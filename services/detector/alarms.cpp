#include "detector/alarms.hpp"

#include "vigil/v1/mark.pb.h"
#include "vigil/v1/vitals.pb.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>
#include <vector>

namespace vigil::detector {

namespace {

using alarm::Outputs;

alarm::EntryStamp stamp_of(const v1::Entry& entry) {
    return {.id = entry.id(), .time_us = entry.receipt_time_us()};
}

void append(Outputs& out, Outputs more) {
    std::ranges::move(more, std::back_inserter(out));
}

/// Nothing: the payload cannot be read.
template <class Message>
std::optional<Message> payload_of(const v1::Entry& entry) {
    Message message;
    return message.ParseFromString(entry.payload()) ? std::optional(std::move(message))
                                                    : std::nullopt;
}

/// Beats have no rate: where the first ones are in their stream their time says.
alarm::DataArrival arrival_of(const v1::Beats& beats) {
    const auto length_us =
        std::accumulate(beats.rr_us().begin(), beats.rr_us().end(), std::int64_t{0});
    const auto end_us = beats.start_time_us() + length_us;
    return {
        .name = {.device = beats.device(), .stream = beats.stream()},
        .end_sample = beats.first_beat() + static_cast<std::uint64_t>(beats.rr_us_size()),
        .end_in_stream_us = end_us,
        .end_us = end_us,
        .block_us = length_us,
        .beats = static_cast<std::uint64_t>(beats.rr_us_size()),
    };
}

std::optional<alarm::Condition> condition_of(v1::HeartChange::State state) {
    switch (state) {
        case v1::HeartChange::TACHYCARDIA:
            return v1::Alarm::TACHYCARDIA;
        case v1::HeartChange::BRADYCARDIA:
            return v1::Alarm::BRADYCARDIA;
        case v1::HeartChange::PAUSE:
            return v1::Alarm::PAUSE;
        default:
            return std::nullopt;
    }
}

alarm::HeartInput::Change change_of(v1::HeartChange::Kind kind) {
    using Change = alarm::HeartInput::Change;
    return kind == v1::HeartChange::BEGINS ? Change::begins
           : kind == v1::HeartChange::ENDS ? Change::ends
                                           : Change::lost;
}

/// Of another kind of mark one that calls nobody.
alarm::CallInput call_of(const v1::Entry& entry, const v1::Mark& mark) {
    return {
        .condition = mark.kind() == v1::Mark::MANUAL_ALARM ? v1::Alarm::MANUAL_ALARM
                     : mark.kind() == v1::Mark::BUTTON     ? v1::Alarm::EVENT_BUTTON
                                                           : v1::Alarm::CONDITION_UNSPECIFIED,
        .source = entry.id(),
        .at_us = mark.time_us(),
    };
}

/// By the data's own clock: the end of the newest value of the entry.
std::optional<std::int64_t> newest_us(const v1::Entry& entry) {
    if (entry.type() == v1::BEATS) {
        const auto beats = payload_of<v1::Beats>(entry);
        return beats ? std::optional(arrival_of(*beats).end_us) : std::nullopt;
    }
    if (entry.type() == v1::VITAL) {
        const auto vital = payload_of<v1::Vital>(entry);
        return vital ? std::optional(vital->start_time_us()) : std::nullopt;
    }
    return std::nullopt;
}

} // namespace

alarm::AlarmMachine& Alarms::machine_of(const std::string& patient) {
    return machines_.try_emplace(patient, patient).first->second;
}

Outputs Alarms::take(const v1::Entry& entry) {
    auto out = take_own(entry);
    append(out, technical(entry, technical_.take(entry)));
    return out;
}

Outputs Alarms::technical(const v1::Entry& entry, const TechnicalWatch::Changes& changes) {
    Outputs out;
    for (const auto& [patient, state] : changes) {
        append(out, machine_of(patient).technical(stamp_of(entry), state));
    }
    return out;
}

Outputs Alarms::take_own(const v1::Entry& entry) {
    const auto stamp = stamp_of(entry);
    const auto& patient = entry.patient();
    switch (entry.type()) {
        case v1::CLOCK: {
            Outputs out;
            for (auto& [name, machine] : machines_) {
                append(out, machine.clock(stamp));
            }
            return out;
        }
        case v1::PATIENT:
            if (const auto message = payload_of<v1::Patient>(entry)) {
                return machine_of(patient).monitoring(stamp, message->monitoring());
            }
            return {};
        case v1::ALARM_SETTINGS:
            if (const auto message = payload_of<v1::AlarmSettings>(entry)) {
                return machine_of(patient).settings(stamp, *message);
            }
            return {};
        case v1::ACT:
            if (const auto message = payload_of<v1::Act>(entry)) {
                return machine_of(patient).act(stamp, *message);
            }
            return {};
        case v1::MARK:
            if (const auto message = payload_of<v1::Mark>(entry)) {
                return machine_of(patient).call(stamp, call_of(entry, *message));
            }
            return {};
        case v1::STREAM_END:
            if (const auto message = payload_of<v1::StreamEnd>(entry)) {
                return machine_of(patient).stream_end(
                    stamp,
                    {.device = message->device(), .stream = message->stream()}
                );
            }
            return {};
        default:
            return {};
    }
}

Outputs Alarms::data(const v1::Entry& entry, const ReadBlock& read, std::uint64_t layout) {
    const auto& block = read.block;
    const auto end_sample = block.first_sample() + block.samples();
    const auto in_stream_us = [&block](std::uint64_t samples) {
        return static_cast<std::int64_t>(
            static_cast<__int128>(samples) * 1'000'000 * block.rate_denominator() /
            std::max(1U, block.rate_numerator())
        );
    };
    const auto block_us = in_stream_us(block.samples());
    auto out = machine_of(entry.patient())
                   .data(
                       stamp_of(entry),
                       {.name = {.device = block.device(), .stream = block.stream()},
                        .layout = layout,
                        .end_sample = end_sample,
                        .end_in_stream_us = in_stream_us(end_sample),
                        .end_us = block.start_time_us() + block_us,
                        .block_us = block_us}
                   );
    append(out, technical(entry, technical_.block(entry, read, layout)));
    return out;
}

Outputs Alarms::events(const v1::Entry& entry, const v1::Step& step) {
    technical_.detections(step);
    std::map<std::string, std::vector<alarm::EventInput>> by_patient;
    for (const auto& event : step.events()) {
        if (event.shadow()) {
            continue;
        }
        const bool is_active = event.standing() == v1::Detection::ACTIVE;
        by_patient[event.patient()].push_back({.event = event, .is_active = is_active});
    }
    Outputs out;
    for (const auto& [patient, inputs] : by_patient) {
        append(out, machine_of(patient).events(stamp_of(entry), inputs));
    }
    return out;
}

Outputs Alarms::heart(const v1::Entry& entry, std::span<const v1::HeartChange> changes) {
    Outputs out;
    // Before what follows from them: how late that is, they say.
    if (const auto beats =
            entry.type() == v1::BEATS ? payload_of<v1::Beats>(entry) : std::nullopt) {
        out = machine_of(entry.patient()).data(stamp_of(entry), arrival_of(*beats));
    }
    for (const auto& change : changes) {
        const auto condition = condition_of(change.state());
        if (change.settled() || !condition) {
            continue;
        }
        append(
            out,
            machine_of(change.patient())
                .heart(
                    stamp_of(entry),
                    {.condition = *condition,
                     .source =
                         change.device() + (change.stream().empty() ? "" : "/" + change.stream()),
                     .stream = {.device = change.device(), .stream = change.stream()},
                     .change = change_of(change.kind()),
                     .at_us = change.at_us(),
                     .newest_us = newest_us(entry).value_or(change.at_us()),
                     .value = change.value(),
                     .limit = change.limit()}
                )
        );
    }
    return out;
}

const v1::AlarmSettings* Alarms::settings(std::string_view patient) const {
    const auto found = machines_.find(patient);
    return found == machines_.end() ? nullptr : &found->second.settings();
}

bool Alarms::need_clock() const {
    return std::ranges::any_of(machines_, [](const auto& one) {
        return one.second.settings().switched_on();
    });
}

void Alarms::remember(v1::Step& checkpoint) const {
    technical_.remember(checkpoint);
    std::size_t bytes = 0;
    for (const bool is_on : {true, false}) {
        for (const auto& [patient, machine] : machines_) {
            if (machine.settings().switched_on() != is_on) {
                continue;
            }
            auto memory = machine.serialize();
            bytes += memory.size();
            if (bytes > most_memory_bytes - TechnicalWatch::most_memory_bytes) {
                return;
            }
            checkpoint.add_alarm_memories(std::move(memory));
        }
    }
}

void Alarms::load(const v1::Step& checkpoint) {
    technical_.load(checkpoint);
    for (const auto& memory : checkpoint.alarm_memories()) {
        if (auto machine = alarm::AlarmMachine::restore(memory)) {
            machines_.insert_or_assign(machine->patient(), *std::move(machine));
        }
    }
}

} // namespace vigil::detector
