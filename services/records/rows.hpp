// Blocks to runs, runs to chunk rows of about ten seconds, and rows back to runs. Used by Core's
// flush and by Queries.
#pragma once

#include "base/error.hpp"
#include "records/pending.hpp"
#include "store/store.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace vigil::records {

/// Consecutive samples of one stream.
/// shape   values [channels][samples] row-major
struct Run {
    std::uint64_t first_sample = 0;
    std::int64_t start_us = 0; // UTC of first_sample
    std::uint64_t samples = 0; // per channel
    std::vector<std::int32_t> values;

    [[nodiscard]] journal::SampleRange range() const {
        return {first_sample, first_sample + samples};
    }
};

/// The samples [from, end) of a run, counted from its first.
[[nodiscard]] Run
cut(const Run& run, std::uint64_t from, std::uint64_t end, const store::StreamRow& stream);

/// Joins parts to runs, in the order of their indices. A part is joined to the one before it where
/// its time is what the rate makes of the run's start, within one sample; separate windows (old
/// contract) never are.
///
/// errors  what signal::block_samples says of a block; Core holds only readable ones
[[nodiscard]] Result<std::vector<Run>>
make_runs(const store::StreamRow& stream, std::span<const PendingPart> parts);

struct RowShape {
    std::chrono::microseconds
        length;                     // of a row's samples, about: two thirds to one and a half of it
    std::chrono::microseconds span; // most time from a row's begin to the begin of its last run
};

/// errors  those of store::encode_runs: samples beyond its limits
[[nodiscard]] Result<std::vector<store::ChunkRow>>
make_rows(const store::StreamRow& stream, std::vector<Run> runs, RowShape shape);

/// errors  internal: a payload that was not made by make_rows
[[nodiscard]] Result<std::vector<Run>>
read_row(const store::StreamRow& stream, const store::ChunkRow& row);

} // namespace vigil::records
