#include "detect/event_timeline.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace vigil::detect {

namespace {

using Kept = EventTimeline::Kept;
using State = EventRevision::State;

Kept kept(const TimelineWindow& window) {
    Kept copy{
        .window = window,
        .channel_q16 = {window.channel_q16.begin(), window.channel_q16.end()}
    };
    copy.window.channel_q16 = {};
    return copy;
}

bool overlap(const DetectedEvent& one, const DetectedEvent& other) {
    return one.onset.window <= other.end.window && other.onset.window <= one.end.window;
}

bool stands(const EventRevision& known) {
    return known.state == State::ongoing || known.state == State::ended;
}

/// Whether who was told of `before` must be told of `after`.
bool differs(const EventRevision& before, const EventRevision& after) {
    if (before.state != after.state || before.merged_into != after.merged_into) {
        return true;
    }
    return before.event.onset != after.event.onset ||
           before.event.prolonged != after.event.prolonged ||
           (after.state == State::ended && before.event != after.event);
}

/// Looks for the window after which nothing depends on what came before a run any more.
class Rest {
public:
    Rest(const EventParameters& parameters, std::int64_t run_begins_us)
        : parameters_(parameters), own_(parameters), scored_until_us_(run_begins_us) {}

    [[nodiscard]] bool reached_with(const TimelineWindow& window) {
        if (!window.score_q16) {
            // The next score begins anew, wherever the last one before the run was.
            const auto length_us = window.end_us - window.start_us;
            return window.end_us - scored_until_us_ >= parameters_.end_after_us + length_us;
        }
        static_cast<void>(own_.push(window));
        scored_until_us_ = window.end_us;
        // Before so many scores the mean holds some of before the run.
        if (++scored_ < parameters_.smoothed_windows) {
            return false;
        }
        if (*own_.mean_q16() >= parameters_.low_q16) {
            low_since_us_.reset();
            return false;
        }
        low_since_us_ = low_since_us_.value_or(window.end_us);
        return window.end_us - *low_since_us_ >= parameters_.end_after_us;
    }

private:
    const EventParameters& parameters_;
    EventMachine own_; // as if the run were all
    std::int64_t scored_until_us_;
    std::optional<std::int64_t> low_since_us_;
    std::size_t scored_ = 0;
};

} // namespace

/// The machine on its way from a late window to where nothing differs any more.
struct EventTimeline::Replay {
    EventMachine machine;
    std::uint64_t from = 0; // the first window that an event which may differ begins with ...
    std::uint64_t until = std::numeric_limits<std::uint64_t>::max(); // ... and one past the last
    bool reaches_the_end = true;
    std::vector<std::pair<DetectedEvent, State>> events = {};

    void push(const TimelineWindow& window) {
        for (auto& change : machine.push(window)) {
            if (change.kind == EventChange::Kind::ended) {
                events.emplace_back(std::move(change.event), State::ended);
            }
        }
    }

    void push(const std::vector<Kept>& head) {
        for (const auto& one : head) {
            auto window = one.window;
            window.channel_q16 = one.channel_q16;
            push(window);
        }
    }
};

bool EventTimeline::is_known(std::uint64_t number) const {
    const auto after = memory_.runs.upper_bound(number);
    return after != memory_.runs.begin() && number < std::prev(after)->second.end;
}

std::vector<EventRevision> EventTimeline::push(const TimelineWindow& window, const NewId& new_id) {
    const auto number = window.onset.window;
    if (number < memory_.forgotten_before) {
        ++passed_over_;
        return {};
    }
    if (is_known(number)) {
        return {};
    }
    const auto after = memory_.runs.upper_bound(number);
    Replay replay{.machine = EventMachine(parameters_), .from = number};
    if (after != memory_.runs.begin()) {
        const auto& before = std::prev(after)->second.after;
        replay.machine = EventMachine(parameters_, before);
        if (before.event) {
            replay.from = before.event->onset.window;
        } else if (before.rise) {
            replay.from = before.rise->onset.window;
        }
    }
    go_on(grow(window, replay), replay);
    auto revisions = compare(replay, new_id);
    forget();
    return revisions;
}

/// Adds the window to the run that it follows on, or begins one.
EventTimeline::Place EventTimeline::grow(const TimelineWindow& window, Replay& replay) {
    const auto number = window.onset.window;
    replay.push(window);
    const auto after = memory_.runs.upper_bound(number);
    auto place = after;
    if (after == memory_.runs.begin() || std::prev(after)->second.end != number) {
        place = memory_.runs.emplace_hint(after, number, Run{});
    } else {
        place = std::prev(after);
    }
    auto& run = place->second;
    run.end = number + 1;
    run.end_sample = window.end.sample;
    run.after = replay.machine.state();
    if (!run.is_closed) {
        run.head.push_back(kept(window));
        close_when_at_rest(run);
    }
    return place;
}

/// Takes the runs after `place` through what changed before them; those that it now touches become
/// one with it.
void EventTimeline::go_on(Place place, Replay& replay) {
    for (auto next = std::next(place); next != memory_.runs.end(); next = std::next(place)) {
        auto& later = next->second;
        replay.push(later.head);
        const bool is_as_before = later.is_closed;
        if (is_as_before) {
            replay.until = next->first + later.head.size();
            replay.reaches_the_end = false;
        } else {
            later.after = replay.machine.state();
        }
        if (auto& run = place->second; run.end == next->first) {
            if (!run.is_closed) {
                std::ranges::move(later.head, std::back_inserter(run.head));
                close_when_at_rest(run);
                run.is_closed = run.is_closed || is_as_before;
            }
            run.end = later.end;
            run.end_sample = later.end_sample;
            run.after = std::move(later.after);
            memory_.runs.erase(next);
        } else {
            place = next;
        }
        if (is_as_before) {
            return;
        }
    }
}

/// Closes the head at the first window after which the machine is in the same state whatever came
/// before the run.
void EventTimeline::close_when_at_rest(Run& run) const {
    Rest rest(parameters_, run.head.front().window.end_us);
    for (std::size_t i = 0; i < run.head.size(); ++i) {
        if (rest.reached_with(run.head[i].window) || i + 1 >= limits_.head_windows) {
            run.head.resize(i + 1);
            run.head.shrink_to_fit();
            run.is_closed = true;
            return;
        }
    }
}

namespace {

/// An event that went into a part of a run that is not looked at again: what is known of that part
/// stays.
std::pair<DetectedEvent, State>
gone_on(DetectedEvent event, std::uint64_t until, std::span<EventRevision* const> known_events) {
    const auto found = std::ranges::find_if(known_events, [&](const EventRevision* known) {
        return stands(*known) && overlap(known->event, event) &&
               (known->state == State::ongoing || known->event.end.window + 1 >= until);
    });
    if (found == known_events.end()) {
        return {std::move(event), State::ended};
    }
    const auto& known = (*found)->event;
    if (known.end.window > event.end.window) {
        event.end = known.end;
        event.end_us = known.end_us;
    }
    event.peak_q16 = std::max(event.peak_q16, known.peak_q16);
    event.prolonged = event.prolonged || known.prolonged;
    add_peaks(event.channel_peak_q16, known.channel_peak_q16);
    return {std::move(event), (*found)->state};
}

} // namespace

/// What became of the events that may differ, as revisions of those that were known.
std::vector<EventRevision> EventTimeline::compare(const Replay& replay, const NewId& new_id) {
    auto now = replay.events;
    std::vector<EventRevision*> before;
    for (auto& known : memory_.known) {
        if (known.event.onset.window >= replay.from && known.event.onset.window < replay.until) {
            before.push_back(&known);
        }
    }
    if (const auto& open = replay.machine.event(); open && replay.reaches_the_end) {
        now.emplace_back(*open, is_over() ? State::ended : State::ongoing);
    } else if (open) {
        now.push_back(gone_on(*open, replay.until, before));
    }
    if (now.empty() && before.empty()) {
        return {};
    }
    std::ranges::stable_partition(before, [](const auto* known) { return stands(*known); });

    std::vector<EventRevision> revisions;
    std::vector<EventRevision> raised;
    std::vector<std::string> ids;
    const auto revise = [&revisions](EventRevision& known, EventRevision after) {
        if (differs(known, after)) {
            ++after.revision;
            revisions.push_back(after);
        }
        known = std::move(after);
    };
    for (auto& [event, state] : now) {
        const auto same = std::ranges::find_if(before, [&](const auto* known) {
            return known != nullptr && overlap(known->event, event);
        });
        if (same != before.end()) {
            auto& known = **same;
            ids.push_back(known.id);
            revise(known, {known.id, known.revision, state, event});
            *same = nullptr;
        } else {
            raised.push_back({.id = new_id(), .revision = 1, .state = state, .event = event});
            ids.push_back(raised.back().id);
            revisions.push_back(raised.back());
        }
    }
    for (auto* known : before) {
        if (known == nullptr || !stands(*known)) {
            continue;
        }
        auto after = *known;
        const auto into = std::ranges::find_if(now, [&](const auto& one) {
            return overlap(known->event, one.first);
        });
        after.state = into == now.end() ? State::withdrawn : State::merged;
        if (into != now.end()) {
            after.merged_into = ids[static_cast<std::size_t>(into - now.begin())];
        }
        revise(*known, std::move(after));
    }
    std::ranges::move(raised, std::back_inserter(memory_.known));
    std::ranges::stable_sort(memory_.known, {}, [](const auto& known) {
        return known.event.onset.window;
    });
    return revisions;
}

bool EventTimeline::is_over() const {
    return !memory_.runs.empty() && memory_.finished_at != 0 &&
           memory_.runs.rbegin()->second.end_sample <= memory_.finished_at;
}

std::vector<EventRevision> EventTimeline::finish(std::uint64_t end_sample) {
    memory_.finished_at = std::max(memory_.finished_at, end_sample);
    return is_over() ? end_what_goes_on() : std::vector<EventRevision>{};
}

std::vector<EventRevision> EventTimeline::fall_silent() {
    return memory_.runs.empty() ? std::vector<EventRevision>{} : end_what_goes_on();
}

bool EventTimeline::goes_on() const {
    return std::ranges::any_of(memory_.known, [](const auto& known) {
        return known.state == State::ongoing;
    });
}

std::vector<EventRevision> EventTimeline::end_what_goes_on() {
    std::vector<EventRevision> revisions;
    const auto& open = memory_.runs.rbegin()->second.after.event;
    for (auto& known : memory_.known) {
        if (open && known.state == State::ongoing && known.event.onset == open->onset) {
            known.state = State::ended;
            known.event = *open;
            ++known.revision;
            revisions.push_back(known);
        }
    }
    return revisions;
}

/// Gives up the oldest gap where there are too many, and the events that no late window can change
/// any more.
void EventTimeline::forget() {
    if (memory_.runs.size() > limits_.runs) {
        memory_.runs.erase(memory_.runs.begin());
        memory_.forgotten_before = memory_.runs.begin()->first;
    }
    const auto may_change = [this](const EventRevision& known) {
        const auto onset = known.event.onset.window;
        return std::ranges::any_of(memory_.runs, [&](const auto& one) {
            const auto& [first, run] = one;
            const auto begins_with = [onset](const std::optional<DetectedEvent>& event) {
                return event && event->onset.window == onset;
            };
            return (onset >= first && onset < first + run.head.size()) ||
                   begins_with(run.after.event) || begins_with(run.after.rise);
        });
    };
    std::erase_if(memory_.known, [&](const auto& known) { return !may_change(known); });
}

} // namespace vigil::detect
