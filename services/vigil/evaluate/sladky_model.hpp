// A long-context model as it runs over a recording. Used by `vigil evaluate`.
#pragma once

#include "detect/spectrogram_model.hpp"
#include "vigil/evaluate/recording_model.hpp"

#include <memory>

namespace vigil::evaluate {

/// Each channel's trace from overlapping windows of five minutes, one score each half second.
/// Channels are never resampled: another rate than a whole, even one of at least 200 Hz is refused.
///
/// cost  memory: every channel's trace, 8 bytes a second, and five minutes of samples
class SladkyModel final : public RecordingModel {
public:
    explicit SladkyModel(std::unique_ptr<detect::SpectrogramModel> model)
        : model_(std::move(model)) {}

    [[nodiscard]] std::string name() const override;

    [[nodiscard]] bool is_causal() const override { return false; }

    /// errors  as the port's; unprocessable also where the recording is shorter than five minutes
    [[nodiscard]] Result<void> score(
        const signal::Recording& recording,
        const std::vector<std::size_t>& channels,
        const ScoreSink& sink,
        const ScoreProgress& progress
    ) override;

private:
    std::unique_ptr<detect::SpectrogramModel> model_;
};

} // namespace vigil::evaluate
