// From one EEG block to the windows that it makes whole, as model input with its detections to be
// filled in. Used by Core.
#pragma once

#include "base/time.hpp"
#include "detect/model_card.hpp"
#include "detector/model_runs.hpp"
#include "detector/stream_events.hpp"
#include "detector/stream_runs.hpp"
#include "journal/journal.hpp"
#include "journal/sample_ranges.hpp"
#include "vigil/v1/detection.pb.h"
#include "vigil/v1/eeg.pb.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace vigil::detector {

/// What is known of one stream.
struct StreamState {
    std::uint64_t layout = 0; // layout_of() its blocks: another one starts the stream anew
    bool isolated = false;
    journal::SampleRanges seen{false};
    std::unique_ptr<StreamRuns> runs;
    ModelRuns models;
    v1::Detection window_head;   // of an old sender's stream: what its detections have in common
    bool models_due = true;      // to be assigned with the next block
    std::int64_t touched_us = 0; // of the journal's time
    bool from_checkpoint = false;
    std::unique_ptr<StreamEvents> events; // nullptr: none yet
};

struct ReadBlock {
    v1::EegBlock block;
    std::vector<std::int32_t> samples; // [channels][block.samples()]
};

/// The block of an EEG_BLOCK entry; nothing when it cannot be read or holds no samples.
[[nodiscard]] std::optional<ReadBlock> read_block(const v1::Entry& entry);

/// Puts a part of a run back that a checkpoint says was held, from the block that it came with.
void restore(
    StreamState& stream,
    journal::SampleRange part,
    const StreamRuns::Held& run,
    const journal::Stored& entry,
    const ReadBlock& read,
    std::optional<JournalTime::State> time_before
);

/// Takes parts of a block that are not held yet into the stream's runs and its models; what they
/// make of it goes to `waiting`, unless it is nullptr. `time_before` is the journal's before this
/// entry.
void take_continuous(
    StreamState& stream,
    std::span<const journal::SampleRange> parts,
    const journal::Stored& entry,
    const ReadBlock& read,
    const JournalTime& time,
    std::optional<JournalTime::State> time_before,
    Waiting* waiting
);

/// The block of an old sender is the window: its samples as they are, one detection of the standard
/// model, whatever is assigned.
void take_isolated(
    const detect::ModelCard& card,
    const v1::Detection& head,
    const journal::Stored& entry,
    const v1::EegBlock& block,
    std::span<const std::int32_t> samples,
    Waiting& waiting
);

/// Fills the scores in: each channel's, and the patient's as the mean of the two highest, or the
/// only one.
void fill_in(Pending& pending, std::span<const float> scores, UtcTime now);

} // namespace vigil::detector
