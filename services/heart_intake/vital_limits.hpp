// What heart_intake takes: the limits of a value and of a request. Listed for readers in
// docs/considerations.md.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vigil::heart_intake {

inline constexpr std::size_t max_points = 50'000; // of one request, refused ones included
inline constexpr std::size_t max_metrics = 1'000; // of one export, skipped ones included
inline constexpr std::size_t max_export_bytes = 16 << 20;
inline constexpr std::size_t max_vitals_bytes = 8 << 20;
inline constexpr std::size_t max_beats_bytes = 512 << 10;
inline constexpr std::size_t max_intervals = 20'000; // of one request
inline constexpr std::size_t max_source_bytes = 128;
inline constexpr std::size_t max_beat_streams = 4'096; // of which repeats are recognised

/// A beat-to-beat interval, 12 to 300 beats a minute.
inline constexpr std::uint32_t min_rr_us = 200'000;
inline constexpr std::uint32_t max_rr_us = 5'000'000;

/// 1990-01-01T00:00:00Z, as for EEG.
inline constexpr std::int64_t earliest_us = 631'152'000'000'000;
inline constexpr std::chrono::seconds future_allowed{60};

/// A vital that Vigil keeps. The bounds tell a measurement from a fault of the sender; what is
/// alarming is the alarm's care.
struct VitalKind {
    std::string_view name;
    std::string_view unit; // UCUM
    double low;
    double high;
};

inline constexpr std::array<VitalKind, 5> vital_kinds{{
    {.name = "heart_rate", .unit = "/min", .low = 10, .high = 400},
    {.name = "resting_heart_rate", .unit = "/min", .low = 10, .high = 400},
    {.name = "walking_heart_rate_average", .unit = "/min", .low = 10, .high = 400},
    {.name = "heart_rate_variability", .unit = "ms", .low = 0, .high = 5000},
    {.name = "respiratory_rate", .unit = "/min", .low = 1, .high = 150},
}};

[[nodiscard]] constexpr const VitalKind* vital_kind(std::string_view name) {
    for (const auto& kind : vital_kinds) {
        if (kind.name == name) {
            return &kind;
        }
    }
    return nullptr;
}

} // namespace vigil::heart_intake
