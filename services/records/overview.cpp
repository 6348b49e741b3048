#include "records/overview.hpp"

#include "records/stream_time.hpp"
#include "store/chunk.hpp"

#include <algorithm>

namespace vigil::records {

namespace {

constexpr std::int64_t second_us = 1'000'000;

} // namespace

StreamOverview::StreamOverview(
    std::shared_ptr<const store::StreamRow> of,
    store::TimeRange time,
    std::size_t points
)
    : stream(std::move(of)), from_us(time.from_us) {
    // The pyramid has one pair a second: finer bins would be mostly empty.
    const auto length = time.until_us - time.from_us;
    const auto wanted = static_cast<std::int64_t>(std::max<std::size_t>(1, points));
    bin_us = std::max(second_us, (length + wanted - 1) / wanted);
    bins = static_cast<std::size_t>((length + bin_us - 1) / bin_us);
    minimum.assign(stream->channels.size() * bins, empty);
    maximum.assign(stream->channels.size() * bins, empty);
}

void StreamOverview::take(
    std::size_t channel,
    std::int64_t start_us,
    std::int32_t least,
    std::int32_t most
) {
    const auto after = start_us - from_us;
    if (after < 0 || after >= static_cast<std::int64_t>(bins) * bin_us) {
        return;
    }
    const auto at = channel * bins + static_cast<std::size_t>(after / bin_us);
    const bool first = minimum[at] == empty;
    minimum[at] = first ? least : std::min(minimum[at], least);
    maximum[at] = first ? most : std::max(maximum[at], most);
    any = true;
}

void StreamOverview::take(const Run& run) {
    const auto per_second = std::max<std::uint64_t>(
        1,
        samples_before(second_us, stream->rate_numerator, stream->rate_denominator)
    );
    for (std::size_t channel = 0; channel < stream->channels.size(); ++channel) {
        for (std::uint64_t first = 0; first < run.samples; first += per_second) {
            const auto begin =
                run.values.begin() + static_cast<std::ptrdiff_t>(channel * run.samples + first);
            const auto [least, most] = std::minmax_element(
                begin,
                begin + static_cast<std::ptrdiff_t>(std::min(per_second, run.samples - first))
            );
            take(
                channel,
                run.start_us + length_us(first, stream->rate_numerator, stream->rate_denominator),
                *least,
                *most
            );
        }
    }
}

Result<void> StreamOverview::take(const store::ChunkRow& row) {
    const auto seconds = store::decode_pyramid(row.pyramid, stream->channels.size());
    if (!seconds) {
        return fail(
            ErrorCode::internal,
            "a stored overview cannot be read",
            {},
            seconds.error().detail
        );
    }
    for (const auto& second : *seconds) {
        const auto start_us = second.second * second_us;
        if (start_us + second_us <= from_us) {
            continue;
        }
        for (std::size_t channel = 0; channel < second.channels.size(); ++channel) {
            // The second in which the range begins belongs to its first bin.
            take(
                channel,
                std::max(start_us, from_us),
                second.channels[channel].minimum,
                second.channels[channel].maximum
            );
        }
    }
    return {};
}

} // namespace vigil::records
