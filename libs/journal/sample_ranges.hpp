// Which sample indices of each stream were seen: how duplicates and conflicts are recognised. Used
// by eeg_intake, detector, records and ward, each with its own copy that it rebuilds from the
// journal or its checkpoint.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vigil::journal {

struct SampleRange {
    std::uint64_t first = 0;
    std::uint64_t end = 0; // one past the last
    friend bool operator==(const SampleRange&, const SampleRange&) = default;
};

/// The seen indices of one stream as disjoint, sorted ranges (a watermark and its gaps), with the
/// digests of the newest blocks so that the same range with other samples shows.
///
/// bounds  at most max_ranges disjoint ranges: beyond that the lowest two are joined, so that very
/// old gaps count as seen;
///         isolated streams (old contract) forget their lowest ranges instead; max_digests digests
/// threads one
class SampleRanges {
public:
    enum class Seen : std::uint8_t {
        fresh,     // no index of it was seen
        partly,    // some indices are new: see unseen()
        duplicate, // all indices were seen, and where a digest is held it is the same
        conflict,  // exactly this range was seen with another digest
    };

    explicit SampleRanges(bool isolated = false) : isolated_(isolated) {}

    [[nodiscard]] Seen look(SampleRange range, std::uint64_t digest) const;
    /// The parts of `range` that were not seen, in order.
    [[nodiscard]] std::vector<SampleRange> unseen(SampleRange range) const;
    void add(SampleRange range, std::uint64_t digest);

    [[nodiscard]] const std::vector<SampleRange>& ranges() const { return ranges_; }

    /// For a checkpoint: only the ranges, not the digests.
    [[nodiscard]] std::string serialize() const;
    static SampleRanges parse(std::string_view bytes, bool isolated);

    static constexpr std::size_t max_ranges = 4096;
    static constexpr std::size_t max_digests = 1024;

private:
    using Bounds = std::pair<std::uint64_t, std::uint64_t>; // first, end

    bool isolated_;
    std::vector<SampleRange> ranges_;
    std::deque<Bounds> digest_order_; // oldest first
    std::map<Bounds, std::uint64_t> digests_;
};

/// 64-bit digest of a block's samples and layout (codec-independent data bytes, channel count,
/// rate).
[[nodiscard]] std::uint64_t
block_digest(std::string_view data, std::uint32_t samples, std::size_t channels);

} // namespace vigil::journal
