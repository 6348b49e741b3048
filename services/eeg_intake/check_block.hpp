// What makes a block acceptable in itself, without knowing any other block. Used by BlockIntake.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "vigil/v1/eeg.pb.h"

#include <string_view>

namespace vigil::eeg_intake {

/// Checks every member against block_limits.hpp.
///
/// latest  no block may start later than this
/// errors  invalid_argument or too_large, with the member's name as `field`, such as
/// "channels[3].label"
[[nodiscard]] Result<void> check_block(const v1::EegBlock& block, UtcTime latest);

[[nodiscard]] std::size_t bytes_per_sample(v1::Codec codec) noexcept;

} // namespace vigil::eeg_intake
