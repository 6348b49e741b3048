#include "vigil/evaluate/plots.hpp"
#include "vigil/evaluate/results.hpp"

#include <algorithm>
#include <array>
#include <format>

namespace vigil::evaluate {

namespace {

// default-src 'none': whatever a recording's name holds, the page asks nothing of anybody
constexpr std::string_view head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation</title>
<style>
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --soft: #66707f; --line: #d5dbe3; --reference: #1c7c54;
  --detection: #b8431f; --mark: #2257a8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --paper: #14181f; --soft: #9aa5b4; --line: #38414e;
  --reference: #4fc48f; --detection: #f08a63; --mark: #7fb0f5; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
p.note { color: var(--soft); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
th, td { text-align: right; padding: .25rem .7rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .soft { fill: var(--soft); } svg .grid { stroke: var(--line); } svg .mark { stroke: var(--mark); fill: var(--mark); }
svg .reference { fill: var(--reference); } svg .detection { fill: var(--detection); } svg .record { fill: var(--line); }
.bad { color: var(--detection); font-weight: 600; }
</style>
</head>
<body>
)";

std::string number(std::optional<double> value) {
    return value ? std::format("{:.3f}", *value) : std::string("&ndash;");
}

std::string interval(const std::optional<Interval>& value) {
    return value ? std::format("{:.3f} to {:.3f}", value->low, value->high)
                 : std::string("&ndash;");
}

std::string row(std::string_view name, const std::vector<std::string>& cells) {
    std::string text = std::format("<tr><td>{}</td>", name);
    for (const auto& cell : cells) {
        text += std::format("<td>{}</td>", cell);
    }
    return text + "</tr>\n";
}

std::string mean(const Mean& mean) {
    return mean.value ? std::format("{:.3f} ({} patients)", *mean.value, mean.patients)
                      : std::string("&ndash;");
}

std::string figures(const Results& results) {
    const auto micro = micro_average(results.patients);
    const auto macro = macro_average(results.patients);
    const auto samples = macro_average(results.patients, &Tally::samples);
    const auto& events = micro.events;
    std::string text =
        "<h2>Figures</h2>\n<div class=\"wide\"><table>\n<tr><th></th><th>all recordings "
        "(micro)</th>"
        "<th>exact 95 % interval</th><th>mean of patients (macro)</th></tr>\n";
    text +=
        row("sensitivity",
            {number(events.sensitivity()),
             interval(proportion_interval(events.detected, events.reference)),
             mean(macro.sensitivity)});
    text += row("precision", {number(events.precision()), "", mean(macro.precision)});
    text += row("F1", {number(events.f1()), "", mean(macro.f1)});
    text +=
        row("false alarms per 24 h",
            {number(events.false_alarms_per_day()),
             interval(false_alarm_interval(events)),
             mean(macro.false_alarms_per_day)});
    text += row("median latency, s", {number(quantile(micro.latencies_s, 0.5)), "", ""});
    text +=
        row("sample sensitivity",
            {number(micro.samples.sensitivity()), "", mean(samples.sensitivity)});
    text +=
        row("sample precision", {number(micro.samples.precision()), "", mean(samples.precision)});
    text += row("sample F1", {number(micro.samples.f1()), "", mean(samples.f1)});
    text += "</table></div>\n";
    return text;
}

std::string explanation(const Results& results) {
    const auto micro = micro_average(results.patients);
    const auto& events = micro.events;
    auto text = std::format(
        "<p class=\"note\">{} of {} events detected, {} false alarms in {:.2f} hours; latency "
        "quartiles {} to {} s. The intervals take seizures and alarms as independent of each "
        "other.{}</p>\n",
        events.detected,
        events.reference,
        events.false_alarms,
        events.days() * 24,
        number(quantile(micro.latencies_s, 0.25)),
        number(quantile(micro.latencies_s, 0.75)),
        events.days() < 1 ? " Less than a day was recorded: its rate of false alarms says little."
                          : ""
    );
    const auto& rules = results.rules;
    return text + std::format(
                      "<p class=\"note\">Events are scored by SzCORE's rules: {:g} s before and "
                      "{:g} s after a seizure are tolerated, events less than {:g} s apart are "
                      "one, and longer than {:g} s are several.</p>\n",
                      rules.tolerance_start_s,
                      rules.tolerance_end_s,
                      rules.shortest_pause_s,
                      rules.longest_event_s
                  );
}

std::string patients(const Results& results) {
    std::string text =
        "<h2>Patients</h2>\n<div class=\"wide\"><table>\n<tr><th>patient</th><th>hours</th>"
        "<th>events</th><th>detected</th><th>false alarms</th><th>sensitivity</th><th>per 24 h</th>"
        "<th>F1</th><th>median latency, s</th></tr>\n";
    for (const auto& [patient, tally] : results.patients) {
        const auto& events = tally.events;
        text +=
            row(escaped(patient),
                {std::format("{:.2f}", events.days() * 24),
                 std::to_string(events.reference),
                 std::to_string(events.detected),
                 std::to_string(events.false_alarms),
                 number(events.sensitivity()),
                 number(events.false_alarms_per_day()),
                 number(events.f1()),
                 number(quantile(tally.latencies_s, 0.5))});
    }
    return text + "</table></div>\n";
}

std::string gate(const GateResult& result, std::string_view active) {
    constexpr std::array words{"passed", "failed", "not enough data"};
    std::string text = std::format(
        "<h2>Gate: {}</h2>\n<p>Against {}: {} patients, {} seizures; at least {} and {} are "
        "needed.</p>\n",
        words[static_cast<std::size_t>(result.outcome)],
        escaped(active),
        result.patients,
        result.seizures,
        gate_patients,
        gate_seizures
    );
    if (result.checks.empty()) {
        return text;
    }
    text +=
        "<div class=\"wide\"><table>\n<tr><th>against the active model</th><th>difference or "
        "ratio</th>"
        "<th>97.5 % bound</th><th>limit</th><th></th></tr>\n";
    for (const auto& check : result.checks) {
        text +=
            row(check.figure,
                {number(check.estimate),
                 number(check.bound),
                 number(check.limit),
                 check.holds ? "holds" : "<span class=\"bad\">does not hold</span>"});
    }
    return text + "</table></div>\n";
}

std::string names(std::string_view title, const std::vector<LeftOut>& all) {
    if (all.empty()) {
        return {};
    }
    std::string text = std::format("<h2>{}</h2>\n<ul>\n", title);
    for (const auto& [name, why] : all) {
        text += std::format("<li>{}: {}</li>\n", escaped(name), escaped(why));
    }
    return text + "</ul>\n";
}

} // namespace

std::string results_html(const Results& results) {
    std::string page(head);
    page += std::format(
        "<h1>{}: {} of {}</h1>\n<p>{}</p>\n"
        "<p class=\"note\">For research and evaluation. Not a medical device.</p>\n",
        escaped(results.detector),
        counted(results.recordings.size(), "recording"),
        counted(results.patients.size(), "patient"),
        escaped(results.parameters)
    );
    if (results.gate) {
        page += gate(*results.gate, results.active);
    }
    page += names("Left out of every figure", results.left_out);
    page += names("Without a hypothesis", results.without_hypothesis);
    page += figures(results) + explanation(results) + patients(results);
    page += "<h2>Sensitivity of each patient</h2>\n" + sensitivity_plot(results.patients);
    page += "<h2>False alarms per 24 h of each patient</h2>\n" + false_alarm_plot(results.patients);
    page += "<h2>Latency</h2>\n" + latency_plot(micro_average(results.patients).latencies_s);
    page += "<h2>Recordings</h2>\n" + timelines(results.recordings);
    page += names("Remarks", results.remarks);
    return page + "</body>\n</html>\n";
}

} // namespace vigil::evaluate
