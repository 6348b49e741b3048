// The detector as a pure machine: entries in, STEP entries out. Service runs it; the simulation
// drives it too.
#pragma once

#include "base/time.hpp"
#include "detect/event_machine.hpp"
#include "detect/scorer.hpp"
#include "detector/models.hpp"
#include "journal/journal.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace vigil::detector {

/// Partitions that follow one another, from `first` up to and without `end`.
struct PartitionRange {
    std::uint32_t first = 0;
    std::uint32_t end = 0;

    [[nodiscard]] bool contains(std::uint32_t number) const {
        return number >= first && number < end;
    }

    [[nodiscard]] std::uint32_t size() const { return end - first; }

    friend bool operator==(const PartitionRange&, const PartitionRange&) = default;
};

struct CoreOptions {
    std::uint32_t partitions = journal::default_partitions; // that the journal has
    /// Those of them that are owned; nothing: all. Fences and checkpoints are each partition's own,
    /// so that any grouping goes on from any other.
    std::optional<PartitionRange> owned = {};
    int takeover_attempts = 3; // where others take over at the same moment
    std::string owner = "detector";
    std::uint64_t epoch = 0;
    /// A stretch of samples that nothing was added to for this long is forgotten, so that a window
    /// across its end is not made any more, and an event of a stream to which nothing was added for
    /// so long is over unless more comes; a new owner reads so much of the journal again. By
    /// receipt times, of which a leap counts as 5 s at most.
    std::chrono::seconds memory{30};
    std::size_t runs_per_stream = 16; // separate stretches of samples held of one stream
    std::size_t streams_per_partition =
        4096; // beyond it the one that was silent longest is forgotten
    std::size_t detections_per_step_entry =
        512; // a step with more becomes several entries of one batch
    /// After so many entries beside the detector's own every partition writes down which samples it
    /// has taken in.
    std::uint64_t checkpoint_entries = 5000;
    /// How detections become events.
    detect::EventParameters events = {};
    /// Models that may be assigned beside the default one and line-length.
    MoreModels models = {};
};

/// What happened since the core was made.
struct CoreCounts {
    std::uint64_t blocks = 0;
    std::uint64_t windows_scored = 0;        // one per channel
    std::uint64_t windows_not_evaluated = 0; // detections without a score
    std::uint64_t duplicates = 0;
    std::uint64_t conflicts = 0;
    std::uint64_t unreadable = 0;      // entries whose payload is no block that can be scored
    std::uint64_t event_revisions = 0; // put out: raised, prolonged, ended, revised
    std::uint64_t shadow_windows = 0;  // of windows_scored, those of shadows
    std::uint64_t shadows_shed = 0;    // windows of shadows that were not scored, one per channel
    std::uint64_t model_failures = 0;  // of other models than the standard one
};

/// Owns its partitions between take_over() and the first refused fence. It reads the entries of
/// all: those of others only let its time pass, which must be the same for every owner.
///
/// threads one   errors  a scorer that fails on whole windows is a broken invariant: step() throws
/// std::runtime_error
class Core {
public:
    /// `scorer`, the standard model, must outlive the core.
    Core(detect::Scorer& scorer, CoreOptions options);
    ~Core();

    /// Publishes a TAKEOVER for each of its partitions, so that an earlier owner is refused from
    /// now on, and rebuilds the state of every stream from the journal. Windows that the last STEP
    /// covers are not put out again. What step() must be given next is Journal::read(position(),
    /// ...).
    ///
    /// errors  conflict: another owner took over meanwhile, at every attempt; those of
    /// Journal::append and Journal::read
    Result<void> take_over(journal::Journal& journal, UtcTime now);

    [[nodiscard]] PartitionRange owned() const;

    /// Everything up to here has been taken in.
    [[nodiscard]] journal::Sequence position() const;

    /// What may be freed of the journal as far as its partitions go: their next owner needs nothing
    /// up to here, neither entries to read again nor checkpoints. Below position(); moves with the
    /// partitions' checkpoints.
    [[nodiscard]] journal::Sequence replay_floor() const;

    /// Takes entries in, in order, and gives what must be appended: empty when nothing follows. All
    /// windows that wait are scored in one call. After a batch with entries the next step() needs
    /// committed() first.
    [[nodiscard]] journal::Batch step(std::span<const journal::StoredPtr> inputs, UtcTime now);

    /// While it is set, shadows are not scored: what their windows would have been is counted. The
    /// active model always is.
    void shed_shadows(bool sheds);

    /// A CLOCK entry for each of its partitions where something depends on time that passes without
    /// inputs, to be appended about once a second; it counts when step() reads it. Empty where
    /// none does. Needs committed() like that of step().
    [[nodiscard]] journal::Batch clock(UtcTime now);
    /// A CLOCK entry of its first partition, in place of an empty clock(): pages hear by it that
    /// the detector lives. Needs committed() likewise.
    [[nodiscard]] journal::Batch sign_of_life(UtcTime now);

    /// The batch of the last step() or clock() was appended with these sequences.
    void committed(const journal::Appended& sequences);

    [[nodiscard]] const CoreCounts& counts() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

} // namespace vigil::detector
