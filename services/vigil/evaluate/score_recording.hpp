// A recording through a model: every window's score, and the events that they make, as the detector
// would have made them. Used by `vigil evaluate`.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "detect/event_machine.hpp"
#include "detect/scorer.hpp"
#include "signal/recording.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace vigil::evaluate {

struct ScoredWindow {
    std::uint64_t first_sample = 0;
    std::uint64_t end_sample = 0;
    std::optional<std::uint32_t> score_q16;
};

struct ScoredRecording {
    double duration_s = 0; // gaps included
    std::optional<UtcTime> start;
    std::vector<std::string> channels; // that were scored
    std::vector<ScoredWindow> windows;
    /// In microseconds from the recording's start.
    std::vector<detect::DetectedEvent> events;
};

struct ScoreOptions {
    detect::EventParameters parameters = {};
    /// Labels of the channels to score; empty: every voltage.
    std::vector<std::string> channels = {};
};

/// Called now and then with the share that is done, 0 to 1.
using ScoreProgress = std::function<void(double share)>;

/// Scores the windows as the detector does (services/detector/README.md): one a second, none across
/// a gap, each channel by itself, the patient's score of the channels'.
///
/// errors  unprocessable: no voltage, a named channel is missing, a rate that the model cannot
/// have, a recording without samples; those of the scorer
[[nodiscard]] Result<ScoredRecording> score_recording(
    const signal::Recording& recording,
    detect::Scorer& scorer,
    const ScoreOptions& options,
    const ScoreProgress& progress
);

} // namespace vigil::evaluate
