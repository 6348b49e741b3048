// The journal port: everything that happened, in one order, kept until every reader is done with
// it. Owned by this library; adapters are MemoryJournal (tests, simulation) and SqliteJournal (one
// machine); a cluster adds NATS JetStream.
#pragma once

#include "base/error.hpp"
#include "vigil/v1/entry.pb.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vigil::journal {

/// Place of an entry in the journal's one order; the first is 1; gaps may occur. 0 = before
/// everything.
using Sequence = std::uint64_t;

/// An entry as the journal holds it. Shared and never changed, so that readers in one process parse
/// it once.
struct Stored {
    Sequence sequence = 0;
    v1::Entry entry;
};

using StoredPtr = std::shared_ptr<const Stored>;

/// Condition of an owner's write: the newest STEP or TAKEOVER entry of the partition has this
/// sequence (0 = none yet).
struct Fence {
    std::uint32_t partition = 0;
    Sequence expected = 0;
};

/// What is appended as a whole or not at all. Entries come with id, type, patient, partition and
/// times filled in.
struct Batch {
    std::vector<v1::Entry> entries;
    std::vector<Fence> fences;
};

/// The sequences of the batch's entries, in its order.
using Appended = std::vector<Sequence>;

using AppendDone = std::move_only_function<void(Result<Appended>)>;

/// Called when entries have become readable, with the newest sequence; from the journal's own
/// thread: return at once.
using Watcher = std::function<void(Sequence newest)>;

struct ReadLimits {
    std::size_t entries = 1024;
    std::size_t bytes = 8 << 20;
};

class Journal {
public:
    virtual ~Journal() = default;

    /// Appends; `done` runs once the batch is durable, or when it is sure that it was not taken.
    ///
    /// errors   overloaded: the queue is at its bound (retry safe); conflict: a fence does not
    ///          hold; invalid_argument: no entry, or text in one that is no UTF-8; too_large: an
    ///          entry over max_entry_bytes; unavailable: disk full or the like (retry safe);
    ///          unavailable with Retry::in_doubt after a failed sync
    /// threads  any; `done` runs on the journal's own thread (MemoryJournal: in the caller's), must
    /// not block and must not append
    virtual void append(Batch batch, AppendDone done) = 0;

    /// Entries with a sequence over `after`, in order, up to the limits; empty when there is none
    /// yet.
    ///
    /// errors   not_found: `after` lies before what is kept, so entries were freed that this reader
    /// has not seen threads  any       cost  recent entries come from memory without a copy, older
    /// ones from disk
    [[nodiscard]] virtual Result<std::vector<StoredPtr>>
    read(Sequence after, ReadLimits limits = {}) = 0;

    /// Newest readable sequence, 0 when empty.
    [[nodiscard]] virtual Sequence newest() const = 0;
    /// Oldest readable sequence, newest()+1 when empty.
    [[nodiscard]] virtual Sequence oldest() const = 0;

    /// The newest STEP or TAKEOVER of a partition, nullptr when there is none.
    [[nodiscard]] virtual Result<StoredPtr> newest_output(std::uint32_t partition) = 0;

    /// The newest entry of every directory key (Entry.key), in the order of their sequences, and
    /// the sequence up to which they reach. They are kept for ever, also when their segment is
    /// freed.
    struct Directory {
        std::vector<StoredPtr> entries;
        Sequence reaches = 0;
    };

    [[nodiscard]] virtual Result<Directory> directory() = 0;

    /// Asks to be told of new entries until the handle is destroyed.
    /// threads  any; destroying the handle waits until a running call has returned
    [[nodiscard]] virtual std::shared_ptr<void> watch(Watcher watcher) = 0;

    /// Lets the journal free whole segments whose entries all have sequences up to `up_to`.
    /// Directory entries and each partition's newest output stay.
    virtual Result<void> free_up_to(Sequence up_to) = 0;

    struct Health {
        bool writable = true; // false after a failed write until one succeeds; a failed sync ends
                              // the process instead
        std::size_t queued_entries = 0;
        std::size_t queued_bytes = 0;
        std::uint64_t disk_bytes = 0;
    };

    [[nodiscard]] virtual Health health() const = 0;
};

/// Largest serialized entry that a journal takes: a block of 512 KiB and its envelope.
inline constexpr std::size_t max_entry_bytes = (512 + 64) << 10;

/// The partition of a patient: FNV-1a of the id, modulo the count of the directory's Partitions
/// entry.
[[nodiscard]] std::uint32_t partition_of(std::string_view patient, std::uint32_t count);

inline constexpr std::uint32_t default_partitions = 64;

} // namespace vigil::journal
