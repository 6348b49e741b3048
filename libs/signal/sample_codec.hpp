// The lossless codec of stored samples (Codec LPC_RICE): linear prediction and Rice codes. Used
// where blocks are compacted and read. Why this one and what it measured:
// docs/decisions/0001-sample-codec.md.
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::signal {

/// Most channels, and most samples of all channels together, that one payload may have: 10 s of 256
/// channels at 4 kHz fit.
inline constexpr std::size_t max_codec_channels = 256;
inline constexpr std::size_t max_codec_samples = 1U << 24;

/// Packs samples so that decode_samples gives back exactly the same, for any values of 32 bits.
///
/// shape   [channels][samples] row-major
/// errors  invalid_argument with the field: over the two limits above, or a size that is no
/// multiple of `channels` format  byte 1 (version), then bits, most significant first, channel
/// after channel: a kind of 2 bits and
///           0 verbatim   width - 1 (5), then each sample in `width` bits, two's complement
///           1 fixed      order (2), then the remainder
///           2 fitted     order - 1 (4), shift (4), wide (1), order coefficients (12 each), then
///           the remainder 3 reference  channel (8), inverted (1), offset (32), then the remainder
///           to the earlier channel times 1 or -1, plus offset
///         remainder: stretches of 128 values, each with its own k (5): 31 = all are zero, else a
///         value v, folded to u = v >= 0 ? 2v : -2v-1, is u >> k zeros, a one and the low k bits;
///         24 zeros mean that u follows in 32 bits
/// threads any
[[nodiscard]] Result<std::string>
encode_samples(std::span<const std::int32_t> channel_major, std::size_t channels);

/// Safe on any bytes. There is no checksum: a flipped bit that leaves the lengths right gives other
/// samples.
///
/// errors  invalid_argument: not this format, too short, too long, or over the limits
/// threads any
[[nodiscard]] Result<std::vector<std::int32_t>>
decode_samples(std::string_view bytes, std::size_t channels, std::size_t samples);

} // namespace vigil::signal
