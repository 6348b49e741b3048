// A time as requests write it. Used by the routes of `records` and `ward`.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string_view>

namespace vigil {

/// Microseconds of UTC, or RFC 3339 with an offset or Z: "2026-11-24T12:00:00.5+01:00".
/// errors  invalid_argument, with `field`; years 1970 to 2199
[[nodiscard]] Result<std::int64_t> parse_time(std::string_view text, std::string_view field);

} // namespace vigil
