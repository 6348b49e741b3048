// Which sample indices of each stream were seen: how duplicates and conflicts are recognised. Used
// by eeg_intake, detector, records and ward, each with its own copy that it rebuilds from the
// journal or its checkpoint.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::journal {

struct SampleRange {
    std::uint64_t first = 0;
    std::uint64_t end = 0; // one past the last
    friend bool operator==(const SampleRange&, const SampleRange&) = default;
};

/// What the samples of a stretch were, and which entry of the journal said so.
struct SampleCell {
    std::uint64_t first = 0;
    std::uint64_t sequence = 0;
    std::uint32_t samples = 0;
    std::uint32_t digest = 0;
};

/// A block's samples as they are compared: rows of bytes, one for each channel.
///
/// shape  data is [channels][range.end - range.first], all of the same width
class BlockSamples {
public:
    BlockSamples(SampleRange range, std::string_view data, std::size_t channels);

    [[nodiscard]] SampleRange range() const { return range_; }

    /// Of a part of the range: equal for the same samples in however cut blocks.
    [[nodiscard]] std::uint32_t digest(SampleRange part) const;
    /// The range, cut where indices are multiples of cell_samples; an isolated window, which is
    /// never cut anew, is one cell.
    [[nodiscard]] std::vector<SampleCell> cells(bool isolated) const;

    static constexpr std::uint64_t cell_samples = 128;

private:
    SampleRange range_;
    std::string_view data_;
    std::size_t channels_;
    std::size_t width_; // bytes of a sample
};

/// The seen indices of one stream as disjoint, sorted ranges (a watermark and its gaps), with
/// digests of the newest cells so that the same samples with other values show, however they are
/// cut into blocks. What is not noticed: a difference that lies wholly in cells which the block
/// covers in part only (under cell_samples at either end; never where the range is exactly that of
/// a block before), and one in cells that are no longer held.
///
/// bounds  at most max_ranges disjoint ranges: beyond that the lowest two are joined, so that very
/// old gaps count as seen;
///         isolated streams (old contract) forget their lowest forgotten_at_once ranges instead;
///         max_cells cells of 24 bytes
/// threads one
class SampleRanges {
public:
    enum class Seen : std::uint8_t {
        fresh,     // no index of it was seen
        partly,    // some indices are new: see unseen()
        duplicate, // all indices were seen, and where a cell is held its digest is the same
        conflict,  // a cell in it was seen with other samples; unseen() may still have some
    };

    explicit SampleRanges(bool isolated = false) : isolated_(isolated) {}

    [[nodiscard]] Seen look(const BlockSamples& block) const;
    /// The parts of `range` that were not seen, in order.
    [[nodiscard]] std::vector<SampleRange> unseen(SampleRange range) const;
    void add(SampleRange range);
    /// Holds the cells of a block that an entry brought; those of a repeat too, since it may be cut
    /// in another way. Of two values of one cell the earlier entry's counts. Quick before the block
    /// is added.
    void hold(std::span<const SampleCell> cells, std::uint64_t sequence);

    /// add() and hold() in one.
    void add(const BlockSamples& block, std::uint64_t sequence) {
        hold(block.cells(isolated_), sequence);
        add(block.range());
    }

    [[nodiscard]] bool isolated() const { return isolated_; }

    [[nodiscard]] const std::vector<SampleRange>& ranges() const { return ranges_; }

    /// For a checkpoint: only the ranges, not the digests.
    [[nodiscard]] std::string serialize() const;
    static SampleRanges parse(std::string_view bytes, bool isolated);
    /// The digests, about 9 bytes a cell: at most 5 KiB for usual blocks.
    [[nodiscard]] std::string serialize_cells() const;
    /// Holds these cells in the place of its own; broken bytes give those before the fault.
    void load_cells(std::string_view bytes);

    static constexpr std::size_t max_ranges = 4096;
    static constexpr std::ptrdiff_t forgotten_at_once = 256;
    static constexpr std::size_t max_cells = 512;
    /// Of a repeat, which has no entry of its own: any entry's value counts more.
    static constexpr std::uint64_t no_entry = UINT64_MAX;

private:
    [[nodiscard]] bool any_seen(SampleRange range) const;

    bool isolated_;
    std::vector<SampleRange> ranges_;
    std::vector<SampleCell> cells_; // a ring once it is full
    std::size_t oldest_cell_ = 0;
};

/// 64-bit digest of a block's samples and layout (codec-independent data bytes, channel count,
/// rate).
[[nodiscard]] std::uint64_t
block_digest(std::string_view data, std::uint32_t samples, std::size_t channels);

} // namespace vigil::journal
