#include "records/rows.hpp"
#include "records/stream_time.hpp"
#include "signal/block_samples.hpp"

#include <algorithm>
#include <cstdlib>

namespace vigil::records {

namespace {

std::int64_t run_length_us(const store::StreamRow& stream, std::uint64_t samples) {
    return length_us(samples, stream.rate_numerator, stream.rate_denominator);
}

std::int64_t start_of(const PendingPart& part, const store::StreamRow& stream) {
    return part.block_start_us + run_length_us(stream, part.part.first - part.block_first_sample);
}

/// Copies `count` samples of every channel from one row-major array into another.
void copy_samples(
    std::span<const std::int32_t> from,
    std::uint64_t from_samples,
    std::uint64_t from_first,
    std::span<std::int32_t> to,
    std::uint64_t to_samples,
    std::uint64_t to_first,
    std::uint64_t count
) {
    const auto channels = from.size() / from_samples;
    for (std::size_t channel = 0; channel < channels; ++channel) {
        const auto source = from.subspan(channel * from_samples + from_first, count);
        std::ranges::copy(
            source,
            to.begin() + static_cast<std::ptrdiff_t>(channel * to_samples + to_first)
        );
    }
}

/// One run from parts that follow each other.
Result<Run> join(const store::StreamRow& stream, std::span<const PendingPart* const> parts) {
    Run run{
        .first_sample = parts.front()->part.first,
        .start_us = start_of(*parts.front(), stream),
        .samples = parts.back()->part.end - parts.front()->part.first,
        .values = {},
    };
    run.values.resize(stream.channels.size() * run.samples);
    for (const auto* part : parts) {
        v1::EegBlock block;
        if (!block.ParseFromString(part->entry->entry.payload())) {
            return fail(ErrorCode::internal, "a block that was taken in cannot be read again");
        }
        const auto values = signal::block_samples(block);
        if (!values) {
            return std::unexpected(values.error());
        }
        copy_samples(
            *values,
            block.samples(),
            part->part.first - block.first_sample(),
            run.values,
            run.samples,
            part->part.first - run.first_sample,
            part->part.end - part->part.first
        );
    }
    return run;
}

} // namespace

Run cut(const Run& run, std::uint64_t from, std::uint64_t end, const store::StreamRow& stream) {
    Run kept{
        .first_sample = run.first_sample + from,
        .start_us = run.start_us + run_length_us(stream, from),
        .samples = end - from,
        .values = std::vector<std::int32_t>(stream.channels.size() * (end - from)),
    };
    if (kept.samples != 0) {
        copy_samples(run.values, run.samples, from, kept.values, kept.samples, 0, kept.samples);
    }
    return kept;
}

Result<std::vector<Run>>
make_runs(const store::StreamRow& stream, std::span<const PendingPart> parts) {
    std::vector<const PendingPart*> sorted;
    sorted.reserve(parts.size());
    for (const auto& part : parts) {
        sorted.push_back(&part);
    }
    std::ranges::sort(sorted, {}, [](const PendingPart* part) { return part->part.first; });
    const auto period_us = std::max<std::int64_t>(1, run_length_us(stream, 1));
    std::vector<Run> runs;
    for (std::size_t begin = 0; begin < sorted.size();) {
        const auto run_start = start_of(*sorted[begin], stream);
        auto end = begin + 1;
        while (!stream.isolated && end < sorted.size() &&
               sorted[end]->part.first == sorted[end - 1]->part.end) {
            const auto expected =
                run_start +
                run_length_us(stream, sorted[end]->part.first - sorted[begin]->part.first);
            if (std::abs(start_of(*sorted[end], stream) - expected) > period_us) {
                break;
            }
            ++end;
        }
        auto run = join(stream, std::span(sorted).subspan(begin, end - begin));
        if (!run) {
            return std::unexpected(std::move(run.error()));
        }
        runs.push_back(std::move(*run));
        begin = end;
    }
    return runs;
}

} // namespace vigil::records
