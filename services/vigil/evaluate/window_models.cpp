#include "vigil/evaluate/window_models.hpp"

#include "vigil/evaluate/recording_windows.hpp"

namespace vigil::evaluate {

namespace {

/// Calls `score` with each window that was evaluated and its channel, and passes on what it says.
template <class Score>
void take_windows(
    const WindowBatch& batch,
    std::size_t channels,
    const ScoreSink& sink,
    const Score& score
) {
    std::size_t place = 0;
    std::size_t scored = 0;
    for (std::size_t window = 0; window < batch.ends.size(); ++window) {
        ChannelScores at{
            .first_sample = batch.ends[window] - batch.needed,
            .end_sample = batch.ends[window],
            .scores = std::vector<std::optional<float>>(channels),
        };
        for (std::size_t channel = 0; channel < channels; ++channel) {
            if (batch.evaluated[place++]) {
                at.scores[channel] = score(batch.first_k + window, channel, scored++);
            }
        }
        sink(at);
    }
}

std::string with_version(const detect::ModelCard& card) {
    return card.name + " " + card.version;
}

} // namespace

std::string ScorerModel::name() const {
    return with_version(scorer_.card());
}

Result<void> ScorerModel::score(
    const signal::Recording& recording,
    const std::vector<std::size_t>& channels,
    const ScoreSink& sink,
    const ScoreProgress& progress
) {
    const auto take = [&](const WindowBatch& batch) -> Result<void> {
        Result<std::vector<float>> scores;
        if (!batch.windows_uv.empty()) {
            scores = scorer_.score(batch.windows_uv);
        }
        if (!scores) {
            return std::unexpected(scores.error());
        }
        const auto of = [&scores](std::uint64_t, std::size_t, std::size_t scored) {
            return (*scores)[scored];
        };
        take_windows(batch, channels.size(), sink, of);
        return {};
    };
    return read_windows(recording, channels, scorer_.card(), take, progress);
}

std::string LineLengthModel::name() const {
    return with_version(detect::line_length_card());
}

Result<void> LineLengthModel::score(
    const signal::Recording& recording,
    const std::vector<std::size_t>& channels,
    const ScoreSink& sink,
    const ScoreProgress& progress
) {
    const auto card = detect::line_length_card();
    std::vector<detect::LineLength> baselines(channels.size());
    const auto take = [&](const WindowBatch& batch) -> Result<void> {
        const auto of = [&](std::uint64_t k, std::size_t channel, std::size_t scored) {
            const auto window =
                std::span(batch.windows_uv).subspan(scored * card.samples, card.samples);
            return baselines[channel]
                .push(k, detect::line_length(window))
                .transform([](const auto& found) { return found.score; });
        };
        take_windows(batch, channels.size(), sink, of);
        return {};
    };
    return read_windows(recording, channels, card, take, progress);
}

} // namespace vigil::evaluate
