#include "vigil/evaluate/plots.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>

namespace vigil::evaluate {

namespace {

constexpr double width = plot_width_px;
constexpr double label_width = 170;
constexpr double row_height = 22;
constexpr double plot_width = width - label_width - 20;
constexpr std::size_t most_recordings = 300;
constexpr std::size_t longest_label = 24;

std::string label(double y, std::string_view text) {
    auto shown = std::string(text.substr(0, longest_label));
    // never half of a character
    while (shown.size() < text.size() && !shown.empty() &&
           (static_cast<unsigned char>(text[shown.size()]) & 0xC0U) == 0x80U) {
        shown.pop_back();
    }
    return std::format(
        "<text x=\"0\" y=\"{:.1f}\">{}{}</text>\n",
        y,
        escaped(shown),
        shown.size() < text.size() ? "&hellip;" : ""
    );
}

struct Dot {
    std::string_view name;
    std::optional<double> value;
    std::optional<Interval> interval;
};

/// The smallest of 1, 2 and 5 times a power of ten that is not below the value.
double round_up(double value) {
    if (!(value > 0)) {
        return 1;
    }
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= value) {
            return factor * power;
        }
    }
    return 10 * power;
}

std::string dots(const std::vector<Dot>& rows, double top, std::string_view title) {
    std::string inside;
    const double bottom = row_height * static_cast<double>(rows.size());
    const auto x_of = [top](double value) {
        return label_width + plot_width * std::clamp(value / top, 0.0, 1.0);
    };
    for (int tick = 0; tick <= 4; ++tick) {
        const double value = top * tick / 4;
        inside += std::format(
            "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"0\" y2=\"{1:.1f}\"/>"
            "<text class=\"soft\" text-anchor=\"middle\" x=\"{0:.1f}\" "
            "y=\"{2:.1f}\">{3:g}</text>\n",
            x_of(value),
            bottom,
            bottom + 16,
            value
        );
    }
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const double y = row_height * (static_cast<double>(row) + 0.5);
        inside += label(y + 4, rows[row].name);
        if (const auto& interval = rows[row].interval) {
            inside += std::format(
                "<line class=\"mark\" stroke-width=\"2\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" "
                "y2=\"{:.1f}\"/>\n",
                x_of(interval->low),
                x_of(interval->high),
                y,
                y
            );
        }
        if (rows[row].value) {
            inside += std::format(
                "<circle class=\"mark\" r=\"4\" cx=\"{:.1f}\" cy=\"{:.1f}\"><title>{:.3f}</title>"
                "</circle>\n",
                x_of(*rows[row].value),
                y,
                *rows[row].value
            );
        }
    }
    return svg(bottom + 24, title, inside);
}

std::string bars(const std::vector<Event>& events, const char* kind, double y, double duration_s) {
    std::string text;
    for (const auto& event : normalised(events, duration_s)) {
        const double from = event.onset_s / duration_s * plot_width;
        const double until = event.end_s / duration_s * plot_width;
        text += std::format(
            "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
            "height=\"7\"><title>{:.1f} "
            "to {:.1f} s</title></rect>\n",
            kind,
            label_width + from,
            y,
            std::max(1.5, until - from),
            event.onset_s,
            event.end_s
        );
    }
    return text;
}

} // namespace

std::string svg(double height, std::string_view title, std::string_view inside) {
    return std::format(
        "<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\"><title>{}</title>\n{}</svg>\n",
        width,
        height,
        title,
        inside
    );
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
    }
    return out;
}

std::string sensitivity_plot(std::span<const PatientTally> patients) {
    std::vector<Dot> rows;
    for (const auto& [patient, tally] : patients) {
        const auto& events = tally.events;
        if (events.reference > 0) {
            rows.push_back({
                .name = patient,
                .value = events.sensitivity(),
                .interval = proportion_interval(events.detected, events.reference),
            });
        }
    }
    return rows.empty() ? "<p>No patient has a seizure.</p>\n"
                        : dots(rows, 1, "sensitivity of each patient with its 95 % interval");
}

std::string false_alarm_plot(std::span<const PatientTally> patients) {
    std::vector<Dot> rows;
    double most = 0;
    for (const auto& [patient, tally] : patients) {
        if (const auto interval = false_alarm_interval(tally.events)) {
            rows.push_back({
                .name = patient,
                .value = tally.events.false_alarms_per_day(),
                .interval = interval,
            });
            most = std::max(most, interval->high);
        }
    }
    return rows.empty() ? "<p>Nothing was recorded.</p>\n"
                        : dots(
                              rows,
                              round_up(most),
                              "false alarms per 24 h of each patient with the exact 95 % interval"
                          );
}

std::string latency_plot(const std::vector<double>& latencies_s) {
    if (latencies_s.empty()) {
        return "<p>No seizure was detected.</p>\n";
    }
    constexpr double from_s = -30;
    constexpr double step_s = 5;
    constexpr double height = 120;
    std::array<double, 19> counts{};
    for (const double latency : latencies_s) {
        const double place = std::floor((latency - from_s) / step_s);
        ++counts[static_cast<std::size_t>(
            std::clamp(place, 0.0, static_cast<double>(counts.size() - 1))
        )];
    }
    const double most = std::ranges::max(counts);
    const double bar = (width - 40) / static_cast<double>(counts.size());
    std::string inside;
    for (std::size_t place = 0; place < counts.size(); ++place) {
        const double x = 20 + bar * static_cast<double>(place);
        const double tall = height * counts[place] / most;
        inside += std::format(
            "<rect class=\"mark\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
            "height=\"{:.1f}\"><title>{:g}"
            "</title></rect><text class=\"soft\" x=\"{:.1f}\" y=\"{:.1f}\">{}{:g}</text>\n",
            x + 1,
            height - tall,
            bar - 2,
            tall,
            counts[place],
            x,
            height + 16,
            place + 1 == counts.size() ? "from " : "",
            from_s + step_s * static_cast<double>(place)
        );
    }
    return svg(height + 24, "detected seizures by latency in seconds, steps of 5", inside) +
           "<p class=\"note\">Detected seizures by the seconds from their onset to the detection; "
           "negative: before the marked onset.</p>\n";
}

std::string timelines(std::span<const RecordingResult> recordings) {
    const auto shown = recordings.first(std::min(recordings.size(), most_recordings));
    std::string inside;
    double y = 0;
    for (const auto& recording : shown) {
        inside += label(y + 14, recording.name);
        inside += std::format(
            "<rect class=\"record\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"1\"/>\n",
            label_width,
            y + 9.5,
            plot_width
        );
        inside += bars(recording.reference, "reference", y + 2, recording.duration_s);
        inside += bars(recording.detections, "detection", y + 11, recording.duration_s);
        y += row_height;
    }
    auto text = svg(std::max(y, 1.0), "each recording with its seizures and detections", inside);
    text +=
        "<p class=\"note\">Above the line what the reader marked, below it what was detected; each "
        "recording over its whole length.</p>\n";
    if (shown.size() < recordings.size()) {
        text += std::format(
            "<p class=\"note\">The first {} of {} recordings are drawn.</p>\n",
            shown.size(),
            recordings.size()
        );
    }
    return text;
}

} // namespace vigil::evaluate
