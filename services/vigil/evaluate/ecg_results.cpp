#include "vigil/evaluate/ecg_results.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::evaluate {

namespace {

using signal::BeatCounts;
using signal::EcgNoiseKind;

constexpr double before_s = 300;
constexpr double after_s = 60;

double to_reach(double snr_db) {
    return snr_db >= 12 ? 0.995 : snr_db >= 6 ? 0.97 : 0.90;
}

std::optional<double>
lowest(const std::vector<BeatCounts>& runs, std::optional<double> (BeatCounts::*figure)() const) {
    double least = 1;
    for (const auto& run : runs) {
        const auto value = (run.*figure)();
        if (!value) {
            return std::nullopt;
        }
        least = std::min(least, *value);
    }
    return least;
}

NoiseFigures figures_of(const std::vector<NoiseRun>& all, EcgNoiseKind kind, double snr_db) {
    NoiseFigures out{.kind = kind, .snr_db = snr_db, .to_reach = to_reach(snr_db)};
    std::vector<BeatCounts> runs;
    double unusable = 0;
    for (const auto& run : all) {
        if (run.kind == kind && run.snr_db == snr_db) {
            runs.push_back(run.counts);
            unusable += run.unusable_share;
            out.highest_unusable_share = std::max(out.highest_unusable_share, run.unusable_share);
        }
    }
    out.runs = runs.size();
    out.mean_unusable_share = unusable / static_cast<double>(runs.size());
    out.summary = signal::summarise(runs);
    out.lowest_sensitivity = lowest(runs, &BeatCounts::sensitivity);
    out.lowest_positive_predictivity = lowest(runs, &BeatCounts::positive_predictivity);
    return out;
}

} // namespace

std::vector<BeatCounts> EcgResults::counts() const {
    std::vector<BeatCounts> out;
    for (const auto& record : records) {
        if (record.counts) {
            out.push_back(*record.counts);
        }
    }
    return out;
}

bool NoiseFigures::reached() const {
    return lowest_sensitivity.value_or(0) >= to_reach &&
           lowest_positive_predictivity.value_or(0) >= to_reach;
}

std::vector<NoiseFigures> noise_figures(const std::vector<NoiseRun>& runs) {
    std::vector<NoiseFigures> out;
    for (const auto& run : runs) {
        const bool known = std::ranges::any_of(out, [&run](const NoiseFigures& figures) {
            return figures.kind == run.kind && figures.snr_db == run.snr_db;
        });
        if (!known) {
            out.push_back(figures_of(runs, run.kind, run.snr_db));
        }
    }
    return out;
}

std::string_view words(EcgNoiseKind kind) {
    switch (kind) {
        case EcgNoiseKind::baseline_wander:
            return "baseline wander";
        case EcgNoiseKind::muscle:
            return "muscle noise";
        case EcgNoiseKind::electrode_motion:
            return "electrode motion";
    }
    return "";
}

RateAtSeizure rate_at(const EcgRecord& record, const Event& seizure) {
    RateAtSeizure out;
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t step = 0; step < record.rate_bpm.size(); ++step) {
        const auto rate = record.rate_bpm[step];
        const double from_s = static_cast<double>(step) * rate_step_s;
        if (!rate) {
            continue;
        }
        if (from_s >= seizure.onset_s - before_s && from_s + rate_step_s <= seizure.onset_s) {
            sum += *rate;
            ++count;
        }
        if (from_s >= seizure.onset_s && from_s < seizure.end_s + after_s) {
            out.highest_bpm = std::max(out.highest_bpm.value_or(*rate), *rate);
        }
    }
    if (count > 0) {
        out.before_bpm = sum / static_cast<double>(count);
    }
    for (const auto& stretch : record.unusable) {
        out.unusable_s += std::max(
            0.0,
            std::min(stretch.end_s, seizure.end_s) - std::max(stretch.onset_s, seizure.onset_s)
        );
    }
    return out;
}

} // namespace vigil::evaluate
