#include "vigil/synthesise/overview.hpp"

#include "vigil/evaluate/plots.hpp"

#include <algorithm>
#include <format>
#include <iterator>

namespace vigil::synthesise {

namespace {

constexpr double width = 900;
constexpr double label_width = 90;
constexpr double plot_width = width - label_width - 10;
constexpr double timeline_row = 16;
constexpr double trace_row = 30;
constexpr double uv_of_row = 300;

constexpr std::string_view head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Synthetic EEG</title>
<style>
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --soft: #66707f; --line: #d5dbe3; --seizure: #b8431f; --artefact: #2257a8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --paper: #14181f; --soft: #9aa5b4; --line: #38414e; --seizure: #f08a63;
  --artefact: #7fb0f5; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; } p.note { color: var(--soft); } .made { color: var(--seizure); font-weight: 600; }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 11px system-ui, sans-serif; } svg .grid { stroke: var(--line); }
svg .seizure { fill: var(--seizure); } svg .artefact { fill: var(--artefact); } svg .ictal { fill: var(--seizure); opacity: .12; }
svg .trace { fill: none; stroke: var(--ink); stroke-width: .7; }
</style>
</head>
<body>
<h1>Synthetic EEG</h1>
<p class="made">A model made it: for tests, delay and load; never for training and never for a claim of accuracy.</p>
)";

std::string svg(double height, std::string_view title, std::string_view inside) {
    return std::format(
        "<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\"><title>{}</title>\n{}</svg>\n",
        width,
        height,
        title,
        inside
    );
}

std::string label(double y, std::string_view text) {
    return std::format("<text x=\"0\" y=\"{:.1f}\">{}</text>\n", y, evaluate::escaped(text));
}

/// From 0 to 1 of the plot's width.
std::string bar(std::string_view kind, double from, double until, double y, double height) {
    return std::format(
        "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n",
        kind,
        label_width + from * plot_width,
        y,
        std::max(1.0, (until - from) * plot_width),
        height
    );
}

std::string timeline(const signal::ContinuousRecording& recording) {
    const double duration_s = recording.plan().duration_s;
    const auto samples = static_cast<double>(recording.samples());
    std::string inside = label(timeline_row - 4, "seizure");
    for (const auto& [onset_s, end_s] : recording.seizures()) {
        inside += bar("seizure", onset_s / duration_s, end_s / duration_s, 4, timeline_row - 6);
    }
    double y = timeline_row;
    for (const auto& traits : signal::artefact_traits()) {
        inside += label(y + timeline_row - 4, traits.name);
        for (const auto& mark : recording.artefacts()) {
            if (mark.kind == traits.kind) {
                inside +=
                    bar("artefact",
                        static_cast<double>(mark.first) / samples,
                        static_cast<double>(mark.end) / samples,
                        y + 4,
                        timeline_row - 6);
            }
        }
        y += timeline_row;
    }
    return svg(y + 4, "seizures and artefacts over the whole recording", inside);
}

/// The lowest and the highest sample of each column of the plot, as one line.
std::string trace(const std::vector<float>& steps, double middle) {
    const auto columns = std::min<std::size_t>(static_cast<std::size_t>(plot_width), steps.size());
    const auto y_of = [middle](float value) {
        const double uv = value * signal::ContinuousRecording::scale_uv;
        // up is positive here, and nothing leaves its three rows
        return middle - std::clamp(uv / uv_of_row, -1.5, 1.5) * trace_row;
    };
    std::string points;
    for (std::size_t column = 0; column < columns; ++column) {
        const auto from =
            steps.begin() + static_cast<std::ptrdiff_t>(column * steps.size() / columns);
        const auto to =
            steps.begin() + static_cast<std::ptrdiff_t>((column + 1) * steps.size() / columns);
        const auto [low, high] = std::ranges::minmax_element(from, to);
        const double x =
            label_width + plot_width * static_cast<double>(column) / static_cast<double>(columns);
        points += std::format("{:.0f},{:.0f} ", x, y_of(*low));
        points += std::format("{:.0f},{:.0f} ", x, y_of(*high));
    }
    return std::format("<polyline class=\"trace\" points=\"{}\"/>\n", points);
}

std::string traces(const signal::ContinuousRecording& recording, const Excerpt& excerpt) {
    const auto rate = static_cast<std::ptrdiff_t>(recording.plan().rate_hz);
    const auto& channels = recording.channels();
    const auto lasts_s = static_cast<double>(excerpt.seconds().size());
    const double height = trace_row * static_cast<double>(channels.size());
    std::string inside;
    for (const auto& [onset_s, end_s] : recording.seizures()) {
        const double from = (onset_s - excerpt.start_s()) / lasts_s;
        const double until = (end_s - excerpt.start_s()) / lasts_s;
        if (from < 1 && until > 0) {
            inside += bar("ictal", std::max(0.0, from), std::min(1.0, until), 0, height);
        }
    }
    for (std::size_t channel = 0; channel < channels.size(); ++channel) {
        std::vector<float> steps;
        for (const auto& second : excerpt.seconds()) {
            const auto from = second.begin() + static_cast<std::ptrdiff_t>(channel) * rate;
            std::copy(from, from + rate, std::back_inserter(steps));
        }
        const double middle = trace_row * (static_cast<double>(channel) + 0.5);
        inside += label(middle + 4, channels[channel].label) + trace(steps, middle);
    }
    return svg(height, "the traces of all channels", inside) +
           std::format(
               "<p class=\"note\">Seconds {:.0f} to {:.0f}; {:g} uV from row to row, positive "
               "upwards; shaded: the seizure.</p>\n",
               excerpt.start_s(),
               excerpt.start_s() + lasts_s,
               uv_of_row
           );
}

} // namespace

void Excerpt::take(
    std::span<const std::int16_t> second,
    const signal::ContinuousRecording& recording
) {
    const auto number =
        static_cast<std::size_t>(recording.position() / recording.plan().rate_hz) - 1;
    if (of_seizure_) {
        if (seconds_.size() < length_s) {
            seconds_.emplace_back(second.begin(), second.end());
        }
        return;
    }
    recent_.emplace_back(second.begin(), second.end());
    if (recent_.size() > before_s + 1) {
        recent_.pop_front();
    }
    if (!recording.seizures().empty()) {
        of_seizure_ = true;
        start_s_ = static_cast<double>(number + 1 - recent_.size());
        seconds_ = std::move(recent_);
    } else if (seconds_.size() < length_s) {
        seconds_.emplace_back(second.begin(), second.end());
    }
}

std::string overview_of(
    const std::string& patient,
    const signal::ContinuousRecording& recording,
    const Excerpt& excerpt
) {
    return std::format(
               "<h2>{}</h2>\n<p>{:g} hours, {} channels at {} Hz, {} from {}, {}.</p>\n",
               evaluate::escaped(patient),
               recording.plan().duration_s / 3600,
               recording.channels().size(),
               recording.plan().rate_hz,
               evaluate::counted(recording.seizures().size(), "seizure"),
               signal::electrodes_10_20()[recording.focus()].name,
               evaluate::counted(recording.artefacts().size(), "artefact")
           ) +
           timeline(recording) + traces(recording, excerpt);
}

std::string overview_page(std::span<const std::string> parts, std::size_t patients) {
    std::string page(head);
    for (const auto& part : parts) {
        page += part;
    }
    if (parts.size() < patients) {
        page += std::format(
            "<p class=\"note\">The first {} of {} patients are drawn.</p>\n",
            parts.size(),
            patients
        );
    }
    return page + "</body>\n</html>\n";
}

} // namespace vigil::synthesise
