#include "signal/qrs_detector.hpp"

#include "signal/qrs_test_signals.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <cmath>
#include <limits>
#include <random>

namespace vigil::signal {
namespace {

using namespace test;
using Catch::Matchers::WithinAbs;

void needs_data() {
    if (data_folder().empty()) {
        SKIP("VIGIL_DATA is not set");
    }
}

bool perfect(const BeatCounts& counts) {
    return counts.matched > 0 && counts.missed == 0 && counts.extra == 0;
}

Ecg noisy_minute() {
    return with_noise(
        synthetic({.rate_hz = 360, .ventricular_share = 0.1, .seed = 5}, 60),
        EcgNoiseKind::muscle,
        6,
        9
    );
}

} // namespace

TEST_CASE("every beat of MIT-BIH record 100 is found, and nothing else, by EC57's rules") {
    needs_data();
    const Ecg ecg = record_100();
    const Detected detected = detect(ecg);
    const BeatCounts counts = detected.counts(ecg, 300);
    CHECK(counts.matched == 1902); // of 2,273, those after the first 5 minutes
    CHECK(counts.missed == 0);
    CHECK(counts.extra == 0);
    CHECK(detected.unusable_share() == 0);
    // in the learning period too
    CHECK(perfect(detected.counts(ecg, 0)));
    // and close to where the annotators put them
    double sum = 0;
    for (std::size_t i = 0; i < ecg.beats.size(); ++i) {
        sum += std::abs(static_cast<double>(detected.beats.at(i).sample - ecg.beats[i])) / 360;
    }
    CHECK(sum / static_cast<double>(ecg.beats.size()) < 0.010);
}

TEST_CASE("record 100 with noise keeps the required figures, and little of it is unusable") {
    needs_data();

    struct Case {
        EcgNoiseKind kind;
        double snr_db, least, most_unusable;
    };
    using enum EcgNoiseKind;
    const Case c = GENERATE(
        Case{baseline_wander, 12, 0.995, 0.01},
        Case{baseline_wander, 6, 0.97, 0.01},
        Case{baseline_wander, 0, 0.90, 0.01},
        Case{muscle, 12, 0.995, 0.03},
        Case{muscle, 6, 0.97, 0.08},
        Case{muscle, 0, 0.90, 0.30},
        Case{electrode_motion, 12, 0.995, 0.03},
        Case{electrode_motion, 6, 0.97, 0.05},
        Case{electrode_motion, 0, 0.90, 0.40}
    );
    const Ecg ecg = with_noise(record_100(), c.kind, c.snr_db, 21);
    const Detected detected = detect(ecg);
    const BeatCounts counts = detected.counts(ecg, 300);
    CAPTURE(static_cast<int>(c.kind), c.snr_db, counts.matched, counts.missed, counts.extra);
    CAPTURE(detected.unusable_share(), counts.everything().sensitivity().value());
    CHECK(counts.sensitivity().value() >= c.least);
    CHECK(counts.positive_predictivity().value() >= c.least);
    CHECK(detected.unusable_share() <= c.most_unusable);
}

TEST_CASE("what record 100 does not have is found in synthetic electrocardiograms") {
    struct Case {
        const char* what;
        EcgPlan plan;
        double most_unusable = 0.02;
    };

    const Case c = GENERATE(
        Case{"usual", {}},
        Case{"ectopic beats", {.ventricular_share = 0.1, .atrial_share = 0.1}},
        Case{"T waves higher than R", {.t_scale = 3.5}},
        Case{"the same at 120 a minute", {.bpm = 120, .t_scale = 3}},
        Case{"0.3 mV", {.amplitude_uv = 300}},
        Case{"5 mV", {.amplitude_uv = 5000}},
        Case{"pauses of 3 s", {.pause_share = 0.05}},
        Case{"200 a minute", {.bpm = 200}},
        Case{"30 a minute", {.bpm = 30}},
        Case{"30 a minute with high T waves", {.bpm = 30, .t_scale = 3}},
        Case{"upside down", {.ventricular_share = 0.05, .inverted = true}},
        Case{"paced", {.paced = true}},
        Case{"paced, 1 kHz", {.rate_hz = 1000, .paced = true}},
        Case{"100 Hz", {.rate_hz = 100, .ventricular_share = 0.05}},
        Case{"512 Hz", {.rate_hz = 512, .ventricular_share = 0.05}},
        Case{"1 kHz", {.rate_hz = 1000, .ventricular_share = 0.05}},
        Case{"irregular", {.variability = 0.15, .atrial_share = 0.1}}
    );
    CAPTURE(c.what);
    EcgPlan plan = c.plan;
    plan.seed = 3;
    // an amplifier's own noise, so that pauses are not flat
    Ecg ecg = synthetic(plan, 300);
    WhiteNoise hiss(1);
    for (float& x : ecg.uv) {
        x += 5 * hiss.normal();
    }
    const Detected detected = detect(ecg);
    const BeatCounts counts = detected.counts(ecg, 10);
    CAPTURE(counts.matched, counts.missed, counts.extra, detected.unusable_share());
    CHECK(perfect(counts));
    CHECK(perfect(counts.everything()));
    CHECK(detected.unusable_share() <= c.most_unusable);
}

TEST_CASE("a rate that changes at once is followed") {
    struct Case {
        double before, after;
    };

    const Case c = GENERATE(
        Case{70, 180},
        Case{60, 120},
        Case{60, 200},
        Case{40, 160},
        Case{150, 50},
        Case{120, 60},
        Case{200, 40}
    );
    const auto until_after_a_beat = [](const EcgPlan& plan) {
        Ecg part = synthetic(plan, 40);
        part.uv.resize(std::min(part.uv.size(), static_cast<std::size_t>(part.beats.back()) + 25));
        return part;
    };
    Ecg ecg = until_after_a_beat({.bpm = c.before, .seed = 4});
    const Ecg second = until_after_a_beat({.bpm = c.after, .seed = 5});
    for (const std::int64_t beat : second.beats) {
        ecg.beats.push_back(beat + static_cast<std::int64_t>(ecg.uv.size()));
    }
    ecg.uv.insert(ecg.uv.end(), second.uv.begin(), second.uv.end());
    const Detected detected = detect(ecg);
    const BeatCounts later = detected.counts(ecg, 50); // from 10 s after the change
    CAPTURE(c.before, c.after, later.matched, later.missed, later.extra);
    CHECK(perfect(later));
    CHECK(detected.counts(ecg, 10).everything().sensitivity().value() > 0.80);
}

TEST_CASE("a complex under 0.15 mV is no beat") {
    const Ecg ecg = synthetic({.amplitude_uv = 100}, 60);
    CHECK(detect(ecg).beats.empty());
}

TEST_CASE("beats that fade under 0.15 mV are none after a while") {
    Ecg ecg = synthetic({.amplitude_uv = 250, .seed = 5}, 100);
    for (std::size_t i = 30 * 250; i < ecg.uv.size(); ++i) {
        const double since_s = static_cast<double>(i) / 250 - 30;
        ecg.uv[i] *= static_cast<float>(std::max(0.3, 1 - since_s / 40));
    }
    const Detected detected = detect(ecg);
    CHECK(std::ranges::count_if(detected.beats, [](const DetectedBeat& beat) {
              return beat.sample < 30 * 250;
          }) >= 30);
    CHECK(std::ranges::none_of(detected.beats, [](const DetectedBeat& beat) {
        return beat.sample > 70 * 250;
    }));
}

TEST_CASE("a lower beat among low ones is found, where the rhythm has a place for it") {
    Ecg ecg = synthetic({.amplitude_uv = 200, .seed = 5}, 120);
    WhiteNoise hiss(2);
    for (float& x : ecg.uv) {
        x += 5 * hiss.normal();
    }
    for (std::size_t i = 15; i < ecg.beats.size(); i += 10) {
        const auto at = static_cast<std::size_t>(ecg.beats[i]);
        for (std::size_t k = at - 20; k < std::min(at + 20, ecg.uv.size()); ++k) {
            ecg.uv[k] *= 0.5F;
        }
    }
    const Detected detected = detect(ecg);
    const BeatCounts counts = detected.counts(ecg, 10);
    CAPTURE(counts.matched, counts.missed, counts.extra);
    CHECK(counts.sensitivity().value() > 0.98);
    CHECK(counts.extra == 0);
    CHECK(detected.unusable_share() == 0);
}

TEST_CASE("intervals between beats are as exact as the beats") {
    const Ecg ecg = synthetic({.rate_hz = 200, .bpm = 75, .variability = 0}, 60);
    const Detected detected = detect(ecg);
    REQUIRE(detected.beats.size() == ecg.beats.size());
    CHECK_FALSE(detected.beats.front().rr_us.has_value());
    for (std::size_t i = 4; i + 1 < detected.beats.size(); ++i) {
        CHECK_THAT(detected.beats[i].rr_us.value() / 1e6, WithinAbs(0.8, 0.001));
    }
}

TEST_CASE("any cut into blocks gives the same beats and seconds, bit for bit") {
    const Ecg ecg = noisy_minute();
    const Detected expected = detect(ecg, ecg.uv.size());
    CHECK(expected.beats.size() > 50);
    for (const std::size_t block : {1, 7, 90, 361, 5000}) {
        const Detected cut = detect(ecg, block);
        CHECK(cut.beats == expected.beats);
        CHECK(cut.seconds == expected.seconds);
    }
}

TEST_CASE("beats and seconds come within the promised delay") {
    const Ecg ecg = noisy_minute();
    QrsDetector detector(ecg.rate);
    const double rate_hz = ecg.rate.hertz();
    for (std::size_t at = 0; at < ecg.uv.size(); ++at) {
        detector.push(std::span(ecg.uv).subspan(at, 1));
        const double behind_s =
            static_cast<double>(static_cast<std::int64_t>(at) - detector.decided_until()) / rate_hz;
        const bool early = static_cast<double>(at) / rate_hz < 15;
        REQUIRE(behind_s <= (early ? QrsDetector::learning_delay_s : QrsDetector::longest_delay_s));
    }
    std::int64_t until = 0;
    for (const EcgSecond& second : detector.take_seconds()) {
        CHECK(second.range.first == until); // no second is left out
        until = second.range.end;
    }
    CHECK(until == detector.decided_until());
}

TEST_CASE("flat, saturated and missing stretches are flagged, and calm ones are not") {
    Ecg ecg = synthetic({.rate_hz = 250, .seed = 4}, 120);
    WhiteNoise hiss(1);
    for (float& x : ecg.uv) {
        x += 5 * hiss.normal();
    }
    const auto fill = [&](double from_s, double to_s, float value) {
        std::fill(
            ecg.uv.begin() + static_cast<std::ptrdiff_t>(from_s * 250),
            ecg.uv.begin() + static_cast<std::ptrdiff_t>(to_s * 250),
            value
        );
    };
    fill(30, 35, 12);
    fill(50, 52.5, 5000);
    fill(70.4, 70.5, std::numeric_limits<float>::quiet_NaN());
    fill(90.4, 90.45, 3000);
    const Detected detected = detect(ecg, 1000, {.lowest_uv = -3000, .highest_uv = 3000});
    const auto quality = [&](std::size_t second) { return detected.seconds.at(second).quality; };
    CHECK(quality(31) == EcgQuality::flat);
    CHECK(quality(33) == EcgQuality::flat);
    CHECK(quality(51) != EcgQuality::usable);
    CHECK(quality(52) == EcgQuality::saturated);
    CHECK(quality(70) == EcgQuality::missing);
    CHECK(quality(90) == EcgQuality::saturated); // 50 ms at the converter's limit
    for (const std::size_t calm : {20, 25, 40, 45, 60, 65, 80, 85, 100, 110}) {
        CHECK(quality(calm) == EcgQuality::usable);
    }
    for (std::size_t i = 1; i < detected.beats.size(); ++i) {
        const DetectedBeat& beat = detected.beats[i];
        const auto second = static_cast<std::size_t>(beat.sample / 250);
        CHECK(beat.usable == (quality(second) == EcgQuality::usable));
        if (beat.rr_us) { // none reaches across what was not usable
            CHECK(*beat.rr_us < 1'200'000);
        }
    }
}

TEST_CASE("noise alone is flagged and a pause is not") {
    Ecg noise{.uv = std::vector<float>(60 * 250), .rate = {.numerator = 250}};
    WhiteNoise white(2);
    for (float& x : noise.uv) {
        x = 300 * white.normal();
    }
    CHECK(detect(noise).unusable_share() > 0.5);

    Ecg pause = synthetic({.seed = 6}, 60);
    WhiteNoise hiss(1);
    for (std::size_t i = 0; i < pause.uv.size(); ++i) {
        pause.uv[i] = (i > 30 * 250 && i < 45 * 250 ? 0 : pause.uv[i]) + 5 * hiss.normal();
    }
    const Detected detected = detect(pause);
    for (std::size_t second = 31; second < 45; ++second) {
        CHECK(detected.seconds.at(second).quality == EcgQuality::usable);
    }
    CHECK(std::ranges::none_of(detected.beats, [](const DetectedBeat& beat) {
        return beat.sample > 31 * 250 && beat.sample < 44 * 250;
    }));
    CHECK(std::ranges::count_if(detected.beats, [](const DetectedBeat& beat) {
              return beat.sample > 46 * 250;
          }) >= 14); // it goes on
}

TEST_CASE("amplitude that falls to a tenth is followed within ten seconds") {
    Ecg ecg = synthetic({.amplitude_uv = 4000, .seed = 8}, 60);
    for (std::size_t i = 30 * 250; i < ecg.uv.size(); ++i) {
        ecg.uv[i] /= 10;
    }
    const Detected detected = detect(ecg);
    const auto counts = detected.counts(ecg, 40);
    CHECK(perfect(counts));
}

TEST_CASE("after a gap it begins anew, and indices go on") {
    const Ecg ecg = synthetic({.rate_hz = 360, .seed = 7}, 40);
    QrsDetector detector(ecg.rate);
    detector.push(ecg.uv);
    detector.finish();
    const auto before = detector.take_beats();
    const auto seconds_before = detector.take_seconds();
    constexpr std::int64_t gap = 1'000'000'080; // not a whole second
    detector.reset(gap);
    detector.push(ecg.uv);
    detector.finish();
    const auto after = detector.take_beats();
    const auto seconds_after = detector.take_seconds();
    REQUIRE(before.size() == ecg.beats.size());
    REQUIRE(after.size() == before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
        CHECK(std::abs(after[i].sample - gap - before[i].sample) <= 1);
    }
    CHECK_FALSE(after.front().rr_us.has_value());
    CHECK(seconds_after.front().range.first == gap);
    CHECK(seconds_after.back().range.end == gap + 40 * 360);
    CHECK(seconds_before.back().range.end == 40 * 360);
}

TEST_CASE("nothing, and one sample, are no stream") {
    QrsDetector detector(Rate{250, 1});
    detector.push({});
    detector.finish();
    CHECK(detector.take_beats().empty());
    CHECK(detector.take_seconds().empty());
    detector.reset(0);
    detector.push(std::vector<float>{5});
    detector.finish();
    CHECK(detector.take_beats().empty());
    CHECK(detector.take_seconds().size() == 1);
    detector.reset(0);
    detector.push(std::vector<float>(500, std::numeric_limits<float>::infinity()));
    detector.finish();
    CHECK(detector.take_seconds().front().quality == EcgQuality::missing);
}

TEST_CASE("rates out of 100 to 1,000 Hz are refused") {
    CHECK(QrsDetector::supports({100, 1}));
    CHECK(QrsDetector::supports({1000, 1}));
    CHECK(QrsDetector::supports({17361, 100}));
    CHECK_FALSE(QrsDetector::supports({9999, 100}));
    CHECK_FALSE(QrsDetector::supports({1001, 1}));
    CHECK_FALSE(QrsDetector::supports({256, 0}));
    CHECK_FALSE(QrsDetector::supports({500'000'003, 1'000'003}));
    CHECK_THROWS_AS(QrsDetector(Rate{99, 1}), std::invalid_argument);
}

} // namespace vigil::signal
