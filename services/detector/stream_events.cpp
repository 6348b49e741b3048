#include "detector/stream_events.hpp"

#include "detector/event_memory.hpp"

#include <algorithm>
#include <limits>

namespace vigil::detector {

namespace {

/// Its times are the stream's: window k ends k seconds (or another period) after index 0, whatever
/// the device's clock says.
detect::TimelineWindow window_of(const v1::Detection& detection) {
    constexpr std::int64_t second_us = 1'000'000;
    const auto end_us = static_cast<std::int64_t>(detection.window()) * second_us *
                        std::max<std::int64_t>(detection.period_s(), 1);
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

template <class Message>
v1::Event head_of(const Message& of) {
    v1::Event head;
    head.set_model(of.model());
    head.set_model_version(of.model_version());
    head.set_shadow(of.shadow());
    head.set_standing(of.standing());
    *head.mutable_doubts() = of.doubts();
    return head;
}

/// Of what was recorded before there were standings none is known: it may go on with any.
bool is_same(const v1::Event& head, const v1::Detection& detection) {
    const bool is_model =
        head.model() == detection.model() && head.model_version() == detection.model_version();
    return is_model && (head.standing() == v1::Detection::STANDING_UNSPECIFIED ||
                        (head.standing() == detection.standing() &&
                         std::ranges::equal(head.doubts(), detection.doubts())));
}

void add_revisions(
    const std::vector<detect::EventRevision>& revisions,
    const v1::Event& head,
    std::vector<v1::Event>& out
) {
    for (const auto& revision : revisions) {
        auto& event = out.emplace_back(to_message(revision));
        event.set_model(head.model());
        event.set_model_version(head.model_version());
        event.set_shadow(head.shadow());
        event.set_standing(head.standing());
        *event.mutable_doubts() = head.doubts();
    }
}

/// A shadow that is assigned no more falls silent while its stream goes on. As long as the detector
/// joins windows across a pause.
bool is_left_behind(const detect::EventTimeline& timeline, const detect::TimelineWindow& window) {
    constexpr std::int64_t silence_us = 30'000'000;
    const auto& runs = timeline.memory().runs;
    return !runs.empty() &&
           runs.rbegin()->second.after.now_us.value_or(0) + silence_us < window.end_us;
}

} // namespace

std::vector<v1::Event>
StreamEvents::push(const v1::Detection& detection, const detect::EventTimeline::NewId& new_id) {
    std::vector<v1::Event> events;
    if (detection.window() == 0) {
        return events;
    }
    const auto name = detection.shadow() ? detection.model() : std::string();
    auto place = models_.find(name);
    if (place != models_.end() && !is_same(place->second.head, detection)) {
        auto& [head, timeline] = place->second;
        add_revisions(timeline.finish(std::numeric_limits<std::uint64_t>::max()), head, events);
        models_.erase(place);
        place = models_.end();
    }
    if (place == models_.end()) {
        place =
            models_.emplace(name, OfModel{head_of(detection), detect::EventTimeline(parameters_)})
                .first;
    }
    auto& [head, timeline] = place->second;
    if (head.standing() != detection.standing()) {
        head = head_of(detection);
    }
    const auto window = window_of(detection);
    add_revisions(timeline.push(window, new_id), head, events);
    for (auto& [other, of_model] : models_) {
        if (of_model.timeline.goes_on() && is_left_behind(of_model.timeline, window)) {
            add_revisions(of_model.timeline.fall_silent(), of_model.head, events);
        }
    }
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
        add_revisions(of_model.timeline.finish(end_sample), of_model.head, events);
    }
    return events;
}

std::vector<v1::Event> StreamEvents::fall_silent() {
    std::vector<v1::Event> events;
    for (auto& [name, of_model] : models_) {
        add_revisions(of_model.timeline.fall_silent(), of_model.head, events);
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
        memory.set_model(of_model.head.model());
        memory.set_model_version(of_model.head.model_version());
        memory.set_shadow(of_model.head.shadow());
        memory.set_standing(of_model.head.standing());
        *memory.mutable_doubts() = of_model.head.doubts();
    }
    return all;
}

void StreamEvents::load(const v1::EventMemory& memory) {
    models_.insert_or_assign(
        memory.shadow() ? memory.model() : std::string(),
        OfModel{head_of(memory), detect::EventTimeline(parameters_, from_message(memory))}
    );
}

} // namespace vigil::detector
