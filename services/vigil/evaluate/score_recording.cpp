#include "vigil/evaluate/score_recording.hpp"

#include "detect/patient_score.hpp"
#include "detect/window_shape.hpp"

#include <algorithm>
#include <format>
#include <limits>

namespace vigil::evaluate {

namespace {

constexpr std::uint64_t windows_at_once = 64;

/// Where the converter's limit lies: play sends 16 bits wherever they hold all values.
std::int32_t limit_of(std::span<const std::int32_t> samples) {
    using Int16 = std::numeric_limits<std::int16_t>;
    const auto [least, most] = std::ranges::minmax(samples);
    return least >= Int16::min() && most <= Int16::max() ? Int16::max() : 8'388'607;
}

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

class Scoring {
public:
    Scoring(
        const signal::Recording& recording,
        detect::Scorer& scorer,
        detect::WindowShape shape,
        std::vector<std::size_t> channels,
        detect::EventParameters parameters
    )
        : recording_(recording),
          scorer_(scorer),
          shape_(std::move(shape)),
          channels_(std::move(channels)),
          machine_(parameters) {}

    /// All windows that lie in the segment.
    Result<void> segment(const signal::RecordingSegment& segment, const ScoreProgress& progress) {
        const auto end = segment.first + segment.count;
        if (segment.count < shape_.needed()) {
            return {};
        }
        auto k = shape_.first_ending_after(segment.first + shape_.needed() - 1);
        while (shape_.end_of(k) <= end) {
            std::vector<std::uint64_t> ends;
            for (; ends.size() < windows_at_once && shape_.end_of(k) <= end; ++k) {
                ends.push_back(shape_.end_of(k));
            }
            if (auto done = batch(ends); !done) {
                return done;
            }
            progress(
                static_cast<double>(ends.back()) / static_cast<double>(recording_.info().samples)
            );
        }
        return {};
    }

    std::vector<ScoredWindow> windows;
    std::vector<detect::DetectedEvent> events;

    void finish() { take(machine_.finish()); }

private:
    Result<void> batch(const std::vector<std::uint64_t>& ends) {
        const auto first = ends.front() - shape_.needed();
        const auto samples = ends.back() - first;
        const auto read = recording_.read(first, samples);
        if (!read) {
            return std::unexpected(read.error());
        }
        const auto limit = limit_of(*read);
        const auto size = scorer_.card().samples;
        std::vector<float> windows_uv;
        std::vector<bool> evaluated; // [windows][channels]
        std::vector<float> in(shape_.needed());
        for (const auto end : ends) {
            for (const auto channel : channels_) {
                const auto raw = std::span(*read).subspan(
                    channel * samples + (end - shape_.needed() - first),
                    shape_.needed()
                );
                evaluated.push_back(detect::can_be_evaluated(raw, limit));
                if (!evaluated.back()) {
                    continue;
                }
                const auto& described = recording_.info().channels[channel];
                std::ranges::transform(raw, in.begin(), [&described](std::int32_t sample) {
                    return static_cast<float>(sample * described.scale + described.offset);
                });
                windows_uv.resize(windows_uv.size() + size);
                shape_.read(in, std::span(windows_uv).last(size));
            }
        }
        Result<std::vector<float>> scores;
        if (!windows_uv.empty()) {
            scores = scorer_.score(windows_uv);
        }
        if (!scores) {
            return std::unexpected(scores.error());
        }
        take_scores(ends, evaluated, *scores);
        return {};
    }

    void take_scores(
        const std::vector<std::uint64_t>& ends,
        const std::vector<bool>& evaluated,
        std::span<const float> scores
    ) {
        std::size_t place = 0;
        for (const auto end : ends) {
            std::vector<std::uint32_t> channel_q16(channels_.size(), detect::no_score_q16);
            std::vector<float> of_window;
            for (auto& q16 : channel_q16) {
                if (evaluated[place++]) {
                    of_window.push_back(scores.front());
                    q16 = detect::to_q16(scores.front());
                    scores = scores.subspan(1);
                }
            }
            const auto patient = detect::patient_score(of_window).transform(detect::to_q16);
            const auto first = end - shape_.needed();
            windows.push_back({.first_sample = first, .end_sample = end, .score_q16 = patient});
            take(machine_.push({
                .start_us = time_us(first),
                .end_us = time_us(end),
                .score_q16 = patient,
                .channel_q16 = channel_q16,
            }));
        }
    }

    void take(std::vector<detect::EventChange> changes) {
        for (auto& change : changes) {
            if (change.kind == detect::EventChange::Kind::ended) {
                events.push_back(std::move(change.event));
            }
        }
    }

    [[nodiscard]] std::int64_t time_us(std::uint64_t index) const {
        const auto rate = recording_.info().rate;
        return static_cast<std::int64_t>(
            static_cast<unsigned __int128>(index) * 1'000'000 * rate.denominator / rate.numerator
        );
    }

    const signal::Recording& recording_;
    detect::Scorer& scorer_;
    detect::WindowShape shape_;
    std::vector<std::size_t> channels_;
    detect::EventMachine machine_;
};

} // namespace

Result<ScoredRecording> score_recording(
    const signal::Recording& recording,
    detect::Scorer& scorer,
    const ScoreOptions& options,
    const ScoreProgress& progress
) {
    const auto& info = recording.info();
    auto channels = choose_channels(info, options.channels);
    if (!channels) {
        return std::unexpected(channels.error());
    }
    auto shape =
        detect::WindowShape::make(scorer.card(), info.rate.numerator, info.rate.denominator);
    if (!shape) {
        return fail(ErrorCode::unprocessable, shape.error().detail);
    }
    ScoredRecording scored{
        .duration_s = static_cast<double>(info.samples) / info.rate.hertz(),
        .start = info.start,
    };
    for (const auto channel : *channels) {
        scored.channels.push_back(info.channels[channel].label);
    }
    Scoring scoring(recording, scorer, std::move(*shape), std::move(*channels), options.parameters);
    for (const auto& segment : info.segments) {
        if (auto done = scoring.segment(segment, progress); !done) {
            return std::unexpected(done.error());
        }
    }
    scoring.finish();
    scored.windows = std::move(scoring.windows);
    scored.events = std::move(scoring.events);
    return scored;
}

} // namespace vigil::evaluate
