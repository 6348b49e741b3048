// Turns the journal into the store: takes entries in order, holds them a few seconds, writes them
// in one transaction with the position reached, so that the store is always an exact prefix of the
// journal. Service runs it, the simulation drives it too.
#pragma once

#include "base/time.hpp"
#include "journal/journal.hpp"
#include "records/clocks.hpp"
#include "records/newest.hpp"
#include "records/pending.hpp"
#include "store/store.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace vigil::records {

struct CoreOptions {
    std::chrono::milliseconds flush_interval{10'000};
    std::size_t flush_bytes =
        64 << 20; // of pending samples as they came: written earlier than the interval
    std::chrono::seconds row_length{10}; // of one chunk row, about
    std::chrono::seconds row_span{60
    }; // most time between the ends of a row that has gaps or separate windows
    std::function<std::uint32_t(const std::string& patient)> number_of{
    }; // the old contract's number; none = 0
};

/// What happened since the core was made.
struct CoreCounts {
    std::uint64_t blocks = 0;
    std::uint64_t duplicates = 0;         // blocks, beats with nothing new
    std::uint64_t conflicts = 0;          // the same range with other samples, as seen here
    std::uint64_t recorded_conflicts = 0; // as the detector or intake recorded them
    std::uint64_t detections = 0;
    std::uint64_t events = 0;    // revisions
    std::uint64_t chronicle = 0; // revisions of alarms, past events, changes of hearts, marks
    std::uint64_t vitals = 0;
    std::uint64_t beats = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t unreadable = 0; // payloads that are not what their type says: passed over
    std::uint64_t unknown_types = 0;
    std::uint64_t layout_changes = 0; // blocks kept under a stream name of their own
    std::uint64_t flushes = 0;
    std::uint64_t failed_flushes = 0;
};

/// threads  load, apply, due and flush: one; everything else any
class Core {
public:
    explicit Core(store::Store& store, CoreOptions options = {});

    /// Starts from what the store holds; pending entries are forgotten, to be read again from
    /// position().
    Result<void> load();

    /// Takes entries in the journal's order; those up to position() are passed over.
    void apply(std::span<const journal::StoredPtr> entries);

    /// Whether it is time to flush: the interval has passed since the last one, or flush_bytes are
    /// pending.
    [[nodiscard]] bool due(SteadyTime now) const;

    /// Writes everything applied since the last flush, or nothing. After an error all of it is
    /// still pending. errors  conflict: another writer was here, load() again; those of
    /// Store::write
    Result<void> flush(SteadyTime now = {});

    /// Rows of the quarantine that a patient has now: the next flush lets them go.
    void release(std::vector<std::string> ids);

    /// The newest entry taken in, and the newest that the store has.
    [[nodiscard]] journal::Sequence position() const;
    [[nodiscard]] journal::Sequence stored_position() const;
    [[nodiscard]] std::size_t pending_bytes() const;
    [[nodiscard]] CoreCounts counts() const;

    /// Of all devices of a patient, as far as they are known.
    [[nodiscard]] std::vector<CorrectedClock> clocks(const std::string& patient) const;
    [[nodiscard]] PendingView pending(const std::string& patient) const;
    [[nodiscard]] std::vector<store::VitalRow> pending_heart_rates() const;
    /// Newest windows and times of all patients; the windows' `number` is not filled in.
    [[nodiscard]] std::vector<store::NewestWindow> newest_windows() const;
    [[nodiscard]] std::map<std::string, NewestTimes> newest_times() const;

private:
    struct Stream {
        std::shared_ptr<const store::StreamRow> info;
        journal::SampleRanges seen;
        bool changed = false;
        std::vector<PendingPart> parts;
    };

    void take(const journal::StoredPtr& stored);
    /// Compares and counts; the parts that are new, which are seen from now on.
    std::vector<journal::SampleRange> take_range(
        journal::SampleRanges& seen,
        const journal::BlockSamples& block,
        journal::Sequence sequence
    );
    void take_block(const journal::StoredPtr& stored);
    void take_step(const journal::Stored& stored);
    void take_event(v1::Event event);
    void take_mark(const journal::Stored& stored);
    void add_chronicle(store::ChronicleRow row);
    void take_vital(const journal::Stored& stored);
    void take_beats(const journal::Stored& stored);
    void take_quarantined(const journal::Stored& stored);
    void take_end(const journal::Stored& stored);
    void take_conflict(const journal::Stored& stored);
    Stream& stream_of(store::StreamRow row);
    [[nodiscard]] Result<store::Write> make_write(std::vector<Stream*>& written);
    Result<void> write(const store::Write& write);
    void learn_ids();
    void clear_pending(std::span<Stream* const> written);

    store::Store& store_;
    CoreOptions options_;

    mutable std::mutex
        mutex_; // guards all below; held for one entry at a time, never during the store's work
    std::map<std::string, Stream, std::less<>> streams_; // by stream_key
    std::vector<store::DetectionRow> detections_;
    std::vector<store::EventRow> events_;        // the newest revision of each
    std::vector<store::ChronicleRow> chronicle_; // likewise
    std::vector<store::VitalRow> vitals_;
    std::vector<store::BeatsRow> beats_;
    std::vector<store::QuarantinedRow> quarantined_;
    std::vector<std::string> released_;
    Clocks clocks_;
    NewestTable newest_;
    journal::Sequence position_ = 0;
    journal::Sequence stored_ = 0;
    std::size_t pending_bytes_ = 0;
    CoreCounts counts_;
    SteadyTime flushed_at_{};
    bool ids_missing_ = false;
};

} // namespace vigil::records
