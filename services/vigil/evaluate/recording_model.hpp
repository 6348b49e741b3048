// A model that runs over a whole recording: the port between `vigil evaluate` and its models.
#pragma once

#include "base/error.hpp"
#include "signal/recording.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace vigil::evaluate {

/// What a model says of one stretch of a recording.
struct ChannelScores {
    std::uint64_t first_sample = 0;
    std::uint64_t end_sample = 0;
    /// Each channel's score, 0 to 1; nothing where it was not evaluated.
    std::vector<std::optional<float>> scores;
};

using ScoreSink = std::function<void(const ChannelScores&)>;

/// Called now and then with the share that is done, 0 to 1.
using ScoreProgress = std::function<void(double share)>;

/// threads one at a time
class RecordingModel {
public:
    virtual ~RecordingModel() = default;

    /// Name and version, as every report has it: "window-178 1.0.0".
    [[nodiscard]] virtual std::string name() const = 0;

    /// Whether a score needs nothing that comes later than delay_s() after its stretch, so that it
    /// could have been said then.
    [[nodiscard]] virtual bool is_causal() const = 0;

    /// How long after a stretch's end its score is known, where it is causal.
    [[nodiscard]] virtual double delay_s() const { return 0; }

    /// Scores the channels, which are indices of the recording's, in order of the stretches' ends.
    ///
    /// errors  unprocessable: a rate or a length that the model cannot have; internal: it failed
    [[nodiscard]] virtual Result<void> score(
        const signal::Recording& recording,
        const std::vector<std::size_t>& channels,
        const ScoreSink& sink,
        const ScoreProgress& progress
    ) = 0;
};

} // namespace vigil::evaluate
