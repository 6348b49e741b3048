// Events between libs/detect and api: as entries say them, and as checkpoints keep them. Used by
// StreamEvents.
#pragma once

#include "detect/event_timeline.hpp"
#include "vigil/v1/detection.pb.h"

namespace vigil::detector {

/// The revision without what it is of: patient, device, stream, model and cause stay empty.
[[nodiscard]] v1::Event to_message(const detect::EventRevision& revision);

/// Without model and version.
[[nodiscard]] v1::EventMemory to_message(const detect::EventTimeline::Memory& memory);

[[nodiscard]] detect::EventTimeline::Memory from_message(const v1::EventMemory& message);

} // namespace vigil::detector
