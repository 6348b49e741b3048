// Accepts EEG blocks: checks, recognises repeats and conflicts, and answers when the journal holds
// them. The core of eeg_intake; routes and the simulation call it.
#pragma once

#include "access/device_assignment.hpp"
#include "access/directory.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "base/trace_context.hpp"
#include "eeg_intake/block_limits.hpp"
#include "eeg_intake/own_entries.hpp"
#include "eeg_intake/presses.hpp"
#include "eeg_intake/stream_table.hpp"
#include "journal/journal.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace vigil::eeg_intake {

/// What the service stands on; everything outlives it.
struct Dependencies {
    journal::Journal& journal;
    const access::Directory& directory;
    const Clock& clock;
    Random& random;
    Metrics& metrics;
};

/// What became of one block of a submission.
struct BlockOutcome {
    v1::BlockResult::Status status = v1::BlockResult::STATUS_UNSPECIFIED;
    std::string device;
    std::string stream;
    journal::SampleRange range;
    std::string id; // of the entry that holds it; of a duplicate only where it is still known
    std::optional<Error> error; // of a refused one
};

/// A stream of a device, as it came over a connection.
struct StreamLink {
    std::string device;
    std::string stream;

    friend auto operator<=>(const StreamLink&, const StreamLink&) = default;
};

struct Submission {
    std::string patient; // who the sender's key says; empty: whoever `device` is assigned to
    std::vector<v1::EegBlock> blocks;
    bool numbered = true; // a fault's field is "blocks[2].rate_numerator", else "rate_numerator"
    bool legacy = false;  // made from an old-contract window
    std::string id;       // of the entry of a single block; empty: a random one
    TraceId trace{};
    std::string device{}; // who the sender's key says, where that is a device
};

/// A device's button, pressed `age` ago by its own count: no clock of the device's is needed, so
/// that none can make it look old.
struct ButtonPress {
    std::string device;
    std::string press; // the device's own name for it; empty: each is another one
    std::chrono::seconds age{};
};

/// threads any
class BlockIntake {
public:
    using Done = std::move_only_function<void(Result<std::vector<BlockOutcome>>)>;

    explicit BlockIntake(Dependencies on, std::size_t streams = max_streams);

    /// Accepts what can be accepted; `done` runs exactly once, when the journal holds it (then on
    /// the journal's thread) or when nothing is to be written (then at once).
    ///
    /// errors  the journal's own, for the submission as a whole: nothing, or duplicates when it is
    /// sent again.
    ///         A block's fault is its outcome: invalid_argument, too_large; forbidden: a device of
    ///         another patient or key; conflict: the same range with other samples, or another
    ///         layout than the stream's. A block of nobody's device is held as QUARANTINED.
    void submit(Submission submission, Done done);

    /// Ends a stream on purpose: a STREAM_END entry.
    /// errors  invalid_argument; forbidden; conflict: samples behind the end are held, or the
    /// device is nobody's now; the journal's own
    void end_stream(
        access::Sender sender,
        v1::StreamEnd end,
        TraceId trace,
        std::move_only_function<void(Result<void>)> done
    );

    /// The patient, or somebody beside them, pressed the device's button: a MARK entry. A press
    /// that is sent again is answered as the first time, and calls nobody anew. errors
    /// invalid_argument; forbidden; conflict: the device is nobody's now; the journal's own
    void press_button(
        const access::Sender& sender,
        const ButtonPress& pressed,
        TraceId trace,
        std::move_only_function<void(Result<void>)> done
    );

    /// The connection that these streams came over is gone: a LINK_END entry each, so that whoever
    /// waits for their samples knows why. What the journal refuses is lost: samples that do not
    /// come are noticed too.
    void
    end_links(const access::Sender& sender, const std::set<StreamLink>& streams, TraceId trace);

    /// Takes blocks of other instances, and of the time before a restart, out of the journal's
    /// tail.
    void apply(std::span<const journal::StoredPtr> entries);

    /// The latest time at which a block may start now. A wall clock that was set back does not make
    /// live samples "future": the time since this object was made counts too.
    [[nodiscard]] UtcTime latest_start() const;

    [[nodiscard]] std::size_t streams() const;

private:
    struct Writing;
    [[nodiscard]] Result<std::string> check(const Writing& writing, const v1::EegBlock& block)
        const;
    void take(Writing& writing, v1::EegBlock& block, const std::string& patient, std::size_t index);
    /// For whom the device speaks now. errors  conflict: it is nobody's
    [[nodiscard]] Result<std::string> speaks_for(
        const access::DirectoryState& directory,
        const access::Sender& sender,
        const std::string& device,
        const char* otherwise
    ) const;
    [[nodiscard]] bool
    differs_from_quarantine(const v1::EegBlock& block, const journal::BlockSamples& compared);
    void written(Writing& writing, const Result<journal::Appended>& result);
    [[nodiscard]] v1::Entry
    entry(const access::DirectoryState& directory, std::string_view patient, std::string id) const;
    [[nodiscard]] v1::Entry block_entry(
        const Writing& writing,
        const v1::EegBlock& block,
        const std::string& patient,
        const std::string& id
    ) const;
    void apply_block(
        const v1::EegBlock& block,
        const std::string& patient,
        const std::string& id,
        journal::Sequence sequence
    );
    [[nodiscard]] prometheus::Counter& counter_of(v1::BlockResult::Status status);

    Dependencies on_;
    UtcTime made_utc_;
    SteadyTime made_steady_;
    mutable std::mutex mutex_;
    StreamTable table_;
    Presses presses_;
    OwnEntries own_;
    prometheus::Counter& accepted_;
    prometheus::Counter& duplicates_;
    prometheus::Counter& refused_;
    prometheus::Counter& quarantined_;
};

} // namespace vigil::eeg_intake
