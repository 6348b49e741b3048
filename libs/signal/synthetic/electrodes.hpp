// The 19 electrodes of the 10-20 system, where they lie, and the pairs of the bipolar chain. Used
// by synthetic recordings.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::signal {

inline constexpr std::size_t electrode_count = 19;

/// On a head of radius 1: x to the right ear, y to the nose, z to the vertex.
struct Place {
    double x = 0, y = 0, z = 0;
};

struct Electrode10_20 {
    std::string_view name;
    Place place;
};

/// The electrodes of the 10-20 system by their newer names (T7, T8, P7, P8 for T3, T4, T5, T6).
///
/// source  Jasper, Electroencephalogr. Clin. Neurophysiol. 10 (1958) 371, on a sphere whose arc
/// from
///         nasion to inion has 180 degrees (not looked up; the order on the head is tested)
[[nodiscard]] const std::array<Electrode10_20, electrode_count>& electrodes_10_20();

[[nodiscard]] double distance(const Place& one, const Place& other);

enum class Montage : unsigned char {
    referential, // each electrode against a point that has no potential
    bipolar,     // the longitudinal chain, 18 pairs of neighbours from front to back
};

/// A channel as a difference of two electrodes, or one electrode alone.
struct MontageChannel {
    std::string label; // "Fp1", "Fp1-F7"
    std::size_t plus = 0;
    std::size_t minus = electrode_count; // electrode_count: none
};

/// The channels in the order in which they are recorded.
[[nodiscard]] std::vector<MontageChannel> montage_channels(Montage montage);

} // namespace vigil::signal
