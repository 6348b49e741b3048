#include "signal/synthetic/ecg.hpp"

#include "signal/synthetic/ecg_noise.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigil::signal {

using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

TEST_CASE("the R waves of a synthetic electrocardiogram lie where its beats are told") {
    for (const bool inverted : {false, true}) {
        SyntheticEcg source({.rate_hz = 500, .inverted = inverted});
        const auto ecg = source.next(30 * 500);
        for (const std::int64_t beat : source.beats()) {
            if (beat < 100 || beat + 100 >= static_cast<std::int64_t>(ecg.size())) {
                continue;
            }
            const auto around = ecg.begin() + beat;
            const auto top = std::max_element(around - 100, around + 100, [&](float a, float b) {
                return inverted ? a > b : a < b;
            });
            CHECK(std::abs(top - around) <= 1);
            // Q and S, 42 ms away, take a little from its height
            CHECK_THAT(std::abs(*top), WithinAbs(1000, 30));
        }
    }
}

TEST_CASE("rate, ectopic beats and pauses are as planned") {
    SyntheticEcg plain({.bpm = 90, .variability = 0});
    (void)plain.next(60 * 250);
    for (std::size_t i = 1; i < plain.beats().size(); ++i) {
        CHECK_THAT(
            static_cast<double>(plain.beats()[i] - plain.beats()[i - 1]) / 250,
            WithinAbs(60.0 / 90, 0.005)
        );
    }
    SyntheticEcg ectopic({.variability = 0, .ventricular_share = 0.2, .pause_share = 0.1});
    (void)ectopic.next(600 * 250);
    int early = 0;
    int pauses = 0;
    for (std::size_t i = 1; i < ectopic.beats().size(); ++i) {
        const double rr_s = static_cast<double>(ectopic.beats()[i] - ectopic.beats()[i - 1]) / 250;
        early += rr_s < 0.7 * 60 / 70 ? 1 : 0;
        pauses += rr_s > 3 ? 1 : 0;
    }
    CHECK(early > 50);
    CHECK(pauses > 20);
}

TEST_CASE("the same plan gives the same electrocardiogram and noise, however it is cut") {
    const EcgPlan plan{.ventricular_share = 0.1, .paced = false, .seed = 9};
    const auto whole = SyntheticEcg(plan).next(5000);
    SyntheticEcg source(plan);
    std::vector<float> cut;
    for (const std::size_t count : {1, 7, 992, 4000}) {
        std::ranges::copy(source.next(count), std::back_inserter(cut));
    }
    CHECK(cut == whole);
    CHECK(SyntheticEcg({.seed = 10}).next(5000) != whole);
    for (const auto kind :
         {EcgNoiseKind::baseline_wander, EcgNoiseKind::muscle, EcgNoiseKind::electrode_motion}) {
        EcgNoise one(kind, 250, 3);
        EcgNoise same(kind, 250, 3);
        EcgNoise other(kind, 250, 4);
        float difference = 0;
        for (int i = 0; i < 1000; ++i) {
            const float value = one.next();
            CHECK(value == same.next());
            difference += std::abs(value - other.next());
        }
        CHECK(difference > 0);
    }
}

TEST_CASE("a spike of a pacemaker keeps its area at any rate") {
    for (const double rate_hz : {250.0, 1000.0}) {
        SyntheticEcg paced({.rate_hz = rate_hz, .paced = true, .seed = 2});
        const auto ecg = paced.next(static_cast<std::size_t>(10 * rate_hz));
        const auto beat = static_cast<std::size_t>(paced.beats().at(3));
        // the spike is the only thing over 2 mV in so short a stretch before a complex of 1.3 mV
        double area = 0;
        for (std::size_t i = beat - static_cast<std::size_t>(0.036 * rate_hz);
             i <= beat - static_cast<std::size_t>(0.028 * rate_hz);
             ++i) {
            const double x = (static_cast<double>(i) - static_cast<double>(beat)) / rate_hz / 0.035;
            area += (static_cast<double>(ecg[i]) - 1300 * std::exp(-x * x / 2)) / rate_hz;
        }
        CHECK_THAT(area, WithinRel(3000 * 0.002, 0.12));
    }
}

TEST_CASE("signal and noise are measured as the noise stress test does") {
    // a QRS complex of 2 mV from peak to peak: S is 2^2 / 8
    std::vector<float> ecg(1000 * 10);
    std::vector<std::int64_t> beats;
    for (std::size_t at = 500; at < ecg.size(); at += 1000) {
        ecg[at] = 1.5F;
        ecg[at + 20] = -0.5F;
        ecg[at + 60] = 9; // outside of 50 ms
        beats.push_back(static_cast<std::int64_t>(at));
    }
    CHECK_THAT(qrs_power(ecg, beats, 1000), WithinRel(0.5, 1e-6));
    // a sine's power is half its squared amplitude; a constant adds nothing
    std::vector<float> sine(1000 * 10);
    for (std::size_t i = 0; i < sine.size(); ++i) {
        sine[i] =
            7 +
            3 * static_cast<float>(std::sin(2 * std::numbers::pi * static_cast<double>(i) / 50));
    }
    CHECK_THAT(noise_power(sine, 1000), WithinRel(4.5, 1e-3));
    CHECK_THAT(noise_gain(0.5, 4.5, 0), WithinRel(1.0 / 3, 1e-9));
    CHECK_THAT(noise_gain(0.5, 4.5, 20), WithinRel(1.0 / 30, 1e-9));
}

TEST_CASE("the largest and smallest 5 % of seconds do not count as noise") {
    std::vector<float> noise(100 * 60);
    for (std::size_t i = 0; i < noise.size(); ++i) {
        const float size = i < 300 ? 1000 : i < 600 ? 0 : 1; // 3 and 3 seconds of 60
        noise[i] = i % 2 == 0 ? size : -size;
    }
    CHECK_THAT(noise_power(noise, 100), WithinRel(1.0, 1e-6));
}

} // namespace vigil::signal
