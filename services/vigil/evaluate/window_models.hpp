// The models that read windows, as they run over a recording. Used by `vigil evaluate`.
#pragma once

#include "detect/line_length.hpp"
#include "detect/scorer.hpp"
#include "vigil/evaluate/recording_model.hpp"

#include <memory>

namespace vigil::evaluate {

/// Any model behind the detector's own port: each channel's windows are scored as the detector
/// scores them.
class ScorerModel final : public RecordingModel {
public:
    explicit ScorerModel(detect::Scorer& scorer) : scorer_(scorer) {}

    explicit ScorerModel(std::unique_ptr<detect::Scorer> scorer)
        : owned_(std::move(scorer)), scorer_(*owned_) {}

    [[nodiscard]] std::string name() const override;

    [[nodiscard]] bool is_causal() const override { return true; }

    [[nodiscard]] Result<void> score(
        const signal::Recording& recording,
        const std::vector<std::size_t>& channels,
        const ScoreSink& sink,
        const ScoreProgress& progress
    ) override;

private:
    std::unique_ptr<detect::Scorer> owned_;
    detect::Scorer& scorer_;
};

/// Each channel's line length against its own baseline.
class LineLengthModel final : public RecordingModel {
public:
    [[nodiscard]] std::string name() const override;

    [[nodiscard]] bool is_causal() const override { return true; }

    [[nodiscard]] Result<void> score(
        const signal::Recording& recording,
        const std::vector<std::size_t>& channels,
        const ScoreSink& sink,
        const ScoreProgress& progress
    ) override;
};

} // namespace vigil::evaluate
