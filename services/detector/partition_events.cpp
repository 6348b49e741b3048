#include "base/random.hpp"
#include "detector/partition.hpp"
#include "detector/step_entries.hpp"

#include <algorithm>
#include <limits>

namespace vigil::detector {

namespace {

StreamEvents& events_of(StreamState& stream, const detect::EventParameters& parameters) {
    if (!stream.events) {
        stream.events = std::make_unique<StreamEvents>(parameters);
    }
    return *stream.events;
}

void add(
    std::vector<v1::Event> events,
    const journal::Stored& entry,
    journal::Sequence covered,
    StepContent& content
) {
    if (entry.sequence <= covered) {
        return;
    }
    for (auto& event : events) {
        event.set_cause(entry.entry.id());
        content.add_event(std::move(event));
    }
}

void set_stream(
    std::vector<v1::Event>& events,
    const std::string& patient,
    const std::string& device,
    const std::string& stream
) {
    for (auto& event : events) {
        event.set_patient(patient);
        event.set_device(device);
        event.set_stream(stream);
    }
}

} // namespace

void Partition::take_detections(
    const journal::Stored& entry,
    const detect::EventParameters& parameters,
    StepContent& content
) {
    v1::Step step;
    if (!step.ParseFromString(entry.entry.payload())) {
        return;
    }
    put_out(entry, alarms.events(entry.entry, step), content);
    std::uint64_t named = 0;
    const auto new_id = [&] {
        return derived_id(entry.entry.id(), "event/" + std::to_string(named++));
    };
    for (const auto& detection : step.detections()) {
        if (detection.window() == 0) {
            continue;
        }
        const auto key = stream_key(detection.patient(), detection.device(), detection.stream());
        const auto stream = streams.find(key);
        if (stream == streams.end()) {
            continue; // there were too many streams: this one was forgotten
        }
        add(events_of(stream->second, parameters).push(detection, new_id), entry, covered, content);
    }
}

void Partition::take_stream_end(
    const journal::Stored& entry,
    const detect::EventParameters& parameters,
    StepContent& content
) {
    v1::StreamEnd end;
    if (!end.ParseFromString(entry.entry.payload())) {
        return;
    }
    const auto& patient = entry.entry.patient();
    const auto stream = streams.find(stream_key(patient, end.device(), end.stream()));
    if (stream == streams.end()) {
        return;
    }
    auto events = events_of(stream->second, parameters).finish(end.end_sample());
    set_stream(events, patient, end.device(), end.stream());
    add(std::move(events), entry, covered, content);
}

void Partition::end_events(
    const journal::Stored& entry,
    const std::string& device,
    const std::string& stream,
    StepContent& content
) {
    const auto& patient = entry.entry.patient();
    const auto found = streams.find(stream_key(patient, device, stream));
    if (found == streams.end() || !found->second.events) {
        return;
    }
    auto events = found->second.events->finish(std::numeric_limits<std::uint64_t>::max());
    set_stream(events, patient, device, stream);
    add(std::move(events), entry, covered, content);
}

void Partition::take_clock(
    const journal::Stored& entry,
    std::int64_t silent_since_us,
    StepContent& content
) {
    for (auto& [key, stream] : streams) {
        if (!stream.events || stream.touched_us > silent_since_us) {
            continue;
        }
        auto events = stream.events->fall_silent();
        const auto [patient, device, name] = stream_name(key);
        set_stream(events, patient, device, name);
        add(std::move(events), entry, covered, content);
    }
}

void Partition::put_out(const journal::Stored& entry, alarm::Outputs outputs, StepContent& content)
    const {
    if (entry.sequence > covered) {
        for (auto& output : outputs) {
            content.add_alarm(std::move(output));
        }
    }
}

void Partition::take_vital_signs(
    const journal::Stored& entry,
    std::int64_t now_us,
    StepContent& content
) {
    auto changes = hearts.take(entry.entry, now_us);
    put_out(entry, alarms.heart(entry.entry, changes), content);
    put_out(entry, alarms.take(entry.entry), content);
    if (entry.entry.type() == v1::ALARM_SETTINGS) {
        if (const auto* settings = alarms.settings(entry.entry.patient())) {
            hearts.set_limits(entry.entry.patient(), settings->limits());
        }
    }
    for (auto& change : changes) {
        if (entry.sequence > covered) {
            change.set_cause(entry.entry.id());
            content.add_heart(std::move(change));
        }
    }
}

void Partition::take_arrival(
    const journal::Stored& entry,
    const ReadBlock& read,
    std::uint64_t layout,
    StepContent& content
) {
    put_out(entry, alarms.data(entry.entry, read, layout), content);
}

void Partition::load_settings(const journal::Stored& entry) {
    const auto& patient = entry.entry.patient();
    static_cast<void>(alarms.take(entry.entry));
    if (const auto* settings = alarms.settings(patient)) {
        hearts.set_limits(patient, settings->limits());
    }
}

bool Partition::needs_clock() const {
    return hearts.need_clock() || alarms.need_clock() ||
           std::ranges::any_of(streams, [](const auto& one) {
               return one.second.events && one.second.events->goes_on();
           });
}

} // namespace vigil::detector
