// The address of a patient's video with places for the moment, and what it must be. Used by
// VideoDesk; the page fills the places in (web/src/video).
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vigil::ward {

inline constexpr std::size_t longest_video_address = 500; // bytes
inline constexpr std::int64_t most_video_offset_s = 86'400;

/// {start} is the moment by the recorder's clock as RFC 3339 in UTC, {seconds} the same as seconds
/// since 1970, {patient} the patient's id; the places stand behind the host.
///
/// errors  invalid_argument: not https, no host or a user in it, a character that belongs in no
///         address, a place that is none, none for the moment, too long
[[nodiscard]] Result<void> check_video_address(std::string_view address);

} // namespace vigil::ward
