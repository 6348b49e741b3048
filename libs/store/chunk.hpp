// What a row of samples holds: runs of consecutive samples, compressed, and their minimum and
// maximum of each second. Written by records, read by queries and exports.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::store {

/// Consecutive samples of all channels of a stream.
struct Run {
    std::uint64_t first_sample = 0;
    std::int64_t start_us = 0;         // UTC of first_sample
    std::vector<std::int32_t> samples; // [channels][samples] row-major

    friend bool operator==(const Run&, const Run&) = default;
};

/// Most runs of one payload, and most channels.
inline constexpr std::size_t max_runs = 4096;
inline constexpr std::size_t max_channels = 256;

/// ChunkRow::payload: byte 1 (version), count of runs, then of each its first sample (difference to
/// the end of the run before), start (difference), samples per channel, length, and the bytes of
/// signal::encode_samples. Numbers are varints.
///
/// errors  invalid_argument: no channel, a run whose size is no multiple of the channels, or one of
/// the limits above
[[nodiscard]] Result<std::string> encode_runs(std::span<const Run> runs, std::size_t channels);
/// Safe on any bytes.
[[nodiscard]] Result<std::vector<Run>> decode_runs(std::string_view payload, std::size_t channels);

struct Extremes {
    std::int32_t minimum = 0;
    std::int32_t maximum = 0;

    friend bool operator==(const Extremes&, const Extremes&) = default;
};

/// What each channel did in one second of UTC; a second without samples is absent.
struct PyramidSecond {
    std::int64_t second = 0; // since 1970
    std::vector<Extremes> channels;

    friend bool operator==(const PyramidSecond&, const PyramidSecond&) = default;
};

/// ChunkRow::pyramid. Rows that meet within a second each have their part of it: the reader joins
/// them.
///
/// units   rate = numerator / denominator in hertz
/// errors  as encode_runs; a rate of zero, or times beyond 146,000 years
[[nodiscard]] Result<std::string> encode_pyramid(
    std::span<const Run> runs,
    std::size_t channels,
    std::uint32_t rate_numerator,
    std::uint32_t rate_denominator
);
/// Safe on any bytes.
[[nodiscard]] Result<std::vector<PyramidSecond>>
decode_pyramid(std::string_view pyramid, std::size_t channels);

} // namespace vigil::store
