// Reads foreign bytes as a checkpoint of seen ranges and their cells and goes on with it: the
// ranges stay disjoint and sorted, and what was added counts as seen.
#include "check.hpp"
#include "journal/sample_ranges.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace {

using namespace vigil;
using journal::SampleRanges;

void check_order(const SampleRanges& seen) {
    fuzz::check(seen.ranges().size() <= SampleRanges::max_ranges);
    const journal::SampleRange* before = nullptr;
    for (const auto& range : seen.ranges()) {
        fuzz::check(range.first < range.end && (before == nullptr || before->end < range.first));
        before = &range;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    auto seen = SampleRanges::parse(bytes, data[0] % 2 != 0);
    check_order(seen);
    const auto again = SampleRanges::parse(seen.serialize(), data[0] % 2 != 0);
    fuzz::check(again.ranges() == seen.ranges());
    seen.load_cells(bytes);
    auto cells_again = again;
    cells_again.load_cells(seen.serialize_cells());
    fuzz::check(cells_again.serialize_cells() == seen.serialize_cells());

    // the same bytes as ranges to add, near what is there: 8 bytes of place, 2 of length
    for (std::size_t at = 0; at + 10 <= bytes.size(); at += 10) {
        std::uint64_t first = 0;
        std::uint16_t length = 0;
        std::memcpy(&first, bytes.data() + at, 8);
        std::memcpy(&length, bytes.data() + at + 8, 2);
        if (!seen.ranges().empty() && data[0] % 4 < 2) {
            first = seen.ranges()[first % seen.ranges().size()].first + first / 256 % 64;
        }
        const journal::SampleRange range{first, first + std::min<std::uint64_t>(length, ~first)};
        auto missing = seen.unseen(range);
        for (const auto& part : missing) {
            fuzz::check(
                part.first >= range.first && part.first < part.end && part.end <= range.end
            );
        }
        const journal::BlockSamples block(range, bytes, 1 + data[0] % 3U);
        static_cast<void>(seen.look(block));
        seen.add(block, at);
        check_order(seen);
        if (seen.ranges().size() < SampleRanges::max_ranges) {
            fuzz::check(seen.unseen(range).empty());
            fuzz::check(seen.look(block) != SampleRanges::Seen::fresh || range.first == range.end);
        }
    }
    return 0;
}
