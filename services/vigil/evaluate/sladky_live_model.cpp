#include "vigil/evaluate/sladky_live_model.hpp"

#include <algorithm>
#include <format>
#include <span>

namespace vigil::evaluate {

namespace {

constexpr std::uint64_t seconds_at_once = 10;

using Steps = std::vector<detect::LongContextScore>;

/// Gives each channel the recording's samples from `first` on; the steps that became known.
Result<std::vector<Steps>> push(
    const signal::Recording& recording,
    const std::vector<std::size_t>& channels,
    std::vector<detect::LongContext>& contexts,
    std::uint64_t first,
    std::uint64_t count
) {
    const auto read = recording.read(first, count);
    if (!read) {
        return std::unexpected(read.error());
    }
    std::vector<Steps> found;
    std::vector<double> samples_uv(count);
    for (std::size_t i = 0; i < channels.size(); ++i) {
        const auto& described = recording.info().channels[channels[i]];
        std::ranges::transform(
            std::span(*read).subspan(channels[i] * count, count),
            samples_uv.begin(),
            [&described](std::int32_t sample) {
                return sample * described.scale + described.offset;
            }
        );
        auto steps = contexts[i].push(first, samples_uv);
        if (!steps) {
            return std::unexpected(steps.error());
        }
        found.push_back(std::move(*steps));
    }
    return found;
}

/// Every channel has the same steps, since they follow the index; the channels' scores of each.
void put_out(const std::vector<Steps>& channels, std::uint64_t rate, const ScoreSink& sink) {
    for (std::size_t step = 0; step < channels.front().size(); ++step) {
        const auto end = channels.front()[step].end_sample;
        if (end == 0) {
            continue; // the lag lies before the stream
        }
        // what lies between two steps belongs to the later one
        ChannelScores at{.first_sample = end > 2 * rate ? end - 2 * rate : 0, .end_sample = end};
        for (const auto& steps : channels) {
            const auto& found = steps[step];
            at.scores.push_back(
                found.state == detect::LongContextScore::State::scored ? std::optional(found.score)
                                                                       : std::nullopt
            );
        }
        sink(at);
    }
}

} // namespace

Result<std::unique_ptr<SladkyLiveModel>> SladkyLiveModel::make(
    std::unique_ptr<detect::SpectrogramModel> model,
    detect::LongContextRules rules
) {
    if (auto checked = detect::check(rules); !checked) {
        return std::unexpected(checked.error());
    }
    return std::unique_ptr<SladkyLiveModel>(new SladkyLiveModel(std::move(model), rules));
}

std::string SladkyLiveModel::name() const {
    return std::format(
        "{}-live {} (lag {:g} s)",
        model_->card().name,
        model_->card().version,
        delay_s()
    );
}

Result<void> SladkyLiveModel::score(
    const signal::Recording& recording,
    const std::vector<std::size_t>& channels,
    const ScoreSink& sink,
    const ScoreProgress& progress
) {
    const auto& info = recording.info();
    std::vector<detect::LongContext> contexts;
    for (std::size_t i = 0; i < channels.size(); ++i) {
        auto made =
            detect::LongContext::make(*model_, info.rate.numerator, info.rate.denominator, rules_);
        if (!made) {
            return fail(ErrorCode::unprocessable, made.error().detail);
        }
        contexts.push_back(std::move(*made));
    }
    const std::uint64_t rate = info.rate.numerator / info.rate.denominator;
    for (const auto& segment : info.segments) {
        const auto end = segment.first + segment.count;
        for (auto first = segment.first; first < end; first += seconds_at_once * rate) {
            const auto count = std::min(seconds_at_once * rate, end - first);
            const auto found = push(recording, channels, contexts, first, count);
            if (!found) {
                return std::unexpected(found.error());
            }
            put_out(*found, rate, sink);
            progress(static_cast<double>(first + count) / static_cast<double>(info.samples));
        }
    }
    return {};
}

} // namespace vigil::evaluate
