#include "vigil/evaluate/sladky_model.hpp"

#include "detect/context_trace.hpp"
#include "detect/spectrogram.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace vigil::evaluate {

namespace {

/// Spectrograms that are made before the model runs: so many channels' at once.
constexpr std::size_t spectrograms_at_once = 8;

/// The channels' samples in microvolts, not a number where nothing was recorded: [channels][count].
Result<std::vector<double>> read_with_holes(
    const signal::Recording& recording,
    const std::vector<std::size_t>& channels,
    std::uint64_t first,
    std::uint64_t count
) {
    std::vector<double> out(channels.size() * count, std::numeric_limits<double>::quiet_NaN());
    for (const auto& segment : recording.info().segments) {
        const auto begin = std::max(first, segment.first);
        const auto end = std::min(first + count, segment.first + segment.count);
        if (begin >= end) {
            continue;
        }
        const auto read = recording.read(begin, end - begin);
        if (!read) {
            return std::unexpected(read.error());
        }
        for (std::size_t i = 0; i < channels.size(); ++i) {
            const auto& described = recording.info().channels[channels[i]];
            const auto raw = std::span(*read).subspan(channels[i] * (end - begin), end - begin);
            std::ranges::transform(
                raw,
                out.begin() + static_cast<std::ptrdiff_t>(i * count + (begin - first)),
                [&described](std::int32_t sample) {
                    return sample * described.scale + described.offset;
                }
            );
        }
    }
    return out;
}

/// All channels' traces over one recording.
class Tracing {
public:
    Tracing(
        detect::SpectrogramModel& model,
        detect::Spectrum spectrum,
        std::size_t channels,
        std::uint64_t samples
    )
        : model_(model),
          spectrum_(std::move(spectrum)),
          traces_(channels, detect::ContextTrace(samples, spectrum_.hop())) {}

    /// Takes a window of [channels][samples].
    Result<void> window(const detect::TraceWindow& window, std::span<const double> samples_uv) {
        const auto size = samples_uv.size() / traces_.size();
        for (std::size_t channel = 0; channel < traces_.size(); ++channel) {
            const auto own = samples_uv.subspan(channel * size, size);
            auto evaluated = detect::segments_to_evaluate(own, spectrum_.hop());
            if (!detect::ContextTrace::needs(window, evaluated)) {
                continue;
            }
            constexpr auto cells = detect::spectrum_bins * detect::context_columns;
            spectrograms_.resize(spectrograms_.size() + cells);
            detect::window_spectrogram(spectrum_, own, std::span(spectrograms_).last(cells));
            waiting_.push_back({.channel = channel, .evaluated = std::move(evaluated)});
            if (waiting_.size() == spectrograms_at_once) {
                if (auto done = run(window); !done) {
                    return done;
                }
            }
        }
        return run(window);
    }

    void put_out(const ScoreSink& sink) const {
        const auto hop = spectrum_.hop();
        const auto count = traces_.empty() ? 0 : traces_.front().scores().size();
        // of the first the second around it would begin before the recording
        for (std::size_t k = 1; k < count; ++k) {
            ChannelScores at{
                .first_sample = (k - 1) * hop,
                .end_sample = (k + 1) * hop,
                .scores = std::vector<std::optional<float>>(traces_.size()),
            };
            for (std::size_t channel = 0; channel < traces_.size(); ++channel) {
                const float score = traces_[channel].scores()[k];
                if (!std::isnan(score)) {
                    at.scores[channel] = score;
                }
            }
            sink(at);
        }
    }

private:
    struct Waiting {
        std::size_t channel = 0;
        std::vector<bool> evaluated;
    };

    Result<void> run(const detect::TraceWindow& window) {
        const auto scores = model_.score(spectrograms_);
        if (!scores) {
            return std::unexpected(scores.error());
        }
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            traces_[waiting_[i].channel].take(
                window,
                std::span(*scores).subspan(i * detect::context_columns, detect::context_columns),
                waiting_[i].evaluated
            );
        }
        spectrograms_.clear();
        waiting_.clear();
        return {};
    }

    detect::SpectrogramModel& model_;
    detect::Spectrum spectrum_;
    std::vector<detect::ContextTrace> traces_;
    std::vector<float> spectrograms_;
    std::vector<Waiting> waiting_;
};

} // namespace

std::string SladkyModel::name() const {
    return model_->card().name + " " + model_->card().version;
}

Result<void> SladkyModel::score(
    const signal::Recording& recording,
    const std::vector<std::size_t>& channels,
    const ScoreSink& sink,
    const ScoreProgress& progress
) {
    const auto& info = recording.info();
    auto spectrum = detect::Spectrum::make(info.rate.numerator, info.rate.denominator);
    if (!spectrum) {
        return fail(ErrorCode::unprocessable, spectrum.error().detail);
    }
    const auto windows = detect::trace_windows(info.samples, spectrum->hop());
    if (!windows) {
        return std::unexpected(windows.error());
    }
    const auto length = detect::context_s * spectrum->samples();
    Tracing tracing(*model_, std::move(*spectrum), channels.size(), info.samples);
    for (std::size_t i = 0; i < windows->size(); ++i) {
        const auto& window = (*windows)[i];
        const auto samples_uv = read_with_holes(recording, channels, window.first_sample, length);
        if (!samples_uv) {
            return std::unexpected(samples_uv.error());
        }
        if (auto done = tracing.window(window, *samples_uv); !done) {
            return done;
        }
        progress(static_cast<double>(i + 1) / static_cast<double>(windows->size()));
    }
    tracing.put_out(sink);
    return {};
}

} // namespace vigil::evaluate
