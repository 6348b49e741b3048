// The samples of one stream that windows may still need: stretches without a gap, by index. Used by
// Core.
#pragma once

#include "detect/window_shape.hpp"
#include "detector/journal_time.hpp"
#include "journal/journal.hpp"
#include "journal/sample_ranges.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <vector>

namespace vigil::detector {

/// Makes each window exactly once, when its last missing sample arrives, in whatever order and
/// block sizes samples come. Of each run only its tail is kept, for the next window, and its head
/// where something is missing before it. Windows of several shapes end at the same samples, and
/// what the longest needs is kept.
///
/// bounds  at most `limit` runs, of which the one that grew longest ago goes first; each run under
/// three windows long threads one
class StreamRuns {
public:
    /// A window that became whole: needed() samples of every channel from `first` on.
    struct Whole {
        std::uint64_t first = 0;
        std::uint64_t end = 0;
        std::vector<std::span<const std::int32_t>> channels;
    };

    /// An entry that samples came with, and the journal's time before it: what a new owner must
    /// know to read from there on.
    struct Origin {
        journal::Sequence sequence = 0;
        std::optional<JournalTime::State> before;
    };

    /// What is added at once: columns `from` to `until` of a block.
    struct Piece {
        std::uint64_t first = 0;                     // index in the stream of column `from`
        std::span<const std::int32_t> channel_major; // [channels][samples]
        std::size_t samples = 0;                     // columns of the block
        std::size_t from = 0;
        std::size_t until = 0;
        Origin origin;            // the block's entry
        std::int64_t time_us = 0; // of the journal: for forget()
    };

    /// A run without its samples, as a checkpoint keeps it.
    struct Held {
        struct Part { // samples up to `end`, from the part before or `first` on, came with the
                      // entry
            std::uint64_t end = 0;
            journal::Sequence sequence = 0;
        };

        std::uint64_t first = 0;
        bool gap_before = true;
        std::int64_t time_us = 0;
        std::vector<Part> parts;
    };

    StreamRuns(std::size_t channels, std::size_t limit) : channels_(channels), limit_(limit) {}

    using Shapes = std::span<const detect::WindowShape* const>;
    using Visit = std::function<void(std::size_t shape, const Whole&)>;

    /// Adds samples that are not held, and calls `visit` for each window that this makes whole, one
    /// shape after the other. All shapes are of the stream's rate; at least one.
    void add(Shapes shapes, const Piece& piece, const Visit& visit);

    /// Puts the samples of a part of `held` back: with those of all parts the run is as it was.
    void restore(const Piece& piece, const Held& held);

    [[nodiscard]] std::vector<Held> held() const;

    /// Drops the runs that nothing was added to since `time_us`.
    void forget(std::int64_t time_us);

    /// The parts of a range that no run holds.
    [[nodiscard]] std::vector<journal::SampleRange> missing(journal::SampleRange range) const;

    [[nodiscard]] bool empty() const { return runs_.empty(); }

    /// One past the newest sample held, 0 when none is.
    [[nodiscard]] std::uint64_t newest_end() const;
    /// The oldest entry that a sample held came with; empty() must be false.
    [[nodiscard]] Origin oldest() const;

    [[nodiscard]] std::size_t runs() const { return runs_.size(); }

    [[nodiscard]] std::size_t samples_held() const;

private:
    struct Mark { // samples up to `end` came with the entry
        std::uint64_t end = 0;
        Origin origin;
    };

    struct Run {
        std::uint64_t first = 0;
        std::uint64_t end = 0;
        bool gap_before = true; // what comes before `first` is missing, not merely dropped
        std::int64_t time_us = 0;
        std::vector<std::vector<std::int32_t>> channels;
        std::vector<Mark> marks; // by end
    };

    using Place = std::list<Run>::iterator;

    Place grow(const Piece& piece);
    static void visit_whole(
        Shapes shapes,
        std::size_t number,
        const Run& run,
        journal::SampleRange added,
        const Visit& visit
    );
    void trim(const detect::WindowShape& shape, Place run);
    static void append(Run& run, const Run& later);
    static void drop_before(Run& run, std::uint64_t index);
    static void drop_from(Run& run, std::uint64_t index);

    std::size_t channels_;
    std::size_t limit_;
    std::list<Run> runs_; // by first
};

} // namespace vigil::detector
