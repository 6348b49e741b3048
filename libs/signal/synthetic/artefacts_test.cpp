#include "signal/synthetic/continuous.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace vigil::signal;

namespace {

constexpr std::uint32_t rate_hz = 256;

ArtefactPlan only(ArtefactKind kind, double per_hour) {
    ArtefactPlan plan;
    plan.per_hour[static_cast<std::size_t>(kind)] = per_hour;
    return plan;
}

ContinuousPlan recording_with(const ArtefactPlan& artefacts, Montage montage, double duration_s) {
    return {
        .rate_hz = rate_hz,
        .duration_s = duration_s,
        .montage = montage,
        .seizures_per_hour = 0,
        .artefacts = artefacts,
        .seed = 3,
    };
}

/// Steps of 0.1 uV, channel by channel.
std::vector<std::vector<int>> samples_of(ContinuousRecording& recording) {
    std::vector<std::int16_t> block;
    recording.next(recording.samples(), block);
    std::vector<std::vector<int>> channels;
    for (std::size_t c = 0; c < recording.channels().size(); ++c) {
        const auto from = block.begin() + static_cast<std::ptrdiff_t>(c * recording.samples());
        channels.emplace_back(from, from + static_cast<std::ptrdiff_t>(recording.samples()));
    }
    return channels;
}

/// What the artefacts added, in uV: the recording less the same one without them.
struct Added {
    std::vector<std::vector<double>> channels_uv;
    std::vector<std::vector<int>> with;
    std::vector<ArtefactMark> marks;
    std::vector<MontageChannel> montage;
};

Added added(const ArtefactPlan& artefacts, Montage montage, double duration_s) {
    ContinuousRecording recording(recording_with(artefacts, montage, duration_s));
    ContinuousRecording clean(recording_with({}, montage, duration_s));
    Added found{
        .channels_uv = {},
        .with = samples_of(recording),
        .marks = recording.artefacts(),
        .montage = recording.channels(),
    };
    const auto without = samples_of(clean);
    for (std::size_t c = 0; c < without.size(); ++c) {
        auto& values = found.channels_uv.emplace_back();
        for (std::size_t i = 0; i < without[c].size(); ++i) {
            values.push_back(0.1 * (found.with[c][i] - without[c][i]));
        }
    }
    return found;
}

bool shows(const ArtefactMark& mark, std::size_t electrode) {
    return std::ranges::contains(mark.electrodes, electrode);
}

double largest(const std::vector<double>& values, const ArtefactMark& mark) {
    double most = 0;
    for (auto i = mark.first; i < mark.end; ++i) {
        most = std::max(most, std::abs(values[i]));
    }
    return most;
}

/// Power of a stretch at one frequency.
double power_at(const std::vector<double>& values, const ArtefactMark& mark, double hz) {
    double real = 0;
    double imaginary = 0;
    for (auto i = mark.first; i < mark.end; ++i) {
        const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz;
        real += values[i] * std::cos(angle);
        imaginary += values[i] * std::sin(angle);
    }
    return real * real + imaginary * imaginary;
}

std::size_t electrode(std::string_view name) {
    const auto& all = electrodes_10_20();
    return static_cast<std::size_t>(
        std::ranges::find(all, name, &Electrode10_20::name) - all.begin()
    );
}

} // namespace

TEST_CASE("outside of the marks, and on other electrodes, an artefact changes no sample") {
    for (const auto& traits : artefact_traits()) {
        CAPTURE(traits.name);
        const double per_hour = traits.kind == ArtefactKind::mains ? 18 : traits.most_per_hour / 2;
        const auto found = added(only(traits.kind, per_hour), Montage::referential, 400);
        REQUIRE_FALSE(found.marks.empty());
        for (std::size_t c = 0; c < electrode_count; ++c) {
            std::vector<bool> marked(found.channels_uv[c].size());
            for (const auto& mark : found.marks) {
                REQUIRE(mark.kind == traits.kind);
                if (shows(mark, c)) {
                    std::fill(
                        marked.begin() + static_cast<std::ptrdiff_t>(mark.first),
                        marked.begin() + static_cast<std::ptrdiff_t>(mark.end),
                        true
                    );
                    CHECK(largest(found.channels_uv[c], mark) > 0.5);
                }
            }
            for (std::size_t i = 0; i < marked.size(); ++i) {
                REQUIRE((marked[i] || found.channels_uv[c][i] == 0));
            }
        }
    }
}

TEST_CASE("a blink is a positive wave of its amplitude over the eyes, smaller behind them") {
    const auto found = added(only(ArtefactKind::blink, 600), Montage::referential, 60);
    REQUIRE(found.marks.size() > 3);
    for (const auto& mark : found.marks) {
        const double eyes = largest(found.channels_uv[electrode("Fp1")], mark);
        CHECK(eyes == Catch::Approx(mark.amplitude_uv).epsilon(0.02).margin(0.2));
        CHECK(largest(found.channels_uv[electrode("Fz")], mark) < 0.5 * eyes);
        for (auto i = mark.first; i < mark.end; ++i) {
            REQUIRE(found.channels_uv[electrode("Fp1")][i] >= 0);
        }
    }
}

TEST_CASE("chewing comes in bursts over the temples, faster than 20 Hz") {
    const auto found = added(only(ArtefactKind::chewing, 100), Montage::referential, 120);
    REQUIRE_FALSE(found.marks.empty());
    for (const auto& mark : found.marks) {
        const auto& temple = found.channels_uv[electrode("T7")];
        double slow = 0;
        double fast = 0;
        for (double hz = 1; hz < 15; ++hz) {
            slow += power_at(temple, mark, hz);
            fast += power_at(temple, mark, hz + 40);
        }
        CHECK(fast > 5 * slow);
        // between two bursts the jaw rests: silent for a quarter of a second somewhere
        std::size_t longest = 0;
        std::size_t run = 0;
        for (auto i = mark.first; i < mark.end; ++i) {
            run = std::abs(temple[i]) < 0.05 * mark.amplitude_uv ? run + 1 : 0;
            longest = std::max(longest, run);
        }
        CHECK(longest > rate_hz / 5);
    }
}

TEST_CASE("movement swings slowly, everywhere and everywhere differently") {
    const auto found = added(only(ArtefactKind::movement, 200), Montage::referential, 120);
    REQUIRE_FALSE(found.marks.empty());
    for (const auto& mark : found.marks) {
        double slow = 0;
        double fast = 0;
        for (double hz = 0.5; hz < 5; hz += 0.25) {
            slow += power_at(found.channels_uv[0], mark, hz);
            fast += power_at(found.channels_uv[0], mark, hz + 8);
        }
        CHECK(slow > 10 * fast);
        CHECK(largest(found.channels_uv[0], mark) != largest(found.channels_uv[1], mark));
    }
}

TEST_CASE("an electrode that pops shows with opposite signs on the two channels that it is part of"
) {
    const auto found = added(only(ArtefactKind::electrode_pop, 600), Montage::bipolar, 300);
    int pairs = 0;
    for (const auto& mark : found.marks) {
        const auto popped = mark.electrodes.at(0);
        REQUIRE(mark.electrodes.size() == 1);
        for (std::size_t c = 0; c < found.montage.size(); ++c) {
            const auto& [label, plus, minus] = found.montage[c];
            const auto& values = found.channels_uv[c];
            if (plus != popped && minus != popped) {
                continue;
            }
            CAPTURE(label, mark.first);
            // at once at its whole amplitude, then back without a swing to the other side
            CHECK(std::abs(values[mark.first]) == Catch::Approx(mark.amplitude_uv).margin(0.11));
            CHECK(std::abs(values[mark.end - 1]) < 0.02 * mark.amplitude_uv + 0.11);
            ++pairs;
        }
        // F7 is minus of one channel and plus of the next
        if (popped == electrode("F7")) {
            CHECK(found.channels_uv[0][mark.first] * found.channels_uv[1][mark.first] < 0);
        }
    }
    CHECK(pairs > 20);
}

TEST_CASE("mains has its frequency and third harmonic, or none that the rate cannot hold") {
    for (const double mains_hz : {50.0, 60.0}) {
        auto plan = only(ArtefactKind::mains, 18);
        plan.mains_hz = mains_hz;
        const auto found = added(plan, Montage::referential, 400);
        REQUIRE_FALSE(found.marks.empty());
        const auto& mark = found.marks[0];
        const auto& values = found.channels_uv[mark.electrodes.at(0)];
        CHECK(power_at(values, mark, mains_hz) > 1000 * power_at(values, mark, mains_hz + 5));
        CHECK(largest(values, mark) < 1.05 * mark.amplitude_uv + 0.2);
        // three times 50 Hz is over 128 Hz: it would fold to 106 Hz
        CHECK(power_at(values, mark, mains_hz) > 1000 * power_at(values, mark, 256 - 3 * mains_hz));
    }
}

TEST_CASE("an electrode without contact makes its channels flat, whatever else goes on") {
    auto plan = usual_artefacts(2);
    plan.per_hour[static_cast<std::size_t>(ArtefactKind::drop_out)] = 100;
    for (const auto montage : {Montage::referential, Montage::bipolar}) {
        const auto found = added(plan, montage, 600);
        bool one = false;
        bool all = false;
        for (const auto& mark : found.marks) {
            if (mark.kind != ArtefactKind::drop_out) {
                continue;
            }
            (mark.electrodes.size() == 1 ? one : all) = true;
            for (std::size_t c = 0; c < found.montage.size(); ++c) {
                const auto& [label, plus, minus] = found.montage[c];
                if (!shows(mark, plus) && !shows(mark, minus)) {
                    continue;
                }
                for (auto i = mark.first; i < mark.end; ++i) {
                    REQUIRE(found.with[c][i] == 0);
                }
                if (mark.end < found.with[c].size()) {
                    CHECK(std::any_of(
                        found.with[c].begin() + static_cast<std::ptrdiff_t>(mark.end),
                        found.with[c].end(),
                        [](int value) { return value != 0; }
                    ));
                }
            }
        }
        CHECK(one);
        CHECK(all);
    }
}

TEST_CASE("each kind happens as often as planned, never twice at a time, and inside") {
    constexpr std::uint64_t day = 86'400 * rate_hz;
    for (const auto& traits : artefact_traits()) {
        for (const double per_hour : {traits.usual_per_hour, traits.most_per_hour}) {
            const auto marks = artefact_schedule(only(traits.kind, per_hour), rate_hz, day, 9);
            CAPTURE(traits.name, per_hour, marks.size());
            const double wanted = 24 * per_hour;
            // a dead time only makes the count steadier than Poisson's
            CHECK(std::abs(static_cast<double>(marks.size()) - wanted) < 4 * std::sqrt(wanted) + 1);
            for (std::size_t i = 0; i < marks.size(); ++i) {
                REQUIRE(marks[i].end <= day);
                const auto lasts_s = static_cast<double>(marks[i].end - marks[i].first) / rate_hz;
                REQUIRE(lasts_s >= traits.shortest_s);
                REQUIRE(lasts_s <= traits.longest_s + 1.0 / rate_hz);
                REQUIRE(marks[i].amplitude_uv >= traits.least_uv);
                REQUIRE(marks[i].amplitude_uv <= traits.most_uv);
                REQUIRE((i == 0 || marks[i].first >= marks[i - 1].end));
            }
        }
    }
    CHECK(artefact_schedule({}, rate_hz, day, 9).empty());
    CHECK(artefact_schedule(usual_artefacts(), rate_hz, 10, 9).empty());
}

TEST_CASE("a kind's schedule does not depend on the other kinds") {
    const auto all = artefact_schedule(usual_artefacts(), rate_hz, 3600 * rate_hz, 5);
    for (const auto& traits : artefact_traits()) {
        const auto alone =
            artefact_schedule(only(traits.kind, traits.usual_per_hour), rate_hz, 3600 * rate_hz, 5);
        std::vector<std::uint64_t> firsts;
        for (const auto& mark : all) {
            if (mark.kind == traits.kind) {
                firsts.push_back(mark.first);
            }
        }
        REQUIRE(firsts.size() == alone.size());
        for (std::size_t i = 0; i < alone.size(); ++i) {
            CHECK(alone[i].first == firsts[i]);
        }
    }
}
