#include "vigil/evaluate/ecg_results.hpp"
#include "vigil/evaluate/page.hpp"
#include "vigil/evaluate/plots.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>

namespace vigil::evaluate {

namespace {

using signal::BeatCounts;

constexpr double left = 40;
constexpr double plot_width = plot_width_px - left - 10;
constexpr double plot_height = 150;
constexpr std::size_t most_plots = 100;

std::string percent(std::optional<double> share) {
    return share ? std::format("{:.2f}", *share * 100) : std::string("&ndash;");
}

std::string bpm(std::optional<double> rate) {
    return rate ? std::format("{:.0f}", *rate) : std::string("&ndash;");
}

std::string comparison(const EcgResults& results) {
    const auto counts = results.counts();
    if (counts.empty()) {
        return "<p>No record has reference beats: nothing is compared.</p>\n";
    }
    std::string text =
        "<div class=\"wide\"><table>\n<tr><th>record</th><th>TP</th><th>FN</th><th>FP</th>"
        "<th>sensitivity, %</th><th>positive predictivity, %</th><th>unusable, %</th>"
        "<th>sensitivity with it, %</th><th>positive predictivity with it, %</th></tr>\n";
    std::vector<BeatCounts> all;
    for (const auto& record : results.records) {
        if (!record.counts) {
            continue;
        }
        const BeatCounts& usable = *record.counts;
        all.push_back(usable.everything());
        text += page_row(
            escaped(record.name),
            {std::to_string(usable.matched),
             std::to_string(usable.missed),
             std::to_string(usable.extra),
             percent(usable.sensitivity()),
             percent(usable.positive_predictivity()),
             percent(record.unusable_share),
             percent(all.back().sensitivity()),
             percent(all.back().positive_predictivity())}
        );
    }
    const auto usable = signal::summarise(counts);
    const auto every = signal::summarise(all);
    text += page_row(
        "gross (all beats alike)",
        {"",
         "",
         "",
         percent(usable.gross_sensitivity),
         percent(usable.gross_positive_predictivity),
         "",
         percent(every.gross_sensitivity),
         percent(every.gross_positive_predictivity)}
    );
    text += page_row(
        "average (all records alike)",
        {"",
         "",
         "",
         percent(usable.average_sensitivity),
         percent(usable.average_positive_predictivity),
         "",
         percent(every.average_sensitivity),
         percent(every.average_positive_predictivity)}
    );
    return text + "</table></div>\n";
}

std::string noise(const EcgResults& results) {
    if (results.noise.empty()) {
        return {};
    }
    std::string text =
        "<h2>With generated noise</h2>\n<p class=\"note\">Synthetic noise over the whole record; "
        "figures outside unusable stretches, mean and lowest of the runs.</p>\n"
        "<div class=\"wide\"><table>\n<tr><th>noise</th><th>dB</th><th>runs</th>"
        "<th>sensitivity, %</th><th>lowest</th><th>positive predictivity, %</th><th>lowest</th>"
        "<th>unusable, %</th><th>highest</th><th>to reach, %</th></tr>\n";
    for (const auto& figures : noise_figures(results.noise)) {
        text += page_row(
            words(figures.kind),
            {std::format("{:g}", figures.snr_db),
             std::to_string(figures.runs),
             percent(figures.summary.average_sensitivity),
             percent(figures.lowest_sensitivity),
             percent(figures.summary.average_positive_predictivity),
             percent(figures.lowest_positive_predictivity),
             percent(figures.mean_unusable_share),
             percent(figures.highest_unusable_share),
             std::format(
                 "{:g}{}",
                 figures.to_reach * 100,
                 figures.reached() ? "" : " <span class=\"bad\">does not hold</span>"
             )}
        );
    }
    return text + "</table></div>\n";
}

/// Seconds of which at most ten steps make the recording.
double tick_step_s(double duration_s) {
    constexpr std::array steps{10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 14'400.0};
    const auto enough =
        std::ranges::find_if(steps, [duration_s](double step) { return duration_s / step <= 10; });
    return enough == steps.end() ? 86'400 : *enough;
}

std::string band(const Event& event, const char* kind, double y, double height, double width_s) {
    return std::format(
        "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\">"
        "<title>{:.0f} to {:.0f} s</title></rect>\n",
        kind,
        left + event.onset_s / width_s * plot_width,
        y,
        std::max(0.5, (event.end_s - event.onset_s) / width_s * plot_width),
        height,
        event.onset_s,
        event.end_s
    );
}

/// A line for each stretch in which the rate is known.
std::string rate_lines(const EcgRecord& record, double low, double high) {
    std::string text;
    std::string points;
    const auto end = [&] {
        if (!points.empty()) {
            text += std::format("<polyline class=\"rate\" points=\"{}\"/>\n", points);
        }
        points.clear();
    };
    for (std::size_t step = 0; step < record.rate_bpm.size(); ++step) {
        if (const auto rate = record.rate_bpm[step]) {
            const double at_s = (static_cast<double>(step) + 0.5) * rate_step_s;
            points += std::format(
                "{:.1f},{:.1f} ",
                left + std::min(at_s / record.duration_s, 1.0) * plot_width,
                plot_height * (high - *rate) / (high - low)
            );
        } else {
            end();
        }
    }
    end();
    return text;
}

std::string rate_plot(const EcgRecord& record) {
    double low = 60;
    double high = 100;
    for (const auto& rate : record.rate_bpm) {
        if (rate) {
            low = std::min(low, std::floor(*rate / 20) * 20);
            high = std::max(high, std::ceil(*rate / 20) * 20);
        }
    }
    std::string inside;
    for (const auto& seizure : record.seizures) {
        inside += band(seizure, "seizure", 0, plot_height, record.duration_s);
    }
    for (const auto& stretch : record.unusable) {
        inside += band(stretch, "detection", plot_height, 5, record.duration_s);
    }
    for (double rate = low; rate <= high; rate += 20) {
        const double y = plot_height * (high - rate) / (high - low);
        inside += std::format(
            "<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
            "<text class=\"soft\" text-anchor=\"end\" x=\"{:.1f}\" y=\"{:.1f}\">{:.0f}</text>\n",
            left,
            left + plot_width,
            y,
            y,
            left - 6,
            y + 4,
            rate
        );
    }
    const double step_s = tick_step_s(record.duration_s);
    for (double at_s = 0; at_s <= record.duration_s; at_s += step_s) {
        inside += std::format(
            "<text class=\"soft\" text-anchor=\"middle\" x=\"{:.1f}\" y=\"{:.1f}\">{:g}</text>\n",
            left + at_s / record.duration_s * plot_width,
            plot_height + 20,
            at_s / 60
        );
    }
    inside += rate_lines(record, low, high);
    return svg(plot_height + 28, "heart rate over the minutes of the recording", inside);
}

std::string seizures(const EcgRecord& record) {
    std::string text;
    for (const auto& seizure : record.seizures) {
        const auto rate = rate_at(record, seizure);
        text += std::format(
            "<p>Seizure from {:.0f} to {:.0f} s: {} a minute on the mean of the 5 minutes before, "
            "up to {} in it and the minute after; {:.0f} s of it unusable.</p>\n",
            seizure.onset_s,
            seizure.end_s,
            bpm(rate.before_bpm),
            bpm(rate.highest_bpm),
            rate.unusable_s
        );
    }
    return text;
}

std::string records(const EcgResults& results) {
    const bool any_seizure = std::ranges::any_of(results.records, [](const EcgRecord& record) {
        return !record.seizures.empty();
    });
    std::string text =
        "<h2>Heart rate</h2>\n<p class=\"note\">Beats a minute over the minutes of each recording, "
        "of 10 s each; below the line what the detector flagged unusable, behind it the marked "
        "seizures.</p>\n";
    if (any_seizure) {
        text +=
            "<p><strong>A demonstration, not a claim:</strong> the rate at a marked seizure shows "
            "what happened to this patient in this seizure. It says nothing of other seizures, and "
            "nothing of whether a rate could find them.</p>\n";
    }
    const auto drawn = std::min(results.records.size(), most_plots);
    for (const auto& record : std::span(results.records).first(drawn)) {
        text += std::format(
            "<h3>{}</h3>\n<p class=\"note\">{}, {:.1f} minutes, {} beats, {} % unusable</p>\n",
            escaped(record.name),
            escaped(record.channel),
            record.duration_s / 60,
            record.beats,
            percent(record.unusable_share)
        );
        text += record.duration_s > 0 ? rate_plot(record) : std::string();
        text += seizures(record);
    }
    if (drawn < results.records.size()) {
        text += std::format(
            "<p class=\"note\">The first {} of {} recordings are drawn.</p>\n",
            drawn,
            results.records.size()
        );
    }
    return text;
}

} // namespace

std::string ecg_html(const EcgResults& results) {
    std::string page(page_head());
    page += std::format(
        "<h1>Beats of {}</h1>\n<p class=\"note\">For research and evaluation. Not a medical "
        "device.</p>\n",
        counted(results.records.size(), "electrocardiogram")
    );
    page += page_names("Left out of every figure", results.left_out);
    page += std::format(
        "<h2>Detected and reference beats</h2>\n<p class=\"note\">By the rules of ANSI/AAMI EC57: "
        "within {:g} ms, without the first {:g} s. TP, FN and FP are outside the stretches that "
        "the detector flagged unusable; unusable is of the whole record.</p>\n",
        results.rules.match_window_s * 1000,
        results.rules.learning_s
    );
    page += comparison(results) + noise(results) + records(results);
    page += page_names("Remarks", results.remarks);
    return page + "</body>\n</html>\n";
}

} // namespace vigil::evaluate
