// What an evaluation of the beat detector found, and its forms: a table, JSON, an HTML page. Used
// by `vigil evaluate --ecg`.
#pragma once

#include "evaluate/event.hpp"
#include "signal/beat_comparison.hpp"
#include "signal/synthetic/ecg_noise.hpp"
#include "vigil/evaluate/results.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::evaluate {

/// One electrocardiogram. Times in seconds from the recording's start.
struct EcgRecord {
    std::string name = {};
    std::string channel = {}; // that was read
    double duration_s = 0;    // gaps included
    double recorded_s = 0;
    std::size_t beats = 0;            // detected
    std::vector<Event> unusable = {}; // by the detector's own word
    double unusable_share = 0;        // of recorded_s
    /// Each 10 s from the start; nothing where fewer than 3 intervals are usable.
    std::vector<std::optional<double>> rate_bpm = {};
    std::vector<Event> seizures = {}; // as a reader marked them
    /// Nothing: there are no reference beats.
    std::optional<signal::BeatCounts> counts = {};
};

inline constexpr double rate_step_s = 10;

/// A record again, with noise that was generated.
struct NoiseRun {
    std::string record = {};
    signal::EcgNoiseKind kind = {};
    double snr_db = 0;
    std::uint64_t seed = 0;
    signal::BeatCounts counts = {};
    double unusable_share = 0;
};

struct EcgResults {
    signal::BeatComparisonRules rules = {};
    std::vector<EcgRecord> records = {};
    std::vector<NoiseRun> noise = {};
    std::vector<LeftOut> left_out = {}; // not in any figure
    std::vector<LeftOut> remarks = {};

    /// Of the records with reference beats.
    [[nodiscard]] std::vector<signal::BeatCounts> counts() const;
};

/// All runs of one kind of noise at one ratio.
struct NoiseFigures {
    signal::EcgNoiseKind kind = {};
    double snr_db = 0;
    std::size_t runs = 0;
    signal::BeatSummary summary = {};
    /// Nothing where a run has no beat that counts.
    std::optional<double> lowest_sensitivity = {};
    std::optional<double> lowest_positive_predictivity = {};
    double mean_unusable_share = 0;
    double highest_unusable_share = 0;
    double to_reach = 0;

    /// Both lowest figures reach it.
    [[nodiscard]] bool reached() const;
};

/// In the order in which they were run. `to_reach` is Vigil's own aim: sensitivity and positive
/// predictivity of 99.5 % at 12 dB, 97 % at 6 dB, 90 % at 0 dB, outside unusable stretches.
[[nodiscard]] std::vector<NoiseFigures> noise_figures(const std::vector<NoiseRun>& runs);

[[nodiscard]] std::string_view words(signal::EcgNoiseKind kind);

/// The rate before a seizure and the highest in it: what the plot shows, in numbers. Where the
/// patient moves, much of it may be unknown.
struct RateAtSeizure {
    std::optional<double> before_bpm;  // mean of the 5 minutes before
    std::optional<double> highest_bpm; // of 10 s, from the onset to a minute after the end
    double unusable_s = 0;             // of the seizure itself
};

[[nodiscard]] RateAtSeizure rate_at(const EcgRecord& record, const Event& seizure);

/// Lines for a terminal.
[[nodiscard]] std::string ecg_table(const EcgResults& results);

/// One object whose member `format` is "vigil-ecg-evaluation-1"; figures that do not exist are
/// null.
[[nodiscard]] std::string ecg_json(const EcgResults& results);

/// A page by itself, as results_html().
[[nodiscard]] std::string ecg_html(const EcgResults& results);

} // namespace vigil::evaluate
