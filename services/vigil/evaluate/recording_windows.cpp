#include "vigil/evaluate/recording_windows.hpp"

#include "detect/patient_score.hpp"
#include "detect/window_shape.hpp"

#include <algorithm>
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

Result<void> fill(
    const signal::Recording& recording,
    const std::vector<std::size_t>& channels,
    const detect::ModelCard& card,
    const detect::WindowShape& shape,
    WindowBatch& batch
) {
    const auto first = batch.ends.front() - shape.needed();
    const auto samples = batch.ends.back() - first;
    const auto read = recording.read(first, samples);
    if (!read) {
        return std::unexpected(read.error());
    }
    const auto limit = limit_of(*read);
    std::vector<float> in(shape.needed());
    for (const auto end : batch.ends) {
        for (const auto channel : channels) {
            const auto raw = std::span(*read).subspan(
                channel * samples + (end - shape.needed() - first),
                shape.needed()
            );
            batch.evaluated.push_back(detect::can_be_evaluated(raw.subspan(shape.lead()), limit));
            if (!batch.evaluated.back()) {
                continue;
            }
            const auto& described = recording.info().channels[channel];
            std::ranges::transform(raw, in.begin(), [&described](std::int32_t sample) {
                return static_cast<float>(sample * described.scale + described.offset);
            });
            batch.windows_uv.resize(batch.windows_uv.size() + card.samples);
            shape.read(in, std::span(batch.windows_uv).last(card.samples));
        }
    }
    return {};
}

} // namespace

Result<void> read_windows(
    const signal::Recording& recording,
    const std::vector<std::size_t>& channels,
    const detect::ModelCard& card,
    const std::function<Result<void>(const WindowBatch&)>& sink,
    const ScoreProgress& progress
) {
    const auto& info = recording.info();
    const auto shape = detect::WindowShape::make(card, info.rate.numerator, info.rate.denominator);
    if (!shape) {
        return fail(ErrorCode::unprocessable, shape.error().detail);
    }
    for (const auto& segment : info.segments) {
        const auto end = segment.first + segment.count;
        if (segment.count < shape->needed()) {
            continue;
        }
        auto k = shape->first_ending_after(segment.first + shape->needed() - 1);
        while (shape->end_of(k) <= end) {
            WindowBatch batch{.first_k = k, .needed = shape->needed() - shape->lead()};
            for (; batch.ends.size() < windows_at_once && shape->end_of(k) <= end; ++k) {
                batch.ends.push_back(shape->end_of(k));
            }
            auto done = fill(recording, channels, card, *shape, batch).and_then([&] {
                return sink(batch);
            });
            if (!done) {
                return done;
            }
            progress(static_cast<double>(batch.ends.back()) / static_cast<double>(info.samples));
        }
    }
    return {};
}

} // namespace vigil::evaluate
