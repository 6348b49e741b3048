#include "vigil/evaluate/ecg_results.hpp"

#include <algorithm>
#include <format>

namespace vigil::evaluate {

namespace {

using signal::BeatCounts;

std::string percent(std::optional<double> share) {
    return share ? std::format("{:.2f}", *share * 100) : std::string("-");
}

std::string bpm(std::optional<double> rate) {
    return rate ? std::format("{:.0f}", *rate) : std::string("-");
}

std::string record_lines(const EcgResults& results, std::size_t width) {
    std::string text = std::format(
        "{:<{}} {:>8} {:>6} {:>6} {:>8} {:>8} {:>10}   {:>8} {:>8}\n",
        "record",
        width,
        "TP",
        "FN",
        "FP",
        "Se %",
        "+P %",
        "unusable %",
        "all Se %",
        "all +P %"
    );
    for (const auto& record : results.records) {
        if (!record.counts) {
            continue;
        }
        const BeatCounts& counts = *record.counts;
        const BeatCounts all = counts.everything();
        text += std::format(
            "{:<{}} {:>8} {:>6} {:>6} {:>8} {:>8} {:>10}   {:>8} {:>8}\n",
            record.name,
            width,
            counts.matched,
            counts.missed,
            counts.extra,
            percent(counts.sensitivity()),
            percent(counts.positive_predictivity()),
            percent(record.unusable_share),
            percent(all.sensitivity()),
            percent(all.positive_predictivity())
        );
    }
    return text;
}

std::string summary_line(
    std::string_view name,
    std::size_t width,
    std::optional<double> sensitivity,
    std::optional<double> predictivity,
    std::optional<double> all_sensitivity,
    std::optional<double> all_predictivity
) {
    return std::format(
        "{:<{}} {:>8} {:>6} {:>6} {:>8} {:>8} {:>10}   {:>8} {:>8}\n",
        name,
        width,
        "",
        "",
        "",
        percent(sensitivity),
        percent(predictivity),
        "",
        percent(all_sensitivity),
        percent(all_predictivity)
    );
}

std::string comparison(const EcgResults& results) {
    const auto counts = results.counts();
    if (counts.empty()) {
        return "No record has reference beats: nothing is compared.\n";
    }
    std::size_t width = 8;
    for (const auto& record : results.records) {
        width = std::max(width, record.counts ? record.name.size() : 0);
    }
    std::vector<BeatCounts> all;
    std::ranges::transform(counts, std::back_inserter(all), &BeatCounts::everything);
    const auto usable = signal::summarise(counts);
    const auto every = signal::summarise(all);
    return record_lines(results, width) +
           summary_line(
               "gross",
               width,
               usable.gross_sensitivity,
               usable.gross_positive_predictivity,
               every.gross_sensitivity,
               every.gross_positive_predictivity
           ) +
           summary_line(
               "average",
               width,
               usable.average_sensitivity,
               usable.average_positive_predictivity,
               every.average_sensitivity,
               every.average_positive_predictivity
           ) +
           "TP, FN, FP, Se, +P are outside the stretches that the detector flagged unusable, "
           "\"all\" "
           "is with them; unusable is of the whole record.\n";
}

std::string noise_lines(const EcgResults& results) {
    if (results.noise.empty()) {
        return {};
    }
    std::string text = std::format(
        "\nWith generated noise over the whole record (synthetic; mean and lowest of the runs):\n"
        "{:<17} {:>5} {:>5}   {:>7} {:>7}   {:>7} {:>7}   {:>10} {:>8}   {}\n",
        "noise",
        "dB",
        "runs",
        "Se %",
        "lowest",
        "+P %",
        "lowest",
        "unusable %",
        "highest",
        "to reach"
    );
    for (const auto& figures : noise_figures(results.noise)) {
        text += std::format(
            "{:<17} {:>5g} {:>5}   {:>7} {:>7}   {:>7} {:>7}   {:>10} {:>8}   {:>5}: {}\n",
            words(figures.kind),
            figures.snr_db,
            figures.runs,
            percent(figures.summary.average_sensitivity),
            percent(figures.lowest_sensitivity),
            percent(figures.summary.average_positive_predictivity),
            percent(figures.lowest_positive_predictivity),
            percent(figures.mean_unusable_share),
            percent(figures.highest_unusable_share),
            std::format("{:g}", figures.to_reach * 100),
            figures.reached() ? "holds" : "DOES NOT HOLD"
        );
    }
    return text;
}

std::string seizure_lines(const EcgResults& results) {
    std::string text;
    for (const auto& record : results.records) {
        for (const auto& seizure : record.seizures) {
            const auto rate = rate_at(record, seizure);
            text += std::format(
                "{}: seizure from {:.0f} to {:.0f} s: {} a minute on the mean of the 5 minutes "
                "before, up to {} in it and the minute after; {:.0f} s of it unusable\n",
                record.name,
                seizure.onset_s,
                seizure.end_s,
                bpm(rate.before_bpm),
                bpm(rate.highest_bpm),
                rate.unusable_s
            );
        }
    }
    return text.empty() ? text
                        : "\n" + text + "This shows what happened, and claims nothing of others.\n";
}

} // namespace

std::string ecg_table(const EcgResults& results) {
    std::string text = std::format(
        "beats of {}, by EC57's rules: within {:g} ms, without the first {:g} s\n\n",
        counted(results.records.size(), "electrocardiogram"),
        results.rules.match_window_s * 1000,
        results.rules.learning_s
    );
    text += comparison(results) + noise_lines(results) + seizure_lines(results) + "\n";
    for (const auto& [name, why] : results.remarks) {
        text += std::format("{}: {}\n", name, why);
    }
    for (const auto& [name, why] : results.left_out) {
        text += std::format("LEFT OUT {}: {}\n", name, why);
    }
    return text;
}

} // namespace vigil::evaluate
