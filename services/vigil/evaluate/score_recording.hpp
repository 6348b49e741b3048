// A recording through a model: every window's score, and the events that they make, as the detector
// would have made them. Used by `vigil evaluate`.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "detect/event_machine.hpp"
#include "vigil/evaluate/recording_model.hpp"

#include <cstdint>
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
    /// In microseconds from the recording's start; raised when their score was known.
    std::vector<detect::DetectedEvent> events;
    /// Whether the moments at which they were raised are a live detector's.
    bool raised_live = true;
};

struct ScoreOptions {
    detect::EventParameters parameters = {};
    /// Labels of the channels to score; empty: every voltage.
    std::vector<std::string> channels = {};
};

/// Runs the model over the recording: each channel by itself, the patient's score of the channels',
/// events of the patient's.
///
/// errors  unprocessable: no voltage, a named channel is missing, a recording without samples;
/// those of the model
[[nodiscard]] Result<ScoredRecording> score_recording(
    const signal::Recording& recording,
    RecordingModel& model,
    const ScoreOptions& options,
    const ScoreProgress& progress
);

} // namespace vigil::evaluate
