// One electrocardiogram through the beat detector: its samples, its reference beats, what was
// found. Used by ecg_run.cpp.
#pragma once

#include "signal/qrs_detector.hpp"
#include "signal/recording.hpp"
#include "vigil/evaluate/ecg_results.hpp"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace vigil::evaluate {

/// The samples of one channel, in microvolts; a run a segment of the recording.
struct EcgSamples {
    struct Run {
        std::int64_t first = 0;
        std::vector<float> uv = {};
    };

    signal::Rate rate = {};
    std::vector<Run> runs = {};

    [[nodiscard]] double recorded_s() const;
};

/// The first voltage that is named, or without names the first that is called ECG or EKG, else a
/// WFDB record's first signal, as EC57 wants it, or a recording's only voltage.
///
/// errors  unprocessable: there is none
[[nodiscard]] Result<std::size_t>
choose_ecg(const signal::RecordingInfo& info, bool is_wfdb, const std::vector<std::string>& wanted);

/// errors  unprocessable: a rate that the detector does not have; those of Recording::read
[[nodiscard]] Result<EcgSamples> read_ecg(const signal::Recording& recording, std::size_t channel);

/// What a reader marked.
struct ReferenceBeats {
    std::vector<std::int64_t> beats = {}; // ascending, without those in flutter or fibrillation
    /// Ventricular flutter or fibrillation, where no beat counts.
    std::vector<signal::SampleRange> excluded = {};
};

/// errors  unprocessable: there is no beat, or the annotations have a time resolution of their own
/// source  from '[' to ']' neither list counts: as bxb of the WFDB Applications Guide does
[[nodiscard]] Result<ReferenceBeats> reference_beats(
    std::span<const signal::RecordingAnnotation> annotations
);

struct DetectedEcg {
    std::vector<signal::DetectedBeat> beats = {};
    std::vector<signal::EcgSecond> seconds = {};
};

/// Called now and then with the share that is done, 0 to 1.
using EcgProgress = std::function<void(double share)>;

/// Each run by itself, in blocks of a second as a device would send it.
[[nodiscard]] DetectedEcg detect_beats(const EcgSamples& samples, const EcgProgress& progress);

/// Of the seconds, by their length.
[[nodiscard]] double unusable_share(const DetectedEcg& detected);

[[nodiscard]] signal::BeatCounts compare(
    const ReferenceBeats& reference,
    const DetectedEcg& detected,
    double rate_hz,
    const signal::BeatComparisonRules& rules
);

/// All that a record says without reference beats.
[[nodiscard]] EcgRecord
describe(const signal::RecordingInfo& info, std::size_t channel, const DetectedEcg& detected);

} // namespace vigil::evaluate
