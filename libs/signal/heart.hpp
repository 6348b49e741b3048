// Heart rate from R-R intervals. Used where beats arrive or are shown.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace vigil::signal {

/// The intervals that Vigil takes for ones between two heart beats: what api/vigil/v1/vitals.proto
/// promises of Beats.rr_us, both ends included. 300 and 12 a minute, Vigil's own bounds: monitors
/// state ranges from 15 or 30 to 300 a minute (manuals of Mindray BeneHeart D60 and GE B20), so
/// that what lies beyond is a missed or a doubled beat and not a patient.
inline constexpr std::uint32_t shortest_rr_us = 200'000;
inline constexpr std::uint32_t longest_rr_us = 5'000'000;

[[nodiscard]] constexpr bool is_plausible_rr(std::uint32_t rr_us) {
    return rr_us >= shortest_rr_us && rr_us <= longest_rr_us;
}

/// Beats per minute over these intervals: 60 s over their mean, so that it counts beats in time and
/// is not swayed by short ones. Intervals that are not plausible are passed over.
///
/// errors  nothing where no interval is plausible
/// threads any
[[nodiscard]] std::optional<double> heart_rate_bpm(std::span<const std::uint32_t> rr_us);

/// The same over the newest intervals that together span at most `span_us`; always at least the
/// newest plausible one.
[[nodiscard]] std::optional<double>
recent_heart_rate_bpm(std::span<const std::uint32_t> rr_us, std::uint64_t span_us);

} // namespace vigil::signal
