// A long stretch of one stream reduced to a few points: the minimum and maximum of every channel in
// each stretch of time.
#pragma once

#include "base/error.hpp"
#include "records/rows.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

namespace vigil::records {

struct StreamOverview {
    /// What a bin without data has as its minimum; no sample has it (24 bits at most).
    static constexpr std::int32_t empty = std::numeric_limits<std::int32_t>::max();

    std::shared_ptr<const store::StreamRow> stream;
    std::int64_t from_us = 0;
    std::int64_t bin_us = 0;
    std::size_t bins = 0;
    std::vector<std::int32_t> minimum; // [channels][bins]
    std::vector<std::int32_t> maximum;
    bool any = false;

    StreamOverview(
        std::shared_ptr<const store::StreamRow> of,
        store::TimeRange time,
        std::size_t points
    );

    /// Takes one channel's extremes of the time that begins at `start_us`; passed over outside the
    /// range.
    void take(std::size_t channel, std::int64_t start_us, std::int32_t least, std::int32_t most);
    void take(const Run& run);
    /// errors  internal: a pyramid that was not made by make_rows
    [[nodiscard]] Result<void> take(const store::ChunkRow& row);
};

} // namespace vigil::records
