#include "vigil/evaluate/results.hpp"

#include <algorithm>
#include <format>

namespace vigil::evaluate {

std::string counted(std::size_t count, std::string_view what) {
    return std::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

namespace {

std::string figure(std::optional<double> value) {
    return value ? std::format("{:.3f}", *value) : std::string("-");
}

std::string mean(const Mean& mean) {
    return mean.value ? std::format("{:.3f} of {}", *mean.value, mean.patients) : std::string("-");
}

std::string line(std::string_view name, std::string_view micro, std::string_view macro) {
    return std::format("{:<22}{:<46}{}\n", name, micro, macro);
}

std::string latency(const Tally& tally) {
    const auto& all = tally.latencies_s;
    if (all.empty()) {
        return "-";
    }
    return std::format(
        "median {:.1f} s, quartiles {:.1f} to {:.1f} s, of {} seizures",
        *quantile(all, 0.5),
        *quantile(all, 0.25),
        *quantile(all, 0.75),
        all.size()
    );
}

std::string overall(std::span<const PatientTally> patients) {
    const auto micro = micro_average(patients);
    const auto macro = macro_average(patients);
    const auto samples = macro_average(patients, &Tally::samples);
    const auto& events = micro.events;
    auto sensitivity = figure(events.sensitivity());
    if (const auto interval = proportion_interval(events.detected, events.reference)) {
        sensitivity += std::format(
            " ({:.3f} to {:.3f}; {} of {})",
            interval->low,
            interval->high,
            events.detected,
            events.reference
        );
    }
    auto alarms = figure(events.false_alarms_per_day());
    if (const auto interval = false_alarm_interval(events)) {
        alarms += std::format(
            " ({:.3f} to {:.3f}; {} in {:.2f} h)",
            interval->low,
            interval->high,
            events.false_alarms,
            events.days() * 24
        );
    }
    std::string text = line("", "all recordings (micro)", "mean of patients (macro)");
    text += line("sensitivity", sensitivity, mean(macro.sensitivity));
    text += line("precision", figure(events.precision()), mean(macro.precision));
    text += line("F1", figure(events.f1()), mean(macro.f1));
    text += line("false alarms per 24 h", alarms, mean(macro.false_alarms_per_day));
    text += line("latency", latency(micro), "");
    text +=
        line("sample sensitivity", figure(micro.samples.sensitivity()), mean(samples.sensitivity));
    text += line("sample precision", figure(micro.samples.precision()), mean(samples.precision));
    text += line("sample F1", figure(micro.samples.f1()), mean(samples.f1));
    text +=
        "In brackets: exact 95 % intervals, which take seizures and alarms as independent of "
        "each other.\n";
    if (events.days() < 1) {
        text += "Less than a day was recorded: its rate of false alarms says little.\n";
    }
    return text;
}

std::string by_patient(std::span<const PatientTally> patients) {
    std::size_t width = 7;
    for (const auto& patient : patients) {
        width = std::max(width, patient.patient.size());
    }
    std::string text = std::format(
        "\n{:<{}} {:>9} {:>8} {:>9} {:>12} {:>11} {:>9} {:>9}\n",
        "patient",
        width,
        "hours",
        "events",
        "detected",
        "false alarms",
        "sensitivity",
        "per 24 h",
        "latency s"
    );
    for (const auto& [patient, tally] : patients) {
        const auto& events = tally.events;
        const auto median = quantile(tally.latencies_s, 0.5);
        text += std::format(
            "{:<{}} {:>9.2f} {:>8} {:>9} {:>12} {:>11} {:>9} {:>9}\n",
            patient,
            width,
            events.days() * 24,
            events.reference,
            events.detected,
            events.false_alarms,
            figure(events.sensitivity()),
            figure(events.false_alarms_per_day()),
            median ? std::format("{:.1f}", *median) : std::string("-")
        );
    }
    return text;
}

} // namespace

std::string gate_lines(const GateResult& gate, const std::string& active) {
    const auto data = std::format("{} patients, {} seizures", gate.patients, gate.seizures);
    if (gate.outcome == GateOutcome::not_enough_data) {
        return std::format(
            "\ngate against {}: not enough data: {}; at least {} and {} are needed\n",
            active,
            data,
            gate_patients,
            gate_seizures
        );
    }
    std::string text = std::format(
        "\ngate against {}: {} ({})\n",
        active,
        gate.outcome == GateOutcome::passed ? "passed" : "FAILED",
        data
    );
    for (const auto& check : gate.checks) {
        text += std::format(
            "  {:<15} {:>8.3f}, 97.5 % bound {:>8.3f}, limit {:>6.3f}: {}\n",
            check.figure,
            check.estimate,
            check.bound,
            check.limit,
            check.holds ? "holds" : "DOES NOT HOLD"
        );
    }
    return text + "  differences to the active model; of false alarms the ratio\n";
}

void Results::add(RecordingResult recording) {
    auto& of_kind = recording.synthetic ? synthetic_patients : patients;
    const auto at =
        std::ranges::lower_bound(of_kind, recording.patient, {}, &PatientTally::patient);
    const bool known = at != of_kind.end() && at->patient == recording.patient;
    auto& patient = known ? *at : *of_kind.insert(at, PatientTally{recording.patient, {}});
    patient.tally += tally(recording.reference, recording.detections, recording.duration_s, rules);
    recordings.push_back(std::move(recording));
}

std::vector<ResultsPart> parts_of(const Results& results) {
    std::vector<ResultsPart> parts;
    if (!results.patients.empty() || results.synthetic_patients.empty()) {
        parts.push_back({.patients = results.patients});
    }
    if (!results.synthetic_patients.empty()) {
        parts.push_back({.patients = results.synthetic_patients, .synthetic = true});
    }
    return parts;
}

std::string results_table(const Results& results) {
    std::string text = std::format(
        "{}: {} of {}\n",
        results.detector,
        counted(results.recordings.size(), "recording"),
        counted(results.patients.size() + results.synthetic_patients.size(), "patient")
    );
    if (!results.parameters.empty()) {
        text += results.parameters + "\n";
    }
    const auto parts = parts_of(results);
    for (const auto& part : parts) {
        if (part.synthetic) {
            text += std::format("\n{}\n", synthetic_note);
        } else if (parts.size() > 1) {
            text += "\nREAL recordings\n";
        }
        text += "\n" + overall(part.patients) + by_patient(part.patients);
    }
    if (results.gate) {
        text += gate_lines(*results.gate, results.active);
    }
    text += "\n";
    for (const auto& [name, why] : results.remarks) {
        text += std::format("{}: {}\n", name, why);
    }
    for (const auto& [name, why] : results.without_hypothesis) {
        text += std::format("MISSING {}: {}\n", name, why);
    }
    for (const auto& [name, why] : results.left_out) {
        text += std::format("LEFT OUT {}: {}\n", name, why);
    }
    return text;
}

} // namespace vigil::evaluate
