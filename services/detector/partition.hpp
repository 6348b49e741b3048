// What an owner knows of one partition: its streams, its outputs' place, its checkpoint. Used by
// Core.
#pragma once

#include "detector/alarms.hpp"
#include "detector/block_windows.hpp"
#include "detector/hearts.hpp"
#include "journal/journal.hpp"
#include "vigil/v1/detection.pb.h"
#include "vigil/v1/entry.pb.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vigil::detector {

struct StepHead; // step_entries.hpp
class StepContent;

struct Partition {
    journal::Sequence last_output = 0; // its newest STEP or TAKEOVER: the fence
    journal::Sequence covered = 0; // nothing that follows from entries up to here is put out again
    journal::Sequence replay_from = 0;             // entries before it are of no use to this owner
    journal::Sequence next_replay_from = 0;        // ... to the next one, as its newest output says
    journal::Sequence checkpoint_sequence = 0;     // of the entry that holds it, 0: none
    journal::Sequence checkpoint_input = 0;        // the samples of entries up to here are in it
    std::optional<JournalTime::State> replay_time; // before the entry replay_from
    std::optional<JournalTime::State> checkpoint_time; // after the entry checkpoint_input
    std::uint64_t inputs_at_checkpoint = 0; // entries that this owner had taken in by then
    std::map<std::string, StreamState, std::less<>> streams;
    Hearts hearts;
    Alarms alarms;

    struct Restorable {
        journal::SampleRange part;
        std::shared_ptr<const StreamRuns::Held> run;
    };

    /// Of the checkpoint, by entry: samples that were held and must be read again.
    std::multimap<journal::Sequence, Restorable> restorable;

    /// Where the samples begin that the checkpoint held: windows after it are made again where a
    /// model goes on from them.
    std::optional<StreamRuns::Origin> memory_from;
    std::map<std::string, v1::ModelAssignment, std::less<>> models; // by patient
    bool has_contexts = false; // some stream of the checkpoint has a model with a long context

    /// Takes a MODEL_ASSIGNMENT: it counts for the blocks after it.
    void assign(const v1::Entry& entry);
    /// nullptr: the default.
    [[nodiscard]] const v1::ModelAssignment* models_of(const std::string& patient) const;
    [[nodiscard]] std::vector<v1::ModelAssignment> assignments() const;
    [[nodiscard]] bool has_baselines() const;
    /// The oldest entry that is of use: replay_from, or what a long context of the checkpoint
    /// needs.
    [[nodiscard]] journal::Sequence reads_from() const;

    /// Reads the checkpoint that checkpoint_sequence names, where it is still there.
    Result<void> load_checkpoint(journal::Journal& journal, const detect::EventParameters& events);
    /// Takes the streams out of a checkpoint, but for the samples.
    void load(const v1::Step& checkpoint, const detect::EventParameters& events);
    void load_run(const v1::HeldRun& run);

    /// Takes the detections of a STEP into their streams' events. Revisions that an earlier step
    /// has put out already only move the timelines.
    void take_detections(
        const journal::Stored& entry,
        const detect::EventParameters& parameters,
        StepContent& content
    );
    /// An event that reaches the end of a stream is over when the stream is.
    void take_stream_end(
        const journal::Stored& entry,
        const detect::EventParameters& parameters,
        StepContent& content
    );
    /// Adds what follows from an entry, unless an earlier step has put it out.
    void put_out(const journal::Stored& entry, alarm::Outputs outputs, StepContent& content) const;
    /// Ends what goes on of a stream, whatever windows may still come.
    void end_events(
        const journal::Stored& entry,
        const std::string& device,
        const std::string& stream,
        StepContent& content
    );
    /// A CLOCK entry: events of streams to which nothing was added since `silent_since_us` of the
    /// owner's time are told of as ended, until more comes.
    void
    take_clock(const journal::Stored& entry, std::int64_t silent_since_us, StepContent& content);
    /// Any entry: what it says of hearts and alarms. `now_us` is the owner's time.
    void take_vital_signs(const journal::Stored& entry, std::int64_t now_us, StepContent& content);
    /// A block that was read: new samples end a silence, and say what channels are like.
    void take_arrival(
        const journal::Stored& entry,
        const ReadBlock& read,
        std::uint64_t layout,
        StepContent& content
    );
    /// Settings and monitoring that the checkpoint had no room for, from the directory: entries
    /// that are not read again.
    void load_settings(const journal::Stored& entry);
    /// Whether something depends on time that passes without inputs.
    [[nodiscard]] bool needs_clock() const;
    /// Forgets what is too old; where a new owner must begin to read for the rest goes into the
    /// head.
    void describe(StepHead& head, std::int64_t forget_before_us);
    /// All streams, those touched last first, up to 256 KiB: what is left out is forgotten by the
    /// next owner alone. What events depend on, then baselines of models and then digests of cells,
    /// only where there is room beside everything else.
    [[nodiscard]] std::vector<v1::StreamSeen> checkpoint() const;
};

/// Assignments that no entry from `position` on and no checkpoint says, into the partitions from
/// number `first` on.
[[nodiscard]] Result<void> load_assignments(
    journal::Journal& journal,
    journal::Sequence position,
    std::uint32_t first,
    std::vector<Partition>& partitions
);

/// Patient, device and stream: samples of one patient are never joined to another's, whoever wears
/// the device.
[[nodiscard]] std::string
stream_key(const std::string& patient, const std::string& device, const std::string& stream);

/// What stream_key() was made of.
struct StreamName {
    std::string patient;
    std::string device;
    std::string stream;
};

[[nodiscard]] StreamName stream_name(const std::string& key);

/// A digest, equal for blocks of the same rate and channels.
[[nodiscard]] std::uint64_t layout_of(const v1::EegBlock& block);

} // namespace vigil::detector
