#include "vigil/evaluate/page.hpp"
#include "vigil/evaluate/plots.hpp"
#include "vigil/evaluate/results.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <iterator>
#include <span>

namespace vigil::evaluate {

namespace {

std::string number(std::optional<double> value) {
    return value ? std::format("{:.3f}", *value) : std::string("&ndash;");
}

std::string interval(const std::optional<Interval>& value) {
    return value ? std::format("{:.3f} to {:.3f}", value->low, value->high)
                 : std::string("&ndash;");
}

std::string mean(const Mean& mean) {
    return mean.value ? std::format("{:.3f} ({} patients)", *mean.value, mean.patients)
                      : std::string("&ndash;");
}

std::string figures(std::span<const PatientTally> patients) {
    const auto micro = micro_average(patients);
    const auto macro = macro_average(patients);
    const auto samples = macro_average(patients, &Tally::samples);
    const auto& events = micro.events;
    std::string text =
        "<h2>Figures</h2>\n<div class=\"wide\"><table>\n<tr><th></th><th>all recordings "
        "(micro)</th>"
        "<th>exact 95 % interval</th><th>mean of patients (macro)</th></tr>\n";
    text += page_row(
        "sensitivity",
        {number(events.sensitivity()),
         interval(proportion_interval(events.detected, events.reference)),
         mean(macro.sensitivity)}
    );
    text += page_row("precision", {number(events.precision()), "", mean(macro.precision)});
    text += page_row("F1", {number(events.f1()), "", mean(macro.f1)});
    text += page_row(
        "false alarms per 24 h",
        {number(events.false_alarms_per_day()),
         interval(false_alarm_interval(events)),
         mean(macro.false_alarms_per_day)}
    );
    text += page_row("median latency, s", {number(quantile(micro.latencies_s, 0.5)), "", ""});
    text += page_row(
        "sample sensitivity",
        {number(micro.samples.sensitivity()), "", mean(samples.sensitivity)}
    );
    text += page_row(
        "sample precision",
        {number(micro.samples.precision()), "", mean(samples.precision)}
    );
    text += page_row("sample F1", {number(micro.samples.f1()), "", mean(samples.f1)});
    text += "</table></div>\n";
    return text;
}

std::string explanation(std::span<const PatientTally> patients, const EventRules& rules) {
    const auto micro = micro_average(patients);
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

std::string patients_table(std::span<const PatientTally> patients) {
    std::string text =
        "<h2>Patients</h2>\n<div class=\"wide\"><table>\n<tr><th>patient</th><th>hours</th>"
        "<th>events</th><th>detected</th><th>false alarms</th><th>sensitivity</th><th>per 24 h</th>"
        "<th>F1</th><th>median latency, s</th></tr>\n";
    for (const auto& [patient, tally] : patients) {
        const auto& events = tally.events;
        text += page_row(
            escaped(patient),
            {std::format("{:.2f}", events.days() * 24),
             std::to_string(events.reference),
             std::to_string(events.detected),
             std::to_string(events.false_alarms),
             number(events.sensitivity()),
             number(events.false_alarms_per_day()),
             number(events.f1()),
             number(quantile(tally.latencies_s, 0.5))}
        );
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
        text += page_row(
            check.figure,
            {number(check.estimate),
             number(check.bound),
             number(check.limit),
             check.holds ? "holds" : "<span class=\"bad\">does not hold</span>"}
        );
    }
    return text + "</table></div>\n";
}

std::string of_part(const ResultsPart& part, const Results& results) {
    std::string text;
    if (part.synthetic) {
        text +=
            std::format("<section class=\"synthetic\">\n<p class=\"bad\">{}</p>\n", synthetic_note);
    }
    text += figures(part.patients) + explanation(part.patients, results.rules) +
            patients_table(part.patients);
    text += "<h2>Sensitivity of each patient</h2>\n" + sensitivity_plot(part.patients);
    text += "<h2>False alarms per 24 h of each patient</h2>\n" + false_alarm_plot(part.patients);
    text += "<h2>Latency</h2>\n" + latency_plot(micro_average(part.patients).latencies_s);
    std::vector<RecordingResult> recordings;
    std::ranges::copy_if(
        results.recordings,
        std::back_inserter(recordings),
        [&part](const RecordingResult& one) { return one.synthetic == part.synthetic; }
    );
    text += "<h2>Recordings</h2>\n" + timelines(recordings);
    return text + (part.synthetic ? "</section>\n" : "");
}

} // namespace

std::string results_html(const Results& results) {
    std::string page(page_head());
    page += std::format(
        "<h1>{}: {} of {}</h1>\n<p>{}</p>\n"
        "<p class=\"note\">For research and evaluation. Not a medical device.</p>\n",
        escaped(results.detector),
        counted(results.recordings.size(), "recording"),
        counted(results.patients.size() + results.synthetic_patients.size(), "patient"),
        escaped(results.parameters)
    );
    if (results.gate) {
        page += gate(*results.gate, results.active);
    }
    page += page_names("Left out of every figure", results.left_out);
    page += page_names("Without a hypothesis", results.without_hypothesis);
    const auto parts = parts_of(results);
    for (const auto& part : parts) {
        if (parts.size() > 1) {
            page +=
                part.synthetic ? "<h1>Synthetic recordings</h1>\n" : "<h1>Real recordings</h1>\n";
        }
        page += of_part(part, results);
    }
    page += page_names("Remarks", results.remarks);
    return page + "</body>\n</html>\n";
}

} // namespace vigil::evaluate
