#include "detect/event_machine.hpp"

#include <algorithm>
#include <numeric>

namespace vigil::detect {

namespace {

void take_peaks(DetectedEvent& event, const WindowScore& window, std::uint32_t mean_q16) {
    event.peak_q16 = std::max(event.peak_q16, mean_q16);
    add_peaks(event.channel_peak_q16, window.channel_q16);
}

} // namespace

void add_peaks(std::vector<std::uint32_t>& peaks_q16, std::span<const std::uint32_t> more_q16) {
    peaks_q16.resize(std::max(peaks_q16.size(), more_q16.size()), no_score_q16);
    for (std::size_t channel = 0; channel < more_q16.size(); ++channel) {
        const auto score = more_q16[channel];
        auto& peak = peaks_q16[channel];
        if (score != no_score_q16 && (peak == no_score_q16 || score > peak)) {
            peak = score;
        }
    }
}

Result<void> check(const EventParameters& parameters) {
    constexpr std::uint32_t one = 65'536;
    constexpr std::uint32_t most_windows = 3'600;
    const auto wrong = [](std::string detail, std::string field) {
        return fail(ErrorCode::invalid_argument, std::move(detail), std::move(field));
    };
    if (parameters.smoothed_windows < 1 || parameters.smoothed_windows > most_windows) {
        return wrong("1 to 3600 windows can be smoothed", "smooth");
    }
    if (parameters.high_q16 > one) {
        return wrong("a score is at most 1", "high");
    }
    if (parameters.low_q16 > parameters.high_q16) {
        return wrong("the low threshold is above the high one", "low");
    }
    if (parameters.minimum_us < 0) {
        return wrong("a time is at least 0", "minimum");
    }
    if (parameters.end_after_us < 0) {
        return wrong("a time is at least 0", "end-after");
    }
    if (parameters.prolonged_us < 0) {
        return wrong("a time is at least 0", "prolonged-after");
    }
    return {};
}

EventMachine::EventMachine(EventParameters parameters) : parameters_(parameters) {}

EventMachine::EventMachine(EventParameters parameters, State state)
    : parameters_(parameters), state_(std::move(state)) {}

std::uint32_t EventMachine::smoothed(std::uint32_t score_q16) {
    if (state_.recent_q16.size() == std::max(1U, parameters_.smoothed_windows)) {
        state_.recent_q16.erase(state_.recent_q16.begin());
    }
    state_.recent_q16.push_back(score_q16);
    return *mean_q16();
}

std::optional<std::uint32_t> EventMachine::mean_q16() const {
    const auto& recent = state_.recent_q16;
    if (recent.empty()) {
        return std::nullopt;
    }
    const auto sum = std::accumulate(recent.begin(), recent.end(), std::uint64_t{0});
    return static_cast<std::uint32_t>(sum / recent.size());
}

std::vector<EventChange> EventMachine::push(const WindowScore& window) {
    std::vector<EventChange> out;
    if (state_.now_us && window.end_us <= *state_.now_us) {
        return out;
    }
    state_.now_us = window.end_us;
    if (state_.scored_us && window.start_us - *state_.scored_us >= parameters_.end_after_us) {
        end(out);
        state_.rise.reset();
        state_.recent_q16.clear();
        state_.scored_us.reset();
    }
    if (window.score_q16) {
        state_.scored_us = window.end_us;
        const auto mean = smoothed(*window.score_q16);
        if (state_.event) {
            follow_event(*state_.event, window, mean, out);
        } else {
            follow_rise(window, mean, out);
        }
    }
    if (state_.event && *state_.now_us - state_.event->end_us >= parameters_.end_after_us) {
        end(out);
    }
    return out;
}

void EventMachine::follow_event(
    DetectedEvent& event,
    const WindowScore& window,
    std::uint32_t mean,
    std::vector<EventChange>& out
) const {
    take_peaks(event, window, mean);
    if (mean < parameters_.low_q16) {
        return;
    }
    event.end_us = window.end_us;
    event.end = window.end;
    if (!event.prolonged && event.end_us - event.start_us >= parameters_.prolonged_us) {
        event.prolonged = true;
        out.push_back({.kind = EventChange::Kind::prolonged, .event = event});
    }
}

void EventMachine::follow_rise(
    const WindowScore& window,
    std::uint32_t mean,
    std::vector<EventChange>& out
) {
    if (mean < parameters_.high_q16) {
        state_.rise.reset();
        return;
    }
    if (!state_.rise) {
        state_.rise = DetectedEvent{
            .start_us = window.start_us,
            .end_us = window.start_us,
            .onset = window.onset
        };
        state_.high_us = 0;
    }
    state_.high_us += window.end_us - std::max(window.start_us, state_.rise->end_us);
    state_.rise->end_us = window.end_us;
    state_.rise->end = window.end;
    take_peaks(*state_.rise, window, mean);
    if (state_.high_us >= parameters_.minimum_us) {
        state_.event = std::move(state_.rise);
        state_.rise.reset();
        state_.event->raised_us = window.end_us;
        out.push_back({.kind = EventChange::Kind::raised, .event = *state_.event});
    }
}

void EventMachine::end(std::vector<EventChange>& out) {
    if (state_.event) {
        out.push_back({.kind = EventChange::Kind::ended, .event = std::move(*state_.event)});
        state_.event.reset();
    }
}

std::vector<EventChange> EventMachine::finish() {
    std::vector<EventChange> out;
    end(out);
    state_.rise.reset();
    return out;
}

} // namespace vigil::detect
