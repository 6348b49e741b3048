#include "records/rows.hpp"

#include "records/stream_time.hpp"
#include "store/chunk.hpp"

#include <algorithm>

namespace vigil::records {

namespace {

constexpr std::size_t most_runs = 1024; // of one row; the payload takes 4096

/// Runs no longer than one and a half rows, cut evenly.
std::vector<Run>
cut_long(std::vector<Run> runs, std::uint64_t target, const store::StreamRow& stream) {
    std::vector<Run> pieces;
    pieces.reserve(runs.size());
    for (auto& run : runs) {
        const auto count =
            stream.isolated ? 1 : std::max<std::uint64_t>(1, (run.samples + target / 2) / target);
        if (count == 1) {
            pieces.push_back(std::move(run));
            continue;
        }
        for (std::uint64_t piece = 0; piece < count; ++piece) {
            pieces.push_back(
                cut(run, run.samples * piece / count, run.samples * (piece + 1) / count, stream)
            );
        }
    }
    return pieces;
}

Result<store::ChunkRow> pack(const store::StreamRow& stream, std::span<Run> runs) {
    store::ChunkRow row;
    row.first_sample = runs.front().first_sample;
    row.end_sample = runs.back().range().end;
    row.start_us = runs.front().start_us;
    std::vector<store::Run> packed;
    packed.reserve(runs.size());
    for (auto& run : runs) {
        // A device's clock may have stepped between runs: the row covers all of them.
        row.start_us = std::min(row.start_us, run.start_us);
        row.end_us = std::max(
            row.end_us,
            run.start_us + length_us(run.samples, stream.rate_numerator, stream.rate_denominator)
        );
        packed.push_back(
            {.first_sample = run.first_sample,
             .start_us = run.start_us,
             .samples = std::move(run.values)}
        );
    }
    auto payload = store::encode_runs(packed, stream.channels.size());
    if (!payload) {
        return std::unexpected(std::move(payload.error()));
    }
    auto pyramid = store::encode_pyramid(
        packed,
        stream.channels.size(),
        stream.rate_numerator,
        stream.rate_denominator
    );
    if (!pyramid) {
        return std::unexpected(std::move(pyramid.error()));
    }
    row.payload = std::move(*payload);
    row.pyramid = std::move(*pyramid);
    return row;
}

} // namespace

Result<std::vector<store::ChunkRow>>
make_rows(const store::StreamRow& stream, std::vector<Run> runs, RowShape shape) {
    const auto target = std::max<std::uint64_t>(
        1,
        samples_before(shape.length.count(), stream.rate_numerator, stream.rate_denominator)
    );
    auto pieces = cut_long(std::move(runs), target, stream);
    std::vector<store::ChunkRow> rows;
    for (std::size_t begin = 0; begin < pieces.size();) {
        auto samples = pieces[begin].samples;
        auto end = begin + 1;
        const auto fits = [&](const Run& next) {
            const auto after = next.start_us - pieces[begin].start_us;
            return samples + next.samples <= target + target / 2 && after >= 0 &&
                   after <= shape.span.count() && end - begin < most_runs;
        };
        for (; end < pieces.size() && fits(pieces[end]); ++end) {
            samples += pieces[end].samples;
        }
        auto row = pack(stream, std::span(pieces).subspan(begin, end - begin));
        if (!row) {
            return std::unexpected(std::move(row.error()));
        }
        rows.push_back(std::move(*row));
        begin = end;
    }
    return rows;
}

Result<std::vector<Run>> read_row(const store::StreamRow& stream, const store::ChunkRow& row) {
    auto packed = store::decode_runs(row.payload, stream.channels.size());
    if (!packed) {
        return fail(
            ErrorCode::internal,
            "stored samples cannot be read",
            {},
            packed.error().detail
        );
    }
    std::vector<Run> runs;
    runs.reserve(packed->size());
    for (auto& run : *packed) {
        const auto samples = run.samples.size() / stream.channels.size();
        runs.push_back(
            {.first_sample = run.first_sample,
             .start_us = run.start_us,
             .samples = samples,
             .values = std::move(run.samples)}
        );
    }
    return runs;
}

} // namespace vigil::records
