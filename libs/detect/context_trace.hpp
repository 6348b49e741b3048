// A long-context model over one channel of a whole recording: which windows it reads, and how what
// it says of them becomes one trace. Used by `vigil evaluate`; pure.
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vigil::detect {

/// A window of context_s seconds of the recording.
struct TraceWindow {
    std::uint64_t first_sample = 0;
    /// The columns of it that are kept: those within ten seconds of an end lack context, and are
    /// kept only at an end of the recording.
    std::size_t begin = 0;
    std::size_t end = 0;
    /// Beside the regular steps, aligned to the recording's end: it only fills what those leave.
    bool fills = false;
};

/// The windows of a recording, every 20 s and one at its end.
///
/// errors  unprocessable: shorter than one window
/// source  the behaviour of brainmaze-eeg-models 0.1.0, predict_channel_seizure_probability with
/// its default arguments
[[nodiscard]] Result<std::vector<TraceWindow>>
trace_windows(std::uint64_t samples, std::size_t hop);

/// One channel's trace: a score for each half second k of the recording, of the second around k / 2
/// s; not a number where nothing was evaluated. Of windows that overlap the highest score counts.
class ContextTrace {
public:
    ContextTrace(std::uint64_t samples, std::size_t hop);

    /// Whether any column that is kept of the window can be evaluated: else the model need not be
    /// asked.
    [[nodiscard]] static bool needs(const TraceWindow& window, const std::vector<bool>& evaluated);

    /// Takes a window, in the order of trace_windows().
    ///
    /// shape   scores and evaluated: of each column of the window
    void take(
        const TraceWindow& window,
        std::span<const float> scores,
        const std::vector<bool>& evaluated
    );

    [[nodiscard]] std::span<const float> scores() const { return scores_; }

private:
    std::size_t hop_;
    std::vector<float> scores_;
};

} // namespace vigil::detect
