// Alarms, past events, hearts and marks as rows of the store's chronicle, and back. Used by Core
// and by the answers.
#pragma once

#include "store/store.hpp"
#include "vigil/v1/alarm.pb.h"
#include "vigil/v1/detection.pb.h"
#include "vigil/v1/entry.pb.h"

#include <optional>
#include <vector>

namespace vigil::records {

/// All that a STEP has for it: alarms, what was listed in silence, what is settled of hearts.
[[nodiscard]] std::vector<store::ChronicleRow> chronicle_of(const v1::Step& step);

/// Of a MARK entry; nothing: it cannot be read.
[[nodiscard]] std::optional<store::ChronicleRow> mark_row(const v1::Entry& entry);

} // namespace vigil::records
