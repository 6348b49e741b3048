// What stands in an exported file as annotations: the detector's events, and what people said. Used
// by edf_export.
#pragma once

#include "signal/edf_writer.hpp"
#include "store/store.hpp"
#include "vigil/v1/mark.pb.h"

#include <cstdint>
#include <span>
#include <vector>

namespace vigil::records {

/// Events that touch the time and were not dismissed, each with its model, standing and peak score.
[[nodiscard]] std::vector<signal::EdfNote>
event_notes(std::span<const store::EventRow> events, std::int64_t start_us, store::TimeRange time);

/// Marks that touch the time; a verdict stands where its event began. Each says who said it and
/// when. What is too long for one annotation goes on in further ones at the same moment.
[[nodiscard]] std::vector<signal::EdfNote> mark_notes(
    std::span<const v1::Mark> marks,
    std::span<const store::EventRow> events,
    std::int64_t start_us,
    store::TimeRange time
);

} // namespace vigil::records
