#include "signal/synthetic/artefacts.hpp"
#include "signal/synthetic/noise.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vigil::signal {

namespace {

constexpr double hour_s = 3600;
constexpr double shortest_pause_s = 0.5; // between two of one kind

double between(WhiteNoise& noise, double low, double high) {
    return low + (high - low) * noise.uniform();
}

std::size_t any_electrode(WhiteNoise& noise) {
    return static_cast<std::size_t>(noise.uniform() * electrode_count);
}

/// The electrodes of these names, in order.
std::vector<std::size_t> named(std::initializer_list<std::string_view> names) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < electrode_count; ++i) {
        if (std::ranges::contains(names, electrodes_10_20()[i].name)) {
            found.push_back(i);
        }
    }
    return found;
}

std::vector<std::size_t> all_electrodes() {
    std::vector<std::size_t> all(electrode_count);
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

std::vector<std::size_t> electrodes_of(ArtefactKind kind, WhiteNoise& noise) {
    constexpr double all_drop_out = 0.25; // the whole recorder, not one electrode
    constexpr double mains_share = 0.5;   // of the electrodes, and at least one
    switch (kind) {
        case ArtefactKind::blink:
            return named({"Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8"});
        case ArtefactKind::chewing:
            return named({"F7", "T7", "P7", "F8", "T8", "P8"});
        case ArtefactKind::movement:
            return all_electrodes();
        case ArtefactKind::electrode_pop:
            return {any_electrode(noise)};
        case ArtefactKind::mains: {
            std::vector<std::size_t> some{any_electrode(noise)};
            for (std::size_t i = 0; i < electrode_count; ++i) {
                if (noise.uniform() < mains_share && i != some.front()) {
                    some.push_back(i);
                }
            }
            std::ranges::sort(some);
            return some;
        }
        case ArtefactKind::drop_out: {
            const bool all = noise.uniform() < all_drop_out;
            const auto one = any_electrode(noise);
            return all ? all_electrodes() : std::vector{one};
        }
    }
    return {};
}

void draw_kind(
    const ArtefactTraits& traits,
    double per_hour,
    double rate_hz,
    std::uint64_t samples,
    std::uint64_t seed,
    std::vector<ArtefactMark>& marks
) {
    if (!(per_hour > 0)) {
        return;
    }
    WhiteNoise noise(seed);
    // a Poisson process with a dead time: what is left of the mean interval is exponential
    const double busy_s = (traits.shortest_s + traits.longest_s) / 2 + shortest_pause_s;
    const double mean_pause_s = std::max(0.0, hour_s / per_hour - busy_s);
    const double length_s = static_cast<double>(samples) / rate_hz;
    double at_s = 0;
    while (true) {
        at_s -= mean_pause_s * std::log1p(-noise.uniform());
        const double lasts_s = between(noise, traits.shortest_s, traits.longest_s);
        if (at_s + lasts_s > length_s) {
            return;
        }
        const auto first = static_cast<std::uint64_t>(at_s * rate_hz);
        const auto lasts = static_cast<std::uint64_t>(std::ceil(lasts_s * rate_hz));
        marks.push_back({
            .kind = traits.kind,
            .first = first,
            .end = std::min(first + lasts, samples),
            .amplitude_uv = between(noise, traits.least_uv, traits.most_uv),
            .electrodes = electrodes_of(traits.kind, noise),
            .seed = noise.bits(),
        });
        at_s += lasts_s + shortest_pause_s;
    }
}

} // namespace

const std::array<ArtefactTraits, artefact_kinds>& artefact_traits() {
    static constexpr std::array<ArtefactTraits, artefact_kinds> traits{{
        {.kind = ArtefactKind::blink,
         .name = "blink",
         .hed_tag = "Eye-blink-artifact",
         .usual_per_hour = 300,
         .most_per_hour = 1800,
         .shortest_s = 0.2,
         .longest_s = 0.4,
         .least_uv = 80,
         .most_uv = 200},
        {.kind = ArtefactKind::chewing,
         .name = "chewing",
         .hed_tag = "Chewing-artifact",
         .usual_per_hour = 4,
         .most_per_hour = 120,
         .shortest_s = 5,
         .longest_s = 20,
         .least_uv = 30,
         .most_uv = 100},
        {.kind = ArtefactKind::movement,
         .name = "movement",
         .hed_tag = "Movement-artifact",
         .usual_per_hour = 6,
         .most_per_hour = 300,
         .shortest_s = 2,
         .longest_s = 8,
         .least_uv = 100,
         .most_uv = 400},
        {.kind = ArtefactKind::electrode_pop,
         .name = "pop",
         .hed_tag = "Electrode-pops-artifact",
         .usual_per_hour = 6,
         .most_per_hour = 1200,
         .shortest_s = 0.5,
         .longest_s = 1.5,
         .least_uv = 100,
         .most_uv = 500},
        {.kind = ArtefactKind::mains,
         .name = "mains",
         .hed_tag = "Line-noise-artifact",
         .usual_per_hour = 1,
         .most_per_hour = 20,
         .shortest_s = 20,
         .longest_s = 300,
         .least_uv = 5,
         .most_uv = 40},
        {.kind = ArtefactKind::drop_out,
         .name = "drop-out",
         .hed_tag = "Nonbiological-artifact",
         .usual_per_hour = 1,
         .most_per_hour = 100,
         .shortest_s = 3,
         .longest_s = 30,
         .least_uv = 0,
         .most_uv = 0},
    }};
    return traits;
}

ArtefactPlan usual_artefacts(double share) {
    ArtefactPlan plan;
    for (std::size_t kind = 0; kind < artefact_kinds; ++kind) {
        plan.per_hour[kind] = share * artefact_traits()[kind].usual_per_hour;
    }
    return plan;
}

std::vector<ArtefactMark> artefact_schedule(
    const ArtefactPlan& plan,
    double rate_hz,
    std::uint64_t samples,
    std::uint64_t seed
) {
    std::vector<ArtefactMark> marks;
    WhiteNoise seeds(seed);
    for (std::size_t kind = 0; kind < artefact_kinds; ++kind) {
        // drawn for every kind, used or not
        const auto own_seed = seeds.bits();
        draw_kind(artefact_traits()[kind], plan.per_hour[kind], rate_hz, samples, own_seed, marks);
    }
    std::ranges::stable_sort(marks, {}, &ArtefactMark::first);
    return marks;
}

} // namespace vigil::signal
