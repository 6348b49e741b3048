// What eeg_intake takes: the limits of a block and of a request. Listed for readers in
// docs/considerations.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace vigil::eeg_intake {

inline constexpr std::size_t max_channels = 256;
inline constexpr std::uint64_t min_rate_hz = 50;
inline constexpr std::uint64_t max_rate_hz = 4000;
inline constexpr std::size_t max_data_bytes = 512 << 10;
inline constexpr std::size_t max_label_length = 32;
inline constexpr std::size_t max_name_length = 64; // of a device and of a stream
inline constexpr std::size_t max_blocks = 64;      // of one request
inline constexpr std::size_t max_body_bytes = 8 << 20;
inline constexpr std::size_t max_legacy_body_bytes = 16 << 10;

/// Streams whose seen ranges are held; beyond it the longest unused is forgotten, and its repeats
/// are left to the readers of the journal to recognise.
inline constexpr std::size_t max_streams = 16'384;

/// 1990-01-01T00:00:00Z: no digital recording that Vigil meets is older; a clock that was never set
/// shows 1970 or 1900.
inline constexpr std::int64_t earliest_start_us = 631'152'000'000'000;
inline constexpr std::chrono::seconds future_allowed{60};

/// Of a button that was pressed while nobody could be reached; older ones are of no use.
inline constexpr std::chrono::seconds longest_button_age{24 * 3600};
/// Presses of which a repeat is recognised here; beyond it the oldest are left to the readers of
/// the journal.
inline constexpr std::size_t max_presses = 4'096;

/// The old contract: 178 values of one channel at 173.61 Hz (wire contract, "Facts about the
/// windows").
inline constexpr std::uint32_t legacy_samples = 178;
inline constexpr std::uint32_t legacy_rate_numerator = 17361;
inline constexpr std::uint32_t legacy_rate_denominator = 100;
inline constexpr const char* legacy_device = "legacy";
inline constexpr const char* legacy_stream = "eeg";

} // namespace vigil::eeg_intake
