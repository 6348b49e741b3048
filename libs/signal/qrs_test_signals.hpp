// Electrocardiograms for the tests of the QRS detector, and how it did on one.
#pragma once

#include "signal/beat_comparison.hpp"
#include "signal/qrs_detector.hpp"
#include "signal/recording_test_files.hpp"
#include "signal/synthetic/ecg.hpp"
#include "signal/synthetic/ecg_noise.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace vigil::signal::test {

struct Ecg {
    std::vector<float> uv = {};
    std::vector<std::int64_t> beats = {};
    Rate rate = {};
};

/// Lead MLII of MIT-BIH record 100; the first `minutes` of it.
inline Ecg record_100(std::size_t minutes = 31) {
    const auto recording = open_file(data_folder() / "heart/100.hea").value();
    const RecordingInfo& info = recording->info();
    const std::size_t count = std::min<std::size_t>(info.samples, minutes * 60 * 360);
    const auto samples = recording->read(0, count).value();
    Ecg out{.rate = info.rate};
    for (std::size_t i = 0; i < count; ++i) {
        out.uv.push_back(
            static_cast<float>(samples[i] * info.channels[0].scale + info.channels[0].offset)
        );
    }
    for (const RecordingAnnotation& annotation : info.annotations) {
        if (annotation.beat && annotation.sample < static_cast<std::int64_t>(count)) {
            out.beats.push_back(annotation.sample);
        }
    }
    return out;
}

inline Ecg synthetic(const EcgPlan& plan, double seconds) {
    SyntheticEcg source(plan);
    Ecg out{.uv = source.next(static_cast<std::size_t>(seconds * plan.rate_hz))};
    out.rate = {.numerator = static_cast<std::uint32_t>(plan.rate_hz)};
    for (const std::int64_t beat : source.beats()) {
        if (beat < static_cast<std::int64_t>(out.uv.size())) {
            out.beats.push_back(beat);
        }
    }
    return out;
}

inline Ecg with_noise(Ecg ecg, EcgNoiseKind kind, double snr_db, std::uint64_t seed) {
    add_noise(ecg.uv, ecg.beats, ecg.rate.hertz(), kind, snr_db, seed);
    return ecg;
}

struct Detected {
    std::vector<DetectedBeat> beats = {};
    std::vector<EcgSecond> seconds = {};

    [[nodiscard]] double unusable_share() const {
        const auto bad = std::ranges::count_if(seconds, [](const EcgSecond& s) {
            return s.quality != EcgQuality::usable;
        });
        return static_cast<double>(bad) / static_cast<double>(seconds.size());
    }

    [[nodiscard]] BeatCounts counts(const Ecg& ecg, double learning_s) const {
        std::vector<std::int64_t> found;
        for (const DetectedBeat& beat : beats) {
            found.push_back(beat.sample);
        }
        return compare_beats(
            ecg.beats,
            found,
            ecg.rate.hertz(),
            unusable_ranges(seconds),
            {},
            {.learning_s = learning_s}
        );
    }
};

/// The whole signal in blocks of so many samples.
inline Detected detect(const Ecg& ecg, std::size_t block = 1000, EcgLimits limits = {}) {
    QrsDetector detector(ecg.rate, limits);
    Detected out;
    for (std::size_t at = 0; at < ecg.uv.size(); at += block) {
        detector.push(std::span(ecg.uv).subspan(at, std::min(block, ecg.uv.size() - at)));
        std::ranges::copy(detector.take_beats(), std::back_inserter(out.beats));
        std::ranges::copy(detector.take_seconds(), std::back_inserter(out.seconds));
    }
    detector.finish();
    std::ranges::copy(detector.take_beats(), std::back_inserter(out.beats));
    std::ranges::copy(detector.take_seconds(), std::back_inserter(out.seconds));
    return out;
}

} // namespace vigil::signal::test
