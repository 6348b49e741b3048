// The plots of the reports as SVG text. Used by results_html() and ecg_html().
#pragma once

#include "vigil/evaluate/results.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::evaluate {

/// Text for HTML: what has a meaning there is written as an entity, control characters as a blank.
[[nodiscard]] std::string escaped(std::string_view text);

inline constexpr double plot_width_px = 900;

/// A drawing of that width; `title` and `inside` are HTML.
[[nodiscard]] std::string svg(double height, std::string_view title, std::string_view inside);

/// A row for each patient: the figure as a dot, its exact 95 % interval as a line.
[[nodiscard]] std::string sensitivity_plot(std::span<const PatientTally> patients);
[[nodiscard]] std::string false_alarm_plot(std::span<const PatientTally> patients);

/// How many detected seizures had which latency, in steps of 5 s from -30 to 60 s; later ones in
/// the last bar.
[[nodiscard]] std::string latency_plot(const std::vector<double>& latencies_s);

/// A bar for each recording with the reference above and the detections below; the first 300.
[[nodiscard]] std::string timelines(std::span<const RecordingResult> recordings);

} // namespace vigil::evaluate
