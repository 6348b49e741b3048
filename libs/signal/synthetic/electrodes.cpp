#include "signal/synthetic/electrodes.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace vigil::signal {

namespace {

/// From the vertex down, and from the right ear towards the nose.
Place at(double down_degrees, double turn_degrees) {
    const double down = down_degrees * std::numbers::pi / 180;
    const double turn = turn_degrees * std::numbers::pi / 180;
    return {
        .x = std::sin(down) * std::cos(turn),
        .y = std::sin(down) * std::sin(turn),
        .z = std::cos(down)
    };
}

std::size_t index_of(std::string_view name) {
    const auto& all = electrodes_10_20();
    return static_cast<std::size_t>(
        std::ranges::find(all, name, &Electrode10_20::name) - all.begin()
    );
}

// As bipolar_labels() of the ward begins.
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> chain{{
    {"Fp1", "F7"},
    {"F7", "T7"},
    {"T7", "P7"},
    {"P7", "O1"},
    {"Fp1", "F3"},
    {"F3", "C3"},
    {"C3", "P3"},
    {"P3", "O1"},
    {"Fp2", "F4"},
    {"F4", "C4"},
    {"C4", "P4"},
    {"P4", "O2"},
    {"Fp2", "F8"},
    {"F8", "T8"},
    {"T8", "P8"},
    {"P8", "O2"},
    {"Fz", "Cz"},
    {"Cz", "Pz"},
}};

} // namespace

const std::array<Electrode10_20, electrode_count>& electrodes_10_20() {
    // F3, F4, P3 and P4 lie midway between the ring and the middle line
    static const std::array<Electrode10_20, electrode_count> electrodes{{
        {.name = "Fp1", .place = at(72, 108)}, {.name = "Fp2", .place = at(72, 72)},
        {.name = "F7", .place = at(72, 144)},  {.name = "F3", .place = at(51, 124)},
        {.name = "Fz", .place = at(36, 90)},   {.name = "F4", .place = at(51, 56)},
        {.name = "F8", .place = at(72, 36)},   {.name = "T7", .place = at(72, 180)},
        {.name = "C3", .place = at(36, 180)},  {.name = "Cz", .place = at(0, 0)},
        {.name = "C4", .place = at(36, 0)},    {.name = "T8", .place = at(72, 0)},
        {.name = "P7", .place = at(72, 216)},  {.name = "P3", .place = at(51, 236)},
        {.name = "Pz", .place = at(36, 270)},  {.name = "P4", .place = at(51, 304)},
        {.name = "P8", .place = at(72, 324)},  {.name = "O1", .place = at(72, 252)},
        {.name = "O2", .place = at(72, 288)},
    }};
    return electrodes;
}

double distance(const Place& one, const Place& other) {
    return std::hypot(one.x - other.x, one.y - other.y, one.z - other.z);
}

std::vector<MontageChannel> montage_channels(Montage montage) {
    std::vector<MontageChannel> channels;
    if (montage == Montage::referential) {
        for (const auto& electrode : electrodes_10_20()) {
            channels.push_back({.label = std::string(electrode.name), .plus = channels.size()});
        }
        return channels;
    }
    for (const auto& [plus, minus] : chain) {
        channels.push_back({
            .label = std::string(plus) + "-" + std::string(minus),
            .plus = index_of(plus),
            .minus = index_of(minus),
        });
    }
    return channels;
}

} // namespace vigil::signal
