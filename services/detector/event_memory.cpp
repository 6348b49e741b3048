#include "detector/event_memory.hpp"

namespace vigil::detector {

namespace {

using detect::DetectedEvent;
using detect::EventMachine;
using detect::EventRevision;
using detect::EventTimeline;

v1::EventSpan to_message(const DetectedEvent& event) {
    v1::EventSpan span;
    span.set_first_window(event.onset.window);
    span.set_end_window(event.end.window);
    span.set_first_sample(event.onset.sample);
    span.set_end_sample(event.end.sample);
    span.set_onset_us(event.onset.time_us);
    span.set_end_us(event.end.time_us);
    span.set_start_in_stream_us(event.start_us);
    span.set_end_in_stream_us(event.end_us);
    span.set_raised_in_stream_us(event.raised_us);
    span.set_peak_q16(event.peak_q16);
    span.mutable_channel_peak_q16()->Assign(
        event.channel_peak_q16.begin(),
        event.channel_peak_q16.end()
    );
    span.set_prolonged(event.prolonged);
    return span;
}

DetectedEvent from_message(const v1::EventSpan& span) {
    return {
        .start_us = span.start_in_stream_us(),
        .end_us = span.end_in_stream_us(),
        .raised_us = span.raised_in_stream_us(),
        .peak_q16 = span.peak_q16(),
        .channel_peak_q16 = {span.channel_peak_q16().begin(), span.channel_peak_q16().end()},
        .prolonged = span.prolonged(),
        .onset =
            {.window = span.first_window(),
             .sample = span.first_sample(),
             .time_us = span.onset_us()},
        .end = {.window = span.end_window(), .sample = span.end_sample(), .time_us = span.end_us()},
    };
}

v1::EventMemory::Machine to_message(const EventMachine::State& state) {
    v1::EventMemory::Machine machine;
    machine.mutable_recent_q16()->Assign(state.recent_q16.begin(), state.recent_q16.end());
    if (state.now_us) {
        machine.set_now_us(*state.now_us);
    }
    if (state.scored_us) {
        machine.set_scored_us(*state.scored_us);
    }
    if (state.rise) {
        *machine.mutable_rise() = to_message(*state.rise);
    }
    machine.set_high_us(state.high_us);
    if (state.event) {
        *machine.mutable_event() = to_message(*state.event);
    }
    return machine;
}

EventMachine::State from_message(const v1::EventMemory::Machine& machine) {
    EventMachine::State state;
    state.recent_q16 = {machine.recent_q16().begin(), machine.recent_q16().end()};
    if (machine.has_now_us()) {
        state.now_us = machine.now_us();
    }
    if (machine.has_scored_us()) {
        state.scored_us = machine.scored_us();
    }
    if (machine.has_rise()) {
        state.rise = from_message(machine.rise());
    }
    state.high_us = machine.high_us();
    if (machine.has_event()) {
        state.event = from_message(machine.event());
    }
    return state;
}

v1::EventMemory::Window to_message(const EventTimeline::Kept& kept) {
    const auto& window = kept.window;
    v1::EventMemory::Window message;
    message.set_start_in_stream_us(window.start_us);
    message.set_end_in_stream_us(window.end_us);
    message.set_score_q16(window.score_q16.value_or(detect::no_score_q16));
    message.mutable_channel_q16()->Assign(kept.channel_q16.begin(), kept.channel_q16.end());
    message.set_first_sample(window.onset.sample);
    message.set_end_sample(window.end.sample);
    message.set_start_time_us(window.onset.time_us);
    message.set_end_time_us(window.end.time_us);
    return message;
}

EventTimeline::Kept from_message(const v1::EventMemory::Window& message, std::uint64_t number) {
    EventTimeline::Kept kept;
    auto& window = kept.window;
    window.start_us = message.start_in_stream_us();
    window.end_us = message.end_in_stream_us();
    if (message.score_q16() != detect::no_score_q16) {
        window.score_q16 = message.score_q16();
    }
    kept.channel_q16 = {message.channel_q16().begin(), message.channel_q16().end()};
    window.onset = {
        .window = number,
        .sample = message.first_sample(),
        .time_us = message.start_time_us()
    };
    window
        .end = {.window = number, .sample = message.end_sample(), .time_us = message.end_time_us()};
    return kept;
}

v1::Event::State to_message(EventRevision::State state) {
    switch (state) {
        case EventRevision::State::ongoing:
            return v1::Event::ONGOING;
        case EventRevision::State::ended:
            return v1::Event::ENDED;
        case EventRevision::State::withdrawn:
            return v1::Event::WITHDRAWN;
        case EventRevision::State::merged:
            return v1::Event::MERGED;
    }
    return v1::Event::STATE_UNSPECIFIED;
}

EventRevision::State from_message(v1::Event::State state) {
    switch (state) {
        case v1::Event::ENDED:
            return EventRevision::State::ended;
        case v1::Event::WITHDRAWN:
            return EventRevision::State::withdrawn;
        case v1::Event::MERGED:
            return EventRevision::State::merged;
        default:
            return EventRevision::State::ongoing;
    }
}

} // namespace

v1::Event to_message(const EventRevision& revision) {
    v1::Event event;
    event.set_id(revision.id);
    event.set_revision(revision.revision);
    event.set_state(to_message(revision.state));
    *event.mutable_span() = to_message(revision.event);
    event.set_merged_into(revision.merged_into);
    return event;
}

v1::EventMemory to_message(const EventTimeline::Memory& memory) {
    v1::EventMemory message;
    for (const auto& [first, run] : memory.runs) {
        auto& made = *message.add_runs();
        made.set_first_window(first);
        made.set_end_window(run.end);
        made.set_end_sample(run.end_sample);
        made.set_closed(run.is_closed);
        for (const auto& kept : run.head) {
            *made.add_head() = to_message(kept);
        }
        *made.mutable_after() = to_message(run.after);
    }
    for (const auto& known : memory.known) {
        *message.add_known() = to_message(known);
    }
    message.set_forgotten_before_window(memory.forgotten_before);
    message.set_finished_at_sample(memory.finished_at);
    return message;
}

EventTimeline::Memory from_message(const v1::EventMemory& message) {
    EventTimeline::Memory memory;
    for (const auto& made : message.runs()) {
        auto& run = memory.runs[made.first_window()];
        run.end = made.end_window();
        run.end_sample = made.end_sample();
        run.is_closed = made.closed();
        auto number = made.first_window();
        for (const auto& window : made.head()) {
            run.head.push_back(from_message(window, number++));
        }
        run.after = from_message(made.after());
    }
    for (const auto& known : message.known()) {
        memory.known.push_back({
            .id = known.id(),
            .revision = known.revision(),
            .state = from_message(known.state()),
            .event = from_message(known.span()),
            .merged_into = known.merged_into(),
        });
    }
    memory.forgotten_before = message.forgotten_before_window();
    memory.finished_at = message.finished_at_sample();
    return memory;
}

} // namespace vigil::detector
