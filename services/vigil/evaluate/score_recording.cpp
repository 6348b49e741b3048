#include "vigil/evaluate/score_recording.hpp"

#include "detect/patient_score.hpp"

#include <algorithm>
#include <cmath>
#include <format>

namespace vigil::evaluate {

namespace {

Result<std::vector<std::size_t>>
choose_channels(const signal::RecordingInfo& info, const std::vector<std::string>& wanted) {
    std::vector<std::size_t> chosen;
    for (std::size_t index = 0; index < info.channels.size(); ++index) {
        const auto& channel = info.channels[index];
        const bool named = wanted.empty() || std::ranges::contains(wanted, channel.label);
        if (named && channel.unit == "uV") {
            chosen.push_back(index);
        }
    }
    if (chosen.empty() || info.samples == 0) {
        return fail(ErrorCode::unprocessable, "no channel is a voltage that can be scored");
    }
    if (!wanted.empty() && chosen.size() != wanted.size()) {
        return fail(
            ErrorCode::unprocessable,
            std::format("{} of {} named channels are there", chosen.size(), wanted.size())
        );
    }
    return chosen;
}

/// Channels' scores to the patient's, and those to events.
class Scoring {
public:
    Scoring(signal::Rate rate, detect::EventParameters parameters)
        : rate_(rate), machine_(parameters) {}

    void take(const ChannelScores& at) {
        std::vector<std::uint32_t> channel_q16;
        std::vector<float> evaluated;
        for (const auto& score : at.scores) {
            channel_q16.push_back(score ? detect::to_q16(*score) : detect::no_score_q16);
            if (score) {
                evaluated.push_back(*score);
            }
        }
        const auto patient = detect::patient_score(evaluated).transform(detect::to_q16);
        windows.push_back(
            {.first_sample = at.first_sample, .end_sample = at.end_sample, .score_q16 = patient}
        );
        keep(machine_.push({
            .start_us = time_us(at.first_sample),
            .end_us = time_us(at.end_sample),
            .score_q16 = patient,
            .channel_q16 = channel_q16,
        }));
    }

    void finish() { keep(machine_.finish()); }

    std::vector<ScoredWindow> windows;
    std::vector<detect::DetectedEvent> events;

private:
    void keep(std::vector<detect::EventChange> changes) {
        for (auto& change : changes) {
            if (change.kind == detect::EventChange::Kind::ended) {
                events.push_back(std::move(change.event));
            }
        }
    }

    [[nodiscard]] std::int64_t time_us(std::uint64_t index) const {
        return static_cast<std::int64_t>(
            static_cast<unsigned __int128>(index) * 1'000'000 * rate_.denominator / rate_.numerator
        );
    }

    signal::Rate rate_;
    detect::EventMachine machine_;
};

} // namespace

Result<ScoredRecording> score_recording(
    const signal::Recording& recording,
    RecordingModel& model,
    const ScoreOptions& options,
    const ScoreProgress& progress
) {
    const auto& info = recording.info();
    const auto channels = choose_channels(info, options.channels);
    if (!channels) {
        return std::unexpected(channels.error());
    }
    ScoredRecording scored{
        .duration_s = static_cast<double>(info.samples) / info.rate.hertz(),
        .start = info.start,
        .raised_live = model.is_causal(),
    };
    for (const auto channel : *channels) {
        scored.channels.push_back(info.channels[channel].label);
    }
    Scoring scoring(info.rate, options.parameters);
    const auto take = [&scoring](const ChannelScores& at) { scoring.take(at); };
    if (auto done = model.score(recording, *channels, take, progress); !done) {
        return std::unexpected(done.error());
    }
    scoring.finish();
    scored.windows = std::move(scoring.windows);
    scored.events = std::move(scoring.events);
    for (auto& event : scored.events) {
        event.raised_us += std::llround(model.delay_s() * 1e6);
    }
    return scored;
}

} // namespace vigil::evaluate
