// Scores to events: a pure state machine that takes time only from what it is given. Used by
// `vigil evaluate` and, for windows that come in any order, by EventTimeline.
#pragma once

#include "base/error.hpp"
#include "detect/patient_score.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace vigil::detect {

/// Scores are in 1/65536, times in microseconds.
struct EventParameters {
    /// The score that decides is the mean of the last so many scores; at least 1.
    std::uint32_t smoothed_windows = 5;
    /// An event begins when that mean stays at or above this ...
    std::uint32_t high_q16 = 32'768;
    /// ... for at least so long, counted over the windows that were scored.
    std::int64_t minimum_us = 5'000'000;
    /// It ends when the mean has been below this, or absent, ...
    std::uint32_t low_q16 = 16'384;
    /// ... for so long.
    std::int64_t end_after_us = 10'000'000;
    /// An event that lasts so long is prolonged: raised anew, neither ended nor split.
    std::int64_t prolonged_us = 300'000'000;
};

/// errors  invalid_argument with the field: no smoothing or over an hour of it, low above high or
/// high above 1, a time below 0
[[nodiscard]] Result<void> check(const EventParameters& parameters);

/// Where an event begins or ends, as its window knows it; copied, never computed with.
struct WindowEdge {
    std::uint64_t window = 0; // the window's number in its stream
    std::uint64_t sample = 0; // index in the stream
    std::int64_t time_us = 0; // UTC microseconds

    bool operator==(const WindowEdge&) const = default;
};

/// What a model said of one window. Times are of the stream: by its sample indices, not by a clock.
struct WindowScore {
    std::int64_t start_us = 0;
    std::int64_t end_us = 0;
    /// Nothing: no channel could be evaluated.
    std::optional<std::uint32_t> score_q16 = {};
    /// Each channel's, or no_score_q16; as many in every window. May be empty.
    std::span<const std::uint32_t> channel_q16 = {};
    WindowEdge onset = {}; // its first sample
    WindowEdge end = {};   // one past its last
};

struct DetectedEvent {
    /// The first window whose mean was high begins here ...
    std::int64_t start_us = 0;
    /// ... and the last whose mean was not low ends here: so far, or for good.
    std::int64_t end_us = 0;
    /// End of the window that raised it.
    std::int64_t raised_us = 0;
    /// The highest mean and, of each channel, the highest score.
    std::uint32_t peak_q16 = 0;
    std::vector<std::uint32_t> channel_peak_q16 = {};
    bool prolonged = false;
    WindowEdge onset = {}; // of the window at start_us
    WindowEdge end = {};   // of the window at end_us

    bool operator==(const DetectedEvent&) const = default;
};

/// Of each channel the higher peak; no_score_q16 is below all.
void add_peaks(std::vector<std::uint32_t>& peaks_q16, std::span<const std::uint32_t> more_q16);

struct EventChange {
    enum class Kind : std::uint8_t { raised, prolonged, ended };
    Kind kind = Kind::raised;
    DetectedEvent event;
};

/// Scores of a stream's windows, in order, to its events. A window that could not be evaluated, or
/// that is missing, says nothing: it neither breaks a rise nor adds to it. But time goes on: an
/// event whose signal stays away for end_after_us ends, and what comes after such a hole begins
/// anew.
///
/// threads one      cost  a few additions a window and channel
class EventMachine {
public:
    explicit EventMachine(EventParameters parameters);

    /// Takes the next window, whose end lies after the last one's; earlier ones are passed over.
    [[nodiscard]] std::vector<EventChange> push(const WindowScore& window);

    /// The stream has ended here: so does the event, if there is one.
    [[nodiscard]] std::vector<EventChange> finish();

    /// The event that goes on.
    [[nodiscard]] const std::optional<DetectedEvent>& event() const { return state_.event; }

    /// Of the newest scores; nothing before the first.
    [[nodiscard]] std::optional<std::uint32_t> mean_q16() const;

    /// Everything that the next window depends on.
    struct State {
        std::vector<std::uint32_t> recent_q16; // the newest last, at most smoothed_windows
        std::optional<std::int64_t> now_us;    // end of the last window
        std::optional<std::int64_t> scored_us; // end of the last one with a score
        std::optional<DetectedEvent> rise;     // high, but not long enough yet
        std::int64_t high_us = 0;              // of the rise
        std::optional<DetectedEvent> event;
    };

    [[nodiscard]] const State& state() const { return state_; }

    /// Goes on from a state that a machine with the same parameters had.
    EventMachine(EventParameters parameters, State state);

private:
    [[nodiscard]] std::uint32_t smoothed(std::uint32_t score_q16);
    void follow_event(
        DetectedEvent& event,
        const WindowScore& window,
        std::uint32_t mean,
        std::vector<EventChange>& out
    ) const;
    void follow_rise(const WindowScore& window, std::uint32_t mean, std::vector<EventChange>& out);
    void end(std::vector<EventChange>& out);

    EventParameters parameters_;
    State state_;
};

} // namespace vigil::detect
