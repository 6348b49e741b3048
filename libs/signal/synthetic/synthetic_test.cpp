#include "signal/synthetic/ward.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

using namespace vigil::signal;

namespace {

struct Played {
    std::vector<float> focus_uv{}; // the first channel
    std::vector<float> last_uv{};
    std::vector<SyntheticBeat> beats{};
    std::vector<SeizureLabel> labels{};
    double rate_hz = 0;
};

Played play(const SyntheticPlan& plan, double seconds, std::size_t block = 64) {
    SyntheticPatient patient(plan);
    Played played;
    played.rate_hz = static_cast<double>(plan.rate_numerator) / plan.rate_denominator;
    std::vector<std::int32_t> samples;
    const auto total = static_cast<std::uint64_t>(seconds * played.rate_hz);
    while (patient.position() < total) {
        const auto count = std::min<std::size_t>(block, total - patient.position());
        patient.next(count, samples);
        for (std::size_t i = 0; i < count; ++i) {
            played.focus_uv.push_back(static_cast<float>(samples[i]) * 0.1F);
            played.last_uv.push_back(
                static_cast<float>(samples[samples.size() - count + i]) * 0.1F
            );
        }
        for (const auto& beat : patient.take_beats()) {
            played.beats.push_back(beat);
        }
    }
    played.labels = patient.seizures();
    return played;
}

double rms(const std::vector<float>& values, std::size_t from, std::size_t to) {
    double sum = 0;
    for (std::size_t i = from; i < to; ++i) {
        sum += static_cast<double>(values[i]) * values[i];
    }
    return std::sqrt(sum / static_cast<double>(to - from));
}

/// Power between two frequencies by a plain Fourier sum over one stretch with a Hann window.
double
band_power(const Played& played, std::size_t from, std::size_t count, double low, double high) {
    double power = 0;
    const double step = played.rate_hz / static_cast<double>(count);
    for (double frequency = std::max(step, low); frequency < high; frequency += step) {
        double real = 0;
        double imaginary = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const double at = 2 * std::numbers::pi * static_cast<double>(i);
            const double value =
                played.focus_uv[from + i] * (0.5 - 0.5 * std::cos(at / static_cast<double>(count)));
            real += value * std::cos(at * frequency / played.rate_hz);
            imaginary += value * std::sin(at * frequency / played.rate_hz);
        }
        power += real * real + imaginary * imaginary;
    }
    return power;
}

double mean_bpm(const Played& played, double from_s, double to_s) {
    double intervals = 0;
    double count = 0;
    for (const auto& beat : played.beats) {
        if (beat.time_s >= from_s && beat.time_s < to_s) {
            intervals += beat.rr_us * 1e-6;
            ++count;
        }
    }
    return 60 * count / intervals;
}

} // namespace

TEST_CASE("the noise has unit variance and 1/f noise falls 3 dB an octave") {
    WhiteNoise white(7);
    PinkNoise pink(256);
    Rhythm alpha(256, 10, 1.2);
    double sum_white = 0;
    double sum_pink = 0;
    double sum_alpha = 0;
    Played played{.rate_hz = 256};
    constexpr int count = 400'000;
    for (int i = 0; i < count; ++i) {
        const float w = white.normal();
        const float p = pink.next(w);
        const float a = alpha.next(white.normal());
        sum_white += w * w;
        sum_pink += p * p;
        sum_alpha += a * a;
        played.focus_uv.push_back(p);
    }
    CHECK(sum_white / count == Catch::Approx(1).margin(0.02));
    CHECK(sum_pink / count == Catch::Approx(1).margin(0.1));
    CHECK(sum_alpha / count == Catch::Approx(1).margin(0.1));
    // equal power in each octave is what 1/f means
    double low = 0;
    double high = 0;
    for (std::size_t from = 0; from + 1024 <= 100 * 1024; from += 1024) {
        low += band_power(played, from, 1024, 2, 4);
        high += band_power(played, from, 1024, 16, 32);
    }
    CHECK(low / high > 0.7);
    CHECK(low / high < 1.4);
}

TEST_CASE("a resting Epileptor stays at rest, an excitable one has seizures and ends them") {
    WhiteNoise noise(1);
    for (const bool excitable : {false, true}) {
        Epileptor model(2857); // the paper's own
        int onsets = 0;
        bool ictal = false;
        double activity = -1.6;
        for (int i = 0; i < 300'000; ++i) {
            model.step(
                0.05,
                excitable ? -1.6 : -2.5,
                0.0045 * noise.normal(),
                0.022 * noise.normal()
            );
            activity += (model.state().x1 - activity) / 400;
            if (!ictal && activity > -0.5) {
                ictal = true;
                ++onsets;
            } else if (ictal && activity < -0.9) {
                ictal = false;
            }
            REQUIRE(std::isfinite(model.state().x1));
        }
        if (excitable) {
            CHECK(onsets >= 3);
        } else {
            CHECK(onsets == 0);
        }
    }
}

TEST_CASE("every patient of the ward has its seizures when they are wanted, and none else") {
    for (const auto& plan : synthetic_ward({})) {
        CAPTURE(plan.patient, plan.rate_numerator);
        const auto played = play(plan, 600);
        std::vector<double> wanted;
        for (double at = plan.seizures.first_s; at < 560; at += plan.seizures.every_s) {
            wanted.push_back(at);
        }
        REQUIRE(played.labels.size() >= wanted.size());
        REQUIRE(played.labels.size() <= wanted.size() + 1);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const double onset = static_cast<double>(played.labels[i].onset) / played.rate_hz;
            CAPTURE(i, onset, played.labels[i].end);
            CHECK(std::abs(onset - wanted[i]) < 8);
            if (played.labels[i].end != 0) {
                const double lasted =
                    static_cast<double>(played.labels[i].end) / played.rate_hz - onset;
                CHECK(lasted > 15);
                CHECK(lasted < 60);
            }
        }
    }
}

TEST_CASE("a seizure is large and rhythmic between 3 and 10 Hz, the background small") {
    for (const auto& plan : synthetic_ward({})) {
        CAPTURE(plan.patient);
        const auto played = play(plan, plan.seizures.first_s + 60);
        REQUIRE_FALSE(played.labels.empty());
        REQUIRE(played.labels[0].end != 0);
        const auto onset = static_cast<std::size_t>(played.labels[0].onset);
        const auto end = static_cast<std::size_t>(played.labels[0].end);
        const auto second = static_cast<std::size_t>(played.rate_hz);
        const double background = rms(played.focus_uv, 0, onset - 5 * second);
        CHECK(background > 25);
        CHECK(background < 50);
        CHECK(rms(played.focus_uv, onset + second, end - second) > 150);
        CHECK(rms(played.focus_uv, onset + second, end - second) < 400);
        CHECK(rms(played.last_uv, onset + second, end - second) > 2 * background);
        // every second of its first three quarters, before it wanes: a detector sees one window at
        // a time
        const std::size_t wanes = onset + (end - onset) * 3 / 4;
        for (std::size_t at = onset + second; at + second < wanes; at += second) {
            CAPTURE((at - onset) / second);
            CHECK(rms(played.focus_uv, at, at + second) > 2.2 * background);
        }
        const std::size_t middle = (onset + end) / 2 - 2 * second;
        CHECK(
            band_power(played, middle, 4 * second, 2, 12) >
            0.7 * band_power(played, middle, 4 * second, 0.5, 60)
        );
    }
}

TEST_CASE("the same seed gives the same samples, however they are cut into blocks") {
    const auto plans = synthetic_ward({});
    for (const std::size_t block : {1U, 7U, 256U, 1000U}) {
        const auto one = play(plans[2], 60, 64);
        const auto other = play(plans[2], 60, block);
        CHECK(one.focus_uv == other.focus_uv);
        CHECK(one.last_uv == other.last_uv);
        REQUIRE(one.beats.size() == other.beats.size());
        CHECK(one.beats.back().rr_us == other.beats.back().rr_us);
    }
    CHECK(play(synthetic_ward({.seed = 2})[0], 2).focus_uv != play(plans[0], 2).focus_uv);
    CHECK(play(plans[0], 2).focus_uv != play(plans[1], 2).focus_uv);
}

TEST_CASE("the heart rises by 25 to 55 beats per minute within 20 s of the onset and comes back") {
    for (const auto& plan : synthetic_ward({})) {
        CAPTURE(plan.patient);
        const auto played = play(plan, plan.seizures.first_s + 200);
        const double onset = static_cast<double>(played.labels.at(0).onset) / played.rate_hz;
        const double end = static_cast<double>(played.labels.at(0).end) / played.rate_hz;
        REQUIRE(end > onset);
        const double before = mean_bpm(played, 0, onset);
        const double during = mean_bpm(played, onset + 15, std::min(end, onset + 30));
        CHECK(during - before > 25);
        CHECK(during - before < 55);
        CHECK(mean_bpm(played, end + 130, end + 150) - before < 8);
        for (const auto& beat : played.beats) {
            CHECK(beat.rr_us >= 200'000);
            CHECK(beat.rr_us <= 5'000'000);
        }
    }
}

TEST_CASE("a ward has any number of patients and up to 23 different channels") {
    CHECK(synthetic_ward({.patients = 0}).empty());
    const auto many = synthetic_ward({.patients = 500, .channels = 23});
    REQUIRE(many.size() == 500);
    CHECK(many[499].patient == "ward-500");
    auto labels = many[0].labels;
    CHECK(labels.size() == 23);
    std::ranges::sort(labels);
    CHECK(std::ranges::adjacent_find(labels) == labels.end());
    CHECK(synthetic_ward({.patients = 1, .channels = 24})[0].labels.size() == 23);
    CHECK(synthetic_ward({})[2].rate_numerator == 17361);
}
