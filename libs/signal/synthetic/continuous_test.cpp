#include "signal/synthetic/continuous.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

using namespace vigil::signal;

namespace {

struct Made {
    std::vector<std::vector<float>> channels_uv = {};
    std::vector<ContinuousSeizure> seizures = {};
    std::vector<MontageChannel> montage = {};
    std::size_t focus = 0;
    double rate_hz = 0;
};

Made make(const ContinuousPlan& plan, std::size_t block = 256) {
    REQUIRE(check(plan));
    ContinuousRecording recording(plan);
    Made made{
        .channels_uv = std::vector<std::vector<float>>(recording.channels().size()),
        .montage = recording.channels(),
        .focus = recording.focus(),
        .rate_hz = static_cast<double>(plan.rate_hz),
    };
    std::vector<std::int16_t> samples;
    while (recording.position() < recording.samples()) {
        const auto count = std::min<std::size_t>(block, recording.samples() - recording.position());
        recording.next(count, samples);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            made.channels_uv[i / count].push_back(static_cast<float>(samples[i]) * 0.1F);
        }
    }
    made.seizures = recording.seizures();
    return made;
}

const std::vector<float>& channel(const Made& made, std::string_view label) {
    const auto at = std::ranges::find(made.montage, label, &MontageChannel::label);
    REQUIRE(at != made.montage.end());
    return made.channels_uv[static_cast<std::size_t>(at - made.montage.begin())];
}

double rms(const std::vector<float>& values, std::size_t from, std::size_t to) {
    double sum = 0;
    for (std::size_t i = from; i < to; ++i) {
        sum += static_cast<double>(values[i]) * values[i];
    }
    return std::sqrt(sum / static_cast<double>(to - from));
}

double rms(const Made& made, const std::vector<float>& values, double from_s, double to_s) {
    return rms(
        values,
        static_cast<std::size_t>(from_s * made.rate_hz),
        static_cast<std::size_t>(to_s * made.rate_hz)
    );
}

/// Mean power from one frequency to another, by plain Fourier sums over seconds of four.
double band_power(const std::vector<float>& values, double rate_hz, double low_hz, double high_hz) {
    const auto count = static_cast<std::size_t>(4 * rate_hz);
    double power = 0;
    for (std::size_t from = 0; from + count <= values.size(); from += count) {
        for (double hz = low_hz; hz < high_hz; hz += 0.25) {
            double real = 0;
            double imaginary = 0;
            for (std::size_t i = 0; i < count; ++i) {
                const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz;
                real += values[from + i] * std::cos(angle);
                imaginary += values[from + i] * std::sin(angle);
            }
            power += real * real + imaginary * imaginary;
        }
    }
    return power / static_cast<double>(values.size() / count);
}

double correlation(const std::vector<float>& one, const std::vector<float>& other) {
    double product = 0;
    for (std::size_t i = 0; i < one.size(); ++i) {
        product += static_cast<double>(one[i]) * other[i];
    }
    return product / static_cast<double>(one.size()) /
           (rms(one, 0, one.size()) * rms(other, 0, other.size()));
}

constexpr ContinuousPlan quiet{
    .rate_hz = 128,
    .duration_s = 60,
    .montage = Montage::referential,
    .seizures_per_hour = 0,
    .artefacts = {},
    .seed = 1,
};

ContinuousPlan changed(auto change) {
    ContinuousPlan plan = quiet;
    change(plan);
    return plan;
}

} // namespace

TEST_CASE("the electrodes lie on the head as the 10-20 system has them") {
    const auto& all = electrodes_10_20();
    const auto place = [&all](std::string_view name) {
        return std::ranges::find(all, name, &Electrode10_20::name)->place;
    };
    for (const auto& electrode : all) {
        CHECK(distance(electrode.place, {}) == Catch::Approx(1));
    }
    CHECK(place("Fp1").x < 0);
    CHECK(place("O2").x > 0);
    CHECK(place("Fz").y > 0.5);
    CHECK(place("Pz").y < -0.5);
    CHECK(place("Cz").z == Catch::Approx(1));
    // neighbours along a line of the head have the same distance: 10 or 20 percent of an arc
    CHECK(distance(place("T7"), place("C3")) == Catch::Approx(distance(place("C3"), place("Cz"))));
    CHECK(distance(place("Fz"), place("Cz")) == Catch::Approx(distance(place("Cz"), place("Pz"))));
    CHECK(distance(place("Fp1"), place("F7")) == Catch::Approx(distance(place("F7"), place("T7"))));
    // F3 is midway between F7 and Fz, to the degree that the table has
    CHECK(
        distance(place("F3"), place("F7")) ==
        Catch::Approx(distance(place("F3"), place("Fz"))).margin(0.02)
    );
}

TEST_CASE("a montage is each electrode alone, or 18 pairs of neighbours that use all of them") {
    const auto referential = montage_channels(Montage::referential);
    REQUIRE(referential.size() == 19);
    CHECK(referential[0].label == "Fp1");
    CHECK(referential[0].minus == electrode_count);
    const auto bipolar = montage_channels(Montage::bipolar);
    REQUIRE(bipolar.size() == 18);
    CHECK(bipolar[0].label == "Fp1-F7");
    CHECK(bipolar[17].label == "Cz-Pz");
    std::array<bool, electrode_count> used{};
    for (const auto& [label, plus, minus] : bipolar) {
        CAPTURE(label);
        REQUIRE(minus < electrode_count);
        used[plus] = used[minus] = true;
        CHECK(distance(electrodes_10_20()[plus].place, electrodes_10_20()[minus].place) < 0.75);
    }
    CHECK(std::ranges::all_of(used, [](bool is) { return is; }));
}

TEST_CASE("a bipolar channel is the difference of its electrodes") {
    const auto single = make(quiet);
    const auto pairs = make(changed([](auto& plan) { plan.montage = Montage::bipolar; }));
    const auto& fp1 = channel(single, "Fp1");
    const auto& f7 = channel(single, "F7");
    const auto& pair = channel(pairs, "Fp1-F7");
    for (std::size_t i = 0; i < pair.size(); ++i) {
        REQUIRE(std::abs(pair[i] - (fp1[i] - f7[i])) < 0.151F); // both were rounded to 0.1
    }
}

TEST_CASE("the same seed gives the same samples, however they are cut; another one others") {
    const auto plan = changed([](auto& one) {
        one.duration_s = 240;
        one.seizures_per_hour = 15;
        one.artefacts = usual_artefacts(3);
    });
    const auto whole = make(plan, 240 * 128);
    for (const std::size_t block : {1U, 77U, 1000U}) {
        const auto cut = make(plan, block);
        CHECK(cut.channels_uv == whole.channels_uv);
        REQUIRE(cut.seizures.size() == 1);
        CHECK(cut.seizures[0].onset_s == whole.seizures[0].onset_s);
    }
    auto other = plan;
    other.seed = 2;
    CHECK(make(other).channels_uv != whole.channels_uv);
}

TEST_CASE("the background is tens of microvolts, 1/f, shared by neighbours, with alpha at the back"
) {
    const auto made = make(changed([](auto& plan) { plan.duration_s = 120; }));
    for (const auto& values : made.channels_uv) {
        CHECK(rms(values, 0, values.size()) > 15);
        CHECK(rms(values, 0, values.size()) < 50);
    }
    // octaves of 1/f noise have equal power; those beside alpha
    const auto& front = channel(made, "Fp1");
    const double low = band_power(front, 128, 2, 4);
    const double high = band_power(front, 128, 16, 32);
    CHECK(low / high > 0.6);
    CHECK(low / high < 1.7);
    const auto alpha = [&made](std::string_view label) {
        return band_power(channel(made, label), 128, 8, 12);
    };
    CHECK(alpha("O1") > 3 * alpha("Fp1"));
    CHECK(alpha("O2") > 3 * alpha("Fp2"));
    CHECK(
        correlation(channel(made, "F3"), channel(made, "F7")) >
        0.2 + correlation(channel(made, "Fp1"), channel(made, "P8"))
    );
}

TEST_CASE("every planned seizure happens and ends, as close together as they may come") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const auto plan = changed([seed](auto& one) {
            one.duration_s = 105 + 3 * 180;
            one.seizures_per_hour = 4 * 3600 / one.duration_s; // as many as find room
            one.seed = seed;
        });
        const auto made = make(plan);
        CAPTURE(seed, made.focus);
        REQUIRE(made.seizures.size() == 4);
        for (std::size_t i = 0; i < 4; ++i) {
            const auto& [onset_s, end_s] = made.seizures[i];
            CAPTURE(i, onset_s, end_s);
            CHECK(std::abs(onset_s - (30 + 180 * static_cast<double>(i))) < 8);
            CHECK(end_s - onset_s > 15);
            CHECK(end_s - onset_s < 65);
            CHECK(end_s < plan.duration_s);
        }
    }
}

TEST_CASE("a label is where the focus is loud, and the other side shows less") {
    for (const std::uint64_t seed : {1U, 5U}) {
        const auto made = make(changed([seed](auto& plan) {
            plan.duration_s = 105;
            plan.seizures_per_hour = 3600 / plan.duration_s;
            plan.seed = seed;
        }));
        REQUIRE(made.seizures.size() == 1);
        const auto [onset_s, end_s] = made.seizures[0];
        const auto& focus = made.channels_uv[made.focus];
        const double before = rms(made, focus, 0, onset_s - 5);
        const double during = rms(made, focus, onset_s + 2, end_s - 2);
        CAPTURE(seed, onset_s, end_s, before);
        CHECK(before < 60);
        CHECK(during > 150);
        CHECK(during < 500);
        CHECK(rms(made, focus, end_s + 3, 105) < 60);
        double least = during;
        for (const auto& values : made.channels_uv) {
            least = std::min(least, rms(made, values, onset_s + 2, end_s - 2));
        }
        CHECK(least < 0.5 * during);
        CHECK(least > before);
    }
}

TEST_CASE("onsets are random, in order, far enough apart and inside") {
    const auto onsets = random_seizure_onsets(12, 6 * 3600, 4);
    REQUIRE(onsets.size() == 12);
    CHECK(onsets.front() >= seizure_free_start_s);
    CHECK(onsets.back() <= 6 * 3600 - seizure_free_end_s);
    for (std::size_t i = 1; i < onsets.size(); ++i) {
        CHECK(onsets[i] - onsets[i - 1] >= shortest_seizure_interval_s);
    }
    CHECK(onsets != random_seizure_onsets(12, 6 * 3600, 5));
    CHECK(random_seizure_onsets(0, 3600, 1).empty());
    CHECK(random_seizure_onsets(5, 100, 1).empty());
    CHECK(most_seizures(104.9) == 0);
    CHECK(most_seizures(105) == 1);
    CHECK(most_seizures(105 + 180) == 2);
}

TEST_CASE("a recording without seizures has none for as long as it lasts") {
    const auto made = make(changed([](auto& plan) { plan.duration_s = 1800; }), 4096);
    CHECK(made.seizures.empty());
    for (const auto& values : made.channels_uv) {
        CHECK(*std::ranges::max_element(values) < 200);
    }
}

TEST_CASE("plans beyond a limit are refused by the name of what is wrong") {
    const auto field = [](auto change) {
        const auto checked = check(changed(change));
        return checked ? std::string() : checked.error().field;
    };
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(field([](auto&) {}).empty());
    CHECK(field([](auto& plan) { plan.rate_hz = 127; }) == "rate");
    CHECK(field([](auto& plan) { plan.rate_hz = 2048; }).empty());
    CHECK(field([](auto& plan) { plan.rate_hz = 2049; }) == "rate");
    CHECK(field([](auto& plan) { plan.duration_s = 0.9; }) == "hours");
    CHECK(field([](auto& plan) { plan.duration_s = 60.5; }) == "hours");
    CHECK(field([](auto& plan) { plan.duration_s = longest_continuous_s; }).empty());
    CHECK(field([](auto& plan) { plan.duration_s = longest_continuous_s + 1; }) == "hours");
    CHECK(field([nan](auto& plan) { plan.duration_s = nan; }) == "hours");
    CHECK(field([](auto& plan) { plan.seizures_per_hour = -1; }) == "seizures");
    CHECK(field([nan](auto& plan) { plan.seizures_per_hour = nan; }) == "seizures");
    CHECK(field([](auto& plan) { plan.seizures_per_hour = 1e300; }) == "seizures");
    CHECK(field([](auto& plan) { plan.seizures_per_hour = 60; }) == "seizures"); // 1 in a minute
    CHECK(field([](auto& plan) { plan.artefacts.mains_hz = 64; }) == "mains");
    CHECK(field([](auto& plan) { plan.artefacts.mains_hz = 39; }) == "mains");
    CHECK(field([nan](auto& plan) { plan.artefacts.mains_hz = nan; }) == "mains");
    for (std::size_t kind = 0; kind < artefact_kinds; ++kind) {
        const auto& traits = artefact_traits()[kind];
        const auto with = [&](double per_hour) {
            return field([&](auto& plan) { plan.artefacts.per_hour[kind] = per_hour; });
        };
        CHECK(with(traits.most_per_hour).empty());
        CHECK(with(traits.most_per_hour + 1) == "artefacts");
        CHECK(with(-1) == "artefacts");
        CHECK(with(nan) == "artefacts");
    }
}
