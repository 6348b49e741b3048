// The entries that the detector writes: STEP and TAKEOVER. Used by Core.
#pragma once

#include "base/time.hpp"
#include "detector/alarms.hpp"
#include "detector/hearts.hpp"
#include "detector/journal_time.hpp"
#include "journal/journal.hpp"
#include "vigil/v1/detection.pb.h"
#include "vigil/v1/eeg.pb.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::detector {

/// Where a partition's outputs stand.
struct Output {
    journal::Sequence sequence = 0;
    journal::Sequence input_sequence = 0;
    journal::Sequence replay_sequence = 0;
    journal::Sequence checkpoint_sequence = 0; // 0: none yet
    std::optional<JournalTime::State> replay_time;
};

[[nodiscard]] std::optional<JournalTime::State>
read_clock(bool is_there, const v1::JournalClock& clock);

/// Reads a STEP or TAKEOVER; nullptr gives zeros: nothing was put out yet.
[[nodiscard]] Output read_output(const journal::Stored* stored);

[[nodiscard]] v1::Entry takeover_entry(
    std::uint32_t partition,
    const std::string& owner,
    std::uint64_t epoch,
    const Output& before,
    UtcTime now
);

/// The time, as an input that the owner itself gives.
[[nodiscard]] v1::Entry
clock_entry(std::uint32_t partition, const std::string& owner, std::uint64_t epoch, UtcTime now);

/// What a partition's STEP says beside its outputs.
struct StepHead {
    std::uint32_t partition = 0;
    std::string owner;
    std::uint64_t epoch = 0;
    journal::Sequence input_sequence = 0;
    journal::Sequence replay_sequence = 0;
    journal::Sequence checkpoint_sequence = 0;
    std::optional<JournalTime::State> replay_time;
    std::uint64_t state_digest = 0;
    UtcTime now;
};

/// A partition's outputs of one step.
class StepContent {
public:
    void add_detection(v1::Detection detection) { detections_.push_back(std::move(detection)); }

    void add_conflict(const v1::Entry& entry, const v1::EegBlock& block);

    void add_alarm(v1::AlarmOutput output) { alarms_.push_back(std::move(output)); }

    void add_heart(v1::HeartChange change) { hearts_.push_back(std::move(change)); }

    void add_event(v1::Event event) { events_.push_back(std::move(event)); }

    [[nodiscard]] std::size_t events() const { return events_.size(); }

    [[nodiscard]] bool empty() const {
        return detections_.empty() && conflicts_.empty() && events_.empty() && hearts_.empty() &&
               alarms_.empty();
    }

private:
    friend std::vector<v1::Entry> step_entries(const StepHead&, StepContent, std::size_t);
    std::vector<v1::Detection> detections_;
    std::vector<std::string> conflicts_; // serialized
    std::string conflict_cause_;
    std::vector<v1::Event> events_;
    std::vector<v1::HeartChange> hearts_;
    std::vector<v1::AlarmOutput> alarms_;
};

/// One STEP, or several where one entry would hold more than `most` detections or be too large. Ids
/// follow from the first cause, so that a replay of the same inputs gives the same entries.
[[nodiscard]] std::vector<v1::Entry>
step_entries(const StepHead& head, StepContent content, std::size_t most);

/// The STEP that holds a checkpoint and nothing else.
[[nodiscard]] v1::Entry checkpoint_entry(
    const StepHead& head,
    std::optional<JournalTime::State> time,
    std::vector<v1::StreamSeen> seen,
    std::vector<v1::ModelAssignment> models,
    const Hearts& hearts,
    const Alarms& alarms
);

/// FNV-1a, 64 bits: for Step.state_digest.
inline constexpr std::uint64_t fnv_start = 14695981039346656037ULL;
[[nodiscard]] std::uint64_t fnv(std::uint64_t hash, std::string_view bytes);
[[nodiscard]] std::uint64_t fnv(std::uint64_t hash, std::uint64_t number);

} // namespace vigil::detector
