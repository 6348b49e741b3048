// Events of one stream and model from windows that come in any order: what late windows change
// becomes a revision. Used by the detector.
#pragma once

#include "detect/event_machine.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace vigil::detect {

/// A window of a continuous stream; onset.window and end.window are its number, and consecutive
/// windows have consecutive numbers.
using TimelineWindow = WindowScore;

/// What is known of an event after something changed.
struct EventRevision {
    enum class State : std::uint8_t {
        ongoing,
        ended,
        withdrawn, // with the late windows it is no event any more
        merged     // ... it is a part of `merged_into`
    };

    std::string id;             // the same in all revisions
    std::uint32_t revision = 1; // 1 raises it
    State state = State::ongoing;
    DetectedEvent event;
    std::string merged_into = {};

    bool operator==(const EventRevision&) const = default;
};

struct TimelineLimits {
    /// Stretches of windows with a gap between them: beyond it the oldest gap is given up, and
    /// windows that would fill it are passed over.
    std::size_t runs = 64;
    /// A stretch that does not come to rest for so many windows is gone through so far when a gap
    /// before it is filled: an event that lasts beyond keeps its end, as it was.
    std::size_t head_windows = 1'200;
};

/// What EventMachine would find if all windows came in order is what the newest revisions say,
/// whatever order they came in, within the limits.
///
/// Consecutive windows are a run. Of each run are kept the machine's state after its last window,
/// and its head: its windows up to where the machine no longer depends on what came before the run
/// (all means below the low threshold for end_after_us, or as long without a score). A late window
/// goes on from the state before it, through the heads of the runs after it, up to the first whose
/// end is known to be the same as before.
///
/// threads one      cost  of a window in order: one EventMachine::push
class EventTimeline {
public:
    using NewId = std::function<std::string()>;

    explicit EventTimeline(EventParameters parameters, TimelineLimits limits = {})
        : parameters_(parameters), limits_(limits) {}

    /// Takes a window in; one that is known already, or lies before the oldest gap that is
    /// remembered, changes nothing. `new_id` names each event that is raised.
    [[nodiscard]] std::vector<EventRevision>
    push(const TimelineWindow& window, const NewId& new_id);

    /// The stream ends before the sample `end_sample`: an event that reaches the end is over.
    [[nodiscard]] std::vector<EventRevision> finish(std::uint64_t end_sample);

    /// Nothing has come for so long that what goes on is told of as ended with the last window that
    /// is known. Unlike finish() it decides nothing: a later window takes it back where the event
    /// goes on. To be called again while the silence lasts, since late windows may raise another.
    [[nodiscard]] std::vector<EventRevision> fall_silent();

    /// Whether an event has been told of that goes on.
    [[nodiscard]] bool goes_on() const;

    /// Windows that came too late to be looked at.
    [[nodiscard]] std::uint64_t passed_over() const { return passed_over_; }

    struct Kept {              // a window that must perhaps be looked at again
        TimelineWindow window; // without its channels
        std::vector<std::uint32_t> channel_q16;
    };

    struct Run {
        std::uint64_t end = 0;        // one past its last window's number
        std::uint64_t end_sample = 0; // of that window
        bool is_closed = false;
        std::vector<Kept> head;    // all its windows until it is closed
        EventMachine::State after; // its last window, with everything before it
    };

    struct Memory {
        std::map<std::uint64_t, Run> runs;  // by the number of the first window
        std::vector<EventRevision> known;   // that late windows may change, by onset
        std::uint64_t forgotten_before = 0; // window number
        std::uint64_t finished_at = 0;      // sample; 0: not
    };

    [[nodiscard]] const Memory& memory() const { return memory_; }

    EventTimeline(EventParameters parameters, Memory memory, TimelineLimits limits = {})
        : parameters_(parameters), limits_(limits), memory_(std::move(memory)) {}

private:
    using Place = std::map<std::uint64_t, Run>::iterator;
    struct Replay;

    [[nodiscard]] bool is_known(std::uint64_t number) const;
    Place grow(const TimelineWindow& window, Replay& replay);
    void go_on(Place run, Replay& replay);
    void close_when_at_rest(Run& run) const;
    [[nodiscard]] std::vector<EventRevision> compare(const Replay& replay, const NewId& new_id);
    [[nodiscard]] bool is_over() const;
    [[nodiscard]] std::vector<EventRevision> end_what_goes_on();
    void forget();

    EventParameters parameters_;
    TimelineLimits limits_;
    Memory memory_;
    std::uint64_t passed_over_ = 0;
};

} // namespace vigil::detect
