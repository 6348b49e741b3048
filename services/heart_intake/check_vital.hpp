// What makes a value, or a run of beats, acceptable in itself. Used by every reader and by
// VitalIntake.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "vigil/v1/vitals.pb.h"

namespace vigil::heart_intake {

/// errors  invalid_argument with the member's name as `field`
[[nodiscard]] Result<void> check_vital(const v1::Vital& vital, UtcTime latest);
/// errors  invalid_argument, too_large, with the member's name as `field`, such as "rr_us[3]"
[[nodiscard]] Result<void> check_beats(const v1::Beats& beats, UtcTime latest);

} // namespace vigil::heart_intake
