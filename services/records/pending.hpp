// What records has taken from the journal and not yet written to the store. Filled by Core, read by
// Queries.
#pragma once

#include "journal/journal.hpp"
#include "journal/sample_ranges.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace vigil::records {

/// The part of a block that was not seen before. The block stays in its entry, which is the
/// journal's own, shared and not copied: with many patients the samples are what fills the memory.
struct PendingPart {
    journal::StoredPtr entry;
    std::int64_t block_start_us = 0;
    std::int64_t block_end_us = 0;
    std::uint64_t block_first_sample = 0;
    journal::SampleRange part;
};

/// A stream as queries need it: `info` without `seen`, its id 0 until it was written once.
struct StreamView {
    std::shared_ptr<const store::StreamRow> info;
    std::vector<PendingPart> parts;
};

/// One patient's share of what is not in the store yet.
struct PendingView {
    std::vector<StreamView> streams; // all of the patient's, also those with nothing pending
    std::vector<store::DetectionRow> detections;
    std::vector<store::EventRow> events;
    std::vector<store::ChronicleRow> chronicle;
    std::vector<store::VitalRow> vitals;
    std::vector<store::BeatsRow> beats;
};

/// Streams of beats stand in the store's table of streams too, under this prefix, so that repeated
/// beats are recognised after a restart. '/' is not allowed in a sender's stream id.
inline constexpr std::string_view beats_prefix = "beats/";

[[nodiscard]] inline bool is_beats(const store::StreamRow& row) {
    return row.stream.starts_with(beats_prefix);
}

/// Which value a later one replaces.
[[nodiscard]] inline bool same_vital(const store::VitalRow& a, const store::VitalRow& b) {
    return a.vital.start_time_us() == b.vital.start_time_us() && a.patient == b.patient &&
           a.vital.name() == b.vital.name() && a.vital.source() == b.vital.source();
}

} // namespace vigil::records
