// AlarmMachine to a checkpoint and back.
#include "alarm/alarm_machine.hpp"
#include "alarm/bounds.hpp"

#include <algorithm>
#include <cmath>
#include <ranges>
#include <utility>

namespace vigil::alarm {

namespace {

constexpr std::size_t most_bytes = 1 << 20;
constexpr std::size_t id_bytes = 16;
constexpr std::size_t longest_source = 2 * longest_name;

std::unexpected<Error> no_checkpoint(std::string_view detail) {
    return fail(ErrorCode::invalid_argument, "an alarms' checkpoint " + std::string(detail));
}

bool are_times(std::initializer_list<std::int64_t> times_us) {
    return std::ranges::all_of(times_us, is_time);
}

bool is_priority(Priority priority) {
    return priority >= v1::Alarm::LOW && priority <= v1::Alarm::HIGH;
}

bool are_finite(double value, double limit) {
    return std::isfinite(value) && std::isfinite(limit);
}

bool is_good(const v1::AlarmMemory::Stream& stream) {
    constexpr auto least = StreamWatch::least_mark_us;
    return !stream.device().empty() && stream.device().size() <= longest_name &&
           !stream.stream().empty() && stream.stream().size() <= longest_name &&
           (stream.mark_after_us() == 0 || stream.mark_after_us() >= least) &&
           stream.mark_after_us() <= StreamWatch::longest_mark_us &&
           (stream.watched() || !stream.marked()) &&
           are_times(
               {stream.end_in_stream_us(),
                stream.arrived_passed_us(),
                stream.grown_passed_us(),
                stream.least_by_index_us(),
                stream.least_by_clock_us(),
                stream.late_us()}
           );
}

bool is_good(const v1::AlarmMemory::KnownEvent& event) {
    return event.id().size() == id_bytes && event.model().size() <= longest_name &&
           event.model_version().size() <= longest_name && event.device().size() <= longest_name &&
           event.stream().size() <= longest_name &&
           are_times({event.onset_us(), event.seen_passed_us()});
}

bool is_good(const v1::AlarmMemory::Source& source) {
    const auto* const row = row_of(source.condition());
    return row != nullptr && row->group != Group::seizure &&
           source.condition() != v1::Alarm::DATA_MISSING &&
           (row->kind == Kind::technical || source.device().empty()) &&
           source.device().size() <= longest_name && source.source().size() <= longest_source &&
           are_finite(source.value(), source.limit()) &&
           are_times({source.onset_us(), source.since_passed_us()});
}

bool is_good(const v1::Alarm& alarm) {
    const auto* const row = row_of(alarm.condition());
    const bool is_held = alarm.state() == v1::Alarm::ON ||
                         alarm.state() == v1::Alarm::ACKNOWLEDGED ||
                         (alarm.state() == v1::Alarm::LATCHED && row != nullptr && row->latching);
    return row != nullptr && is_held && alarm.id().size() == id_bytes &&
           is_priority(alarm.priority()) && alarm.revision() >= 1 && alarm.urgent_revision() >= 1 &&
           alarm.urgent_revision() <= alarm.revision() &&
           (row->kind == Kind::technical || alarm.device().empty()) &&
           alarm.device().size() <= longest_name && alarm.causes_size() > 0 &&
           alarm.acknowledged_by().size() <= longest_name &&
           are_times({alarm.at_us(), alarm.raised_us(), alarm.onset_us()}) &&
           std::ranges::all_of(alarm.causes(), [row](const auto& cause) {
               const auto* const its = row_of(cause.condition());
               return its != nullptr && its->group == row->group &&
                      cause.source().size() <= longest_source &&
                      are_finite(cause.value(), cause.limit());
           });
}

bool is_good(const v1::AlarmMemory::Held& held) {
    const bool is_acknowledged = held.alarm().state() == v1::Alarm::ACKNOWLEDGED;
    const bool is_called_for = held.unanswered_passed_us() != 0;
    return is_good(held.alarm()) &&
           is_called_for == (!is_acknowledged && held.alarm().priority() != v1::Alarm::LOW) &&
           (held.reminder_passed_us() != 0) == is_acknowledged &&
           are_times({held.unanswered_passed_us(), held.reminder_passed_us()});
}

bool is_good(const v1::AlarmMemory::Off& off) {
    return row_of(off.condition()) != nullptr && off.user().size() <= longest_name &&
           off.reason().size() <= longest_reason &&
           are_times({off.until_us(), off.until_passed_us(), off.reminder_passed_us()});
}

/// In force: everything is said.
bool are_good(const v1::AlarmSettings& settings) {
    auto said = settings;
    said.set_user("anybody"); // those of a machine that was never set have none
    said.set_role(v1::StaffUser::CLINICIAN);
    return settings.has_limits() && settings.user().size() <= longest_name && check(said) &&
           std::ranges::all_of(times(), [&](const auto& row) {
               return (settings.*row.read)() != 0;
           });
}

} // namespace

std::string AlarmMachine::serialize() const {
    v1::AlarmMemory memory;
    memory.set_patient(patient_);
    *memory.mutable_clock() = time_.memory();
    *memory.mutable_settings() = settings_;
    memory.set_monitoring(monitoring_);
    for (const auto& stream : streams_.streams() | std::views::values) {
        *memory.add_streams() = stream;
    }
    for (const auto& event : events_.events() | std::views::values) {
        *memory.add_events() = event;
    }
    for (const auto& source : sources_ | std::views::values) {
        *memory.add_sources() = source;
    }
    for (const auto& held : held_.all() | std::views::values) {
        *memory.add_alarms() = held;
    }
    for (const auto& off : offs_ | std::views::values) {
        *memory.add_offs() = off;
    }
    if (audio_until_us_) {
        memory.set_audio_until_passed_us(*audio_until_us_);
    }
    memory.set_audio_over(audio_over_);
    memory.set_raised(held_.raised());
    memory.set_noticed(noticed_);
    for (const auto& source : late_ | std::views::values) {
        *memory.add_late() = source;
    }
    for (const auto& source : calls_) {
        memory.add_calls(source);
    }
    return memory.SerializeAsString();
}

std::uint64_t AlarmMachine::digest() const {
    std::uint64_t hash = 14695981039346656037ULL; // FNV-1a's own, 64 bits
    for (const char byte : serialize()) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
    }
    return hash;
}

Result<AlarmMachine> AlarmMachine::restore(std::string_view bytes) {
    v1::AlarmMemory memory;
    if (bytes.size() > most_bytes ||
        !memory.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return no_checkpoint("cannot be read");
    }
    if (memory.patient().size() > longest_name) {
        return no_checkpoint("has no patient");
    }
    AlarmMachine machine(memory.patient());
    if (auto loaded = machine.load(std::move(memory)); !loaded) {
        return std::unexpected(loaded.error());
    }
    return machine;
}

Result<void> AlarmMachine::load(v1::AlarmMemory memory) {
    const auto& clock = memory.clock();
    if (!are_times({clock.newest_us(), clock.passed_us(), memory.audio_until_passed_us()}) ||
        clock.passed_us() < 0 || (memory.audio_over() != 0 && !is_priority(memory.audio_over())) ||
        memory.monitoring() < v1::Patient::ON || memory.monitoring() > v1::Patient::OFF) {
        return no_checkpoint("has a time or a state that is none");
    }
    if (!are_good(memory.settings())) {
        return no_checkpoint("has settings that are out of bounds");
    }
    const auto all_good = [](const auto& items) {
        return std::ranges::all_of(items, [](const auto& item) { return is_good(item); });
    };
    if (memory.streams_size() > static_cast<int>(StreamWatch::most_streams) ||
        memory.events_size() > static_cast<int>(EventWatch::most_events) ||
        memory.sources_size() > static_cast<int>(most_sources) ||
        memory.late_size() > static_cast<int>(most_late) || !all_good(memory.late()) ||
        !all_good(memory.streams()) || !all_good(memory.events()) || !all_good(memory.sources()) ||
        !all_good(memory.alarms()) || !all_good(memory.offs()) ||
        memory.calls_size() > static_cast<int>(most_calls) ||
        std::ranges::any_of(memory.calls(), [](const auto& source) {
            return source.size() > longest_name;
        })) {
        return no_checkpoint("has what no machine remembers");
    }
    time_.load(clock);
    settings_ = std::move(*memory.mutable_settings());
    monitoring_ = memory.monitoring();
    StreamWatch::Streams streams;
    for (auto& stream : *memory.mutable_streams()) {
        streams.emplace(StreamName{stream.device(), stream.stream()}, std::move(stream));
    }
    streams_.load(std::move(streams));
    EventWatch::Events events;
    for (auto& event : *memory.mutable_events()) {
        events.emplace(event.id(), std::move(event));
    }
    events_.load(std::move(events));
    for (auto& source : *memory.mutable_sources()) {
        sources_.emplace(
            SourceKey{source.condition(), source.device(), source.source()},
            std::move(source)
        );
    }
    for (auto& source : *memory.mutable_late()) {
        late_.emplace(SourceKey{source.condition(), {}, source.source()}, std::move(source));
    }
    HeldAlarms::All alarms;
    for (auto& held : *memory.mutable_alarms()) {
        const auto group = row_of(held.alarm().condition())->group;
        alarms.emplace(AlarmPlace{group, held.alarm().device()}, std::move(held));
    }
    held_ = HeldAlarms(patient_, memory.raised());
    held_.load(std::move(alarms));
    for (auto& off : *memory.mutable_offs()) {
        offs_.emplace(off.condition(), std::move(off));
    }
    if (memory.has_audio_until_passed_us()) {
        audio_until_us_ = memory.audio_until_passed_us();
    }
    audio_over_ = memory.audio_over();
    noticed_ = memory.noticed();
    calls_.assign(memory.calls().begin(), memory.calls().end());
    return {};
}

} // namespace vigil::alarm
