// The seeded simulation: `simulation --seeds 1000` runs seeds 1 to 1000, `--seed N` repeats one and
// prints its steps when it fails.
#include "simulation/world.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>

using namespace vigil;
using namespace vigil::simulation;

namespace {

struct Totals {
    std::size_t refused_owners = 0;
    std::size_t refused_after_a_pause = 0;
    std::size_t shared = 0; // worlds in which several processes had a part of the partitions each
    std::size_t leased_takeovers = 0;
    std::size_t redelivered = 0;
    std::size_t refused_conflicts = 0;
    std::size_t let_in = 0;
    std::uint64_t entries = 0;
    std::uint64_t freed = 0;
    std::size_t checkpoints = 0; // that an owner began from
    std::size_t detections = 0;
    std::size_t events = 0;
    std::size_t heart_changes = 0;
    std::size_t fell_behind = 0; // worlds in which the detector did
    std::map<v1::Alarm::Condition, std::size_t> alarms;
};

/// What must have been raised in a thousand worlds.
constexpr std::array expected{
    v1::Alarm::SEIZURE_POSSIBLE,
    v1::Alarm::TACHYCARDIA,
    v1::Alarm::DATA_MISSING,
    v1::Alarm::LINK_LOST,
    v1::Alarm::FLAT_OR_SATURATED,
    v1::Alarm::FROZEN_VALUE,
    v1::Alarm::CLOCK_SKEW,
    v1::Alarm::DETECTOR_BEHIND,
    v1::Alarm::STORAGE_FAILING,
    v1::Alarm::MANUAL_ALARM,
    v1::Alarm::EVENT_BUTTON,
};

std::string alarms_in_words(const Totals& totals) {
    std::string words = "alarms: ";
    for (const auto& [condition, count] : totals.alarms) {
        words += std::to_string(count) + " " + v1::Alarm::Condition_Name(condition) + ", ";
    }
    return words;
}

struct Options {
    std::size_t steps = 0;
    std::int64_t memory_s = 0;
    std::uint64_t checkpoint_entries = 0;
};

/// Every fourth world has the detector's real memory, and lives long enough to outlast it; every
/// fourth forgets after 3 s; in the others nothing is ever forgotten. In six of seven the detector
/// writes checkpoints, mostly several; in the seventh it is never the time for one.
Options chosen(std::uint64_t seed, Options options) {
    const bool is_long = seed % 4 == 1;
    if (options.memory_s == 0) {
        options.memory_s = is_long         ? detector::CoreOptions{}.memory.count()
                           : seed % 4 == 3 ? 3
                                           : 300;
    }
    if (options.steps == 0) {
        options.steps = is_long ? 200 : 130;
    }
    if (options.checkpoint_entries == 0) {
        const auto kind = seed % 7;
        options.checkpoint_entries =
            kind == 0 ? detector::CoreOptions{}.checkpoint_entries : std::uint64_t{2} << kind;
    }
    return options;
}

bool run(std::uint64_t seed, const Options& given, bool trace, Totals& totals) {
    const auto options = chosen(seed, given);
    World world(
        seed,
        {.memory = std::chrono::seconds{options.memory_s},
         .checkpoint_entries = options.checkpoint_entries}
    );
    try {
        world.live(options.steps);
        const auto checked = check(world);
        totals.detections += checked.detections;
        totals.events += checked.events;
        totals.heart_changes += checked.heart_changes;
        for (const auto& [condition, count] : checked.alarms) {
            totals.alarms[condition] += count;
        }
    } catch (const Failure& failure) {
        std::cout << "seed " << seed << ": " << failure.what << "\n";
        if (trace) {
            for (const auto& line : world.trace()) {
                std::cout << "  " << line << "\n";
            }
        } else {
            std::cout << "  repeat it with --seed " << seed << "\n";
        }
        return false;
    }
    totals.fell_behind += world.fell_behind() ? 1 : 0;
    totals.refused_owners += world.refused_owners();
    totals.refused_after_a_pause += world.refused_after_a_pause();
    totals.shared += world.was_shared() ? 1 : 0;
    totals.leased_takeovers += world.leased_takeovers();
    totals.redelivered += world.redelivered();
    totals.refused_conflicts += world.refused_conflicts();
    totals.let_in += world.let_in().size();
    totals.freed += world.freed();
    totals.checkpoints += world.begun_from_checkpoints();
    totals.entries += world.journal().newest();
    return true;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "Intake, journal, detector, records and ward in one thread, with everything that goes wrong"
    };
    std::uint64_t seed = 0;
    std::uint64_t seeds = 1000;
    std::uint64_t first = 1;
    Options options;
    app.add_option("--seed", seed, "Repeat this one");
    app.add_option("--first", first, "The first seed")->capture_default_str();
    app.add_option("--seeds", seeds, "How many")->capture_default_str();
    app.add_option(
           "--steps",
           options.steps,
           "Steps with faults in each world; 0: 200 in every fourth world, else 130"
    )
        ->capture_default_str();
    app.add_option(
           "--memory-s",
           options.memory_s,
           "After so many seconds of silence the detector forgets a stream's samples; 0: by the "
           "seed 3, 30 or 300"
    )
        ->capture_default_str();
    app.add_option(
           "--checkpoint-entries",
           options.checkpoint_entries,
           "The detector's checkpoints come after so many entries; 0: 4 to 128 by the seed, and "
           "never in every seventh world"
    )
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    Totals totals;
    if (seed != 0) {
        return run(seed, options, true, totals) ? 0 : 1;
    }
    std::size_t failed = 0;
    for (auto at = first; at < first + seeds && failed < 5; ++at) {
        failed += run(at, options, false, totals) ? 0 : 1;
    }
    std::cout << seeds << " seeds, " << totals.entries << " entries (" << totals.freed
              << " freed), " << totals.detections << " detections, " << totals.events << " events, "
              << totals.heart_changes << " changes of hearts, " << alarms_in_words(totals)
              << totals.fell_behind << " worlds with a detector that fell behind, " << totals.shared
              << " with several owners at once, " << totals.leased_takeovers
              << " takeovers by leases, " << totals.refused_owners << " owners refused, "
              << totals.refused_after_a_pause << " of them after a pause, " << totals.redelivered
              << " redeliveries, " << totals.checkpoints << " began from a checkpoint, "
              << totals.refused_conflicts << " conflicts refused at intake and " << totals.let_in
              << " not, " << failed << " worlds failed\n";
    // Faults that never happen prove nothing.
    const bool is_idle = totals.detections == 0 || totals.events == 0 ||
                         totals.heart_changes == 0 || totals.fell_behind == 0 ||
                         !std::ranges::all_of(
                             expected,
                             [&](auto condition) { return totals.alarms.contains(condition); }
                         ) ||
                         totals.shared == 0 || totals.leased_takeovers == 0 ||
                         totals.refused_after_a_pause == 0 || totals.redelivered == 0 ||
                         totals.refused_owners == 0 || totals.refused_conflicts == 0 ||
                         totals.let_in == 0 || totals.freed == 0 || totals.checkpoints == 0;
    if (seeds >= 100 && is_idle) {
        std::cout << "some of these never happened\n";
        return 1;
    }
    return failed == 0 ? 0 : 1;
}
