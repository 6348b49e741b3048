#include "detector/stream_events.hpp"

#include "detector/event_memory.hpp"

#include <algorithm>
#include <limits>

namespace vigil::detector {

namespace {

/// Its times are the stream's: window k ends k seconds after index 0, whatever the device's clock
/// says.
detect::TimelineWindow window_of(const v1::Detection& detection) {
    constexpr std::int64_t second_us = 1'000'000;
    const auto end_us = static_cast<std::int64_t>(detection.window()) * second_us;
    detect::TimelineWindow window{
        .start_us = end_us - (detection.end_time_us() - detection.start_time_us()),
        .end_us = end_us,
        .channel_q16 =
            {detection.channel_q16().data(), static_cast<std::size_t>(detection.channel_q16_size())
            },
        .onset =
            {.window = detection.window(),
             .sample = detection.first_sample(),
             .time_us = detection.start_time_us()},
        .end =
            {.window = detection.window(),
             .sample = detection.end_sample(),
             .time_us = detection.end_time_us()},
    };
    if (!detection.not_evaluated()) {
        window.score_q16 = detection.score_q16();
    }
    return window;
}

void add_revisions(
    const std::vector<detect::EventRevision>& revisions,
    const std::string& model,
    const std::string& version,
    std::vector<v1::Event>& out
) {
    for (const auto& revision : revisions) {
        auto& event = out.emplace_back(to_message(revision));
        event.set_model(model);
        event.set_model_version(version);
    }
}

} // namespace

std::vector<v1::Event>
StreamEvents::push(const v1::Detection& detection, const detect::EventTimeline::NewId& new_id) {
    std::vector<v1::Event> events;
    if (detection.window() == 0) {
        return events;
    }
    const auto& version = detection.model_version();
    auto [place, is_new] = models_.try_emplace(
        detection.model(),
        OfModel{version, detect::EventTimeline(parameters_)}
    );
    auto& [name, of_model] = *place;
    if (!is_new && of_model.version != version) {
        const auto over = of_model.timeline.finish(std::numeric_limits<std::uint64_t>::max());
        add_revisions(over, name, of_model.version, events);
        of_model = OfModel{version, detect::EventTimeline(parameters_)};
    }
    add_revisions(of_model.timeline.push(window_of(detection), new_id), name, version, events);
    for (auto& event : events) {
        event.set_patient(detection.patient());
        event.set_device(detection.device());
        event.set_stream(detection.stream());
    }
    return events;
}

std::vector<v1::Event> StreamEvents::finish(std::uint64_t end_sample) {
    std::vector<v1::Event> events;
    for (auto& [name, of_model] : models_) {
        add_revisions(of_model.timeline.finish(end_sample), name, of_model.version, events);
    }
    return events;
}

std::vector<v1::Event> StreamEvents::fall_silent() {
    std::vector<v1::Event> events;
    for (auto& [name, of_model] : models_) {
        add_revisions(of_model.timeline.fall_silent(), name, of_model.version, events);
    }
    return events;
}

bool StreamEvents::goes_on() const {
    return std::ranges::any_of(models_, [](const auto& one) {
        return one.second.timeline.goes_on();
    });
}

std::vector<v1::EventMemory> StreamEvents::memory() const {
    std::vector<v1::EventMemory> all;
    for (const auto& [name, of_model] : models_) {
        auto& memory = all.emplace_back(to_message(of_model.timeline.memory()));
        memory.set_model(name);
        memory.set_model_version(of_model.version);
    }
    return all;
}

void StreamEvents::load(const v1::EventMemory& memory) {
    models_.insert_or_assign(
        memory.model(),
        OfModel{memory.model_version(), detect::EventTimeline(parameters_, from_message(memory))}
    );
}

} // namespace vigil::detector
