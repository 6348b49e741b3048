// A long-context model over a recording as it would run live. Used by `vigil evaluate`.
#pragma once

#include "detect/long_context.hpp"
#include "detect/spectrogram_model.hpp"
#include "vigil/evaluate/recording_model.hpp"

#include <memory>

namespace vigil::evaluate {

/// Each channel's live score every two seconds, of the two seconds that end the lag before. It is
/// for choosing the lag and the thresholds by what they do.
///
/// cost  one run of the model a channel and step
class SladkyLiveModel final : public RecordingModel {
public:
    /// errors  those of detect::check
    [[nodiscard]] static Result<std::unique_ptr<SladkyLiveModel>>
    make(std::unique_ptr<detect::SpectrogramModel> model, detect::LongContextRules rules);

    [[nodiscard]] std::string name() const override;

    [[nodiscard]] bool is_causal() const override { return true; }

    [[nodiscard]] double delay_s() const override { return rules_.lag_half_s / 2.0; }

    [[nodiscard]] Result<void> score(
        const signal::Recording& recording,
        const std::vector<std::size_t>& channels,
        const ScoreSink& sink,
        const ScoreProgress& progress
    ) override;

private:
    SladkyLiveModel(std::unique_ptr<detect::SpectrogramModel> model, detect::LongContextRules rules)
        : model_(std::move(model)), rules_(rules) {}

    std::unique_ptr<detect::SpectrogramModel> model_;
    detect::LongContextRules rules_;
};

} // namespace vigil::evaluate
