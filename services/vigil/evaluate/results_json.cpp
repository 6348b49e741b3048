#include "base/json_text.hpp"
#include "vigil/evaluate/json_parts.hpp"
#include "vigil/evaluate/results.hpp"

#include <array>

namespace vigil::evaluate {

namespace {

void add_interval(JsonText& json, std::string_view name, const std::optional<Interval>& interval) {
    json.key(name);
    if (interval) {
        json.open_array().value(interval->low).value(interval->high).close_array();
    } else {
        json.null();
    }
}

void add_counts(JsonText& json, std::string_view name, const Counts& counts) {
    json.key(name).open_object();
    json.member("reference", counts.reference);
    json.member("true_positives", counts.detected);
    json.member("false_positives", counts.false_alarms);
    json.member("false_negatives", counts.missed());
    json.member("samples", counts.samples);
    json.member("rate_hz", counts.rate_hz);
    add_optional(json, "sensitivity", counts.sensitivity());
    add_optional(json, "precision", counts.precision());
    add_optional(json, "f1", counts.f1());
    add_optional(json, "false_alarms_per_day", counts.false_alarms_per_day());
    json.close_object();
}

void add_tally(JsonText& json, const Tally& tally) {
    const auto& events = tally.events;
    json.member("recordings", tally.recordings);
    json.member("seizures", tally.seizures);
    json.member("hours", events.days() * 24);
    add_counts(json, "events", events);
    add_interval(json, "sensitivity_95", proportion_interval(events.detected, events.reference));
    add_interval(json, "false_alarms_per_day_95", false_alarm_interval(events));
    add_counts(json, "samples", tally.samples);
    json.key("latency_s").open_object();
    add_optional(json, "lower_quartile", quantile(tally.latencies_s, 0.25));
    add_optional(json, "median", quantile(tally.latencies_s, 0.5));
    add_optional(json, "upper_quartile", quantile(tally.latencies_s, 0.75));
    json.key("all").open_array();
    for (const double latency : tally.latencies_s) {
        json.value(latency);
    }
    json.close_array().close_object();
}

void add_macro(JsonText& json, std::string_view name, const MacroFigures& macro) {
    json.key(name).open_object();
    const auto add = [&json](std::string_view figure, const Mean& mean) {
        json.key(figure).open_object();
        add_optional(json, "mean", mean.value);
        json.member("patients", mean.patients).close_object();
    };
    add("sensitivity", macro.sensitivity);
    add("precision", macro.precision);
    add("f1", macro.f1);
    add("false_alarms_per_day", macro.false_alarms_per_day);
    json.close_object();
}

void add_patients(JsonText& json, std::span<const PatientTally> patients) {
    json.key("micro_average").open_object();
    add_tally(json, micro_average(patients));
    json.close_object();
    add_macro(json, "macro_average_of_events", macro_average(patients));
    add_macro(json, "macro_average_of_samples", macro_average(patients, &Tally::samples));
    json.key("patients").open_array();
    for (const auto& patient : patients) {
        json.open_object().member("patient", patient.patient);
        add_tally(json, patient.tally);
        json.close_object();
    }
    json.close_array();
}

void add_events(JsonText& json, std::string_view name, const std::vector<Event>& events) {
    json.key(name).open_array();
    for (const auto& event : events) {
        json.open_object().member("onset_s", event.onset_s).member("end_s", event.end_s);
        if (event.raised_s) {
            json.member("raised_s", *event.raised_s);
        }
        json.close_object();
    }
    json.close_array();
}

void add_rules(JsonText& json, const EventRules& rules) {
    json.key("rules").open_object();
    json.member("tolerance_start_s", rules.tolerance_start_s);
    json.member("tolerance_end_s", rules.tolerance_end_s);
    json.member("minimum_overlap", rules.minimum_overlap);
    json.member("longest_event_s", rules.longest_event_s);
    json.member("shortest_pause_s", rules.shortest_pause_s);
    json.close_object();
}

void add_gate(JsonText& json, const GateResult& gate, const std::string& active) {
    constexpr std::array words{"passed", "failed", "not enough data"};
    json.key("gate").open_object().member("against", active);
    json.member("outcome", words[static_cast<std::size_t>(gate.outcome)]);
    json.member("patients", gate.patients).member("seizures", gate.seizures);
    json.key("checks").open_array();
    for (const auto& check : gate.checks) {
        json.open_object().member("figure", check.figure);
        json.member("estimate", check.estimate).member("bound", check.bound);
        json.member("limit", check.limit).member("holds", check.holds).close_object();
    }
    json.close_array().close_object();
}

} // namespace

std::string results_json(const Results& results) {
    JsonText json;
    json.open_object().member("format", results_format);
    json.member("detector", results.detector).member("parameters", results.parameters);
    add_rules(json, results.rules);
    add_patients(json, results.patients);
    json.key("synthetic");
    if (results.synthetic_patients.empty()) {
        json.null();
    } else {
        json.open_object().member("note", synthetic_note);
        add_patients(json, results.synthetic_patients);
        json.close_object();
    }
    json.key("recordings").open_array();
    for (const auto& recording : results.recordings) {
        json.open_object().member("name", recording.name).member("patient", recording.patient);
        json.member("synthetic", recording.synthetic).member("duration_s", recording.duration_s);
        add_events(json, "reference", recording.reference);
        add_events(json, "detections", recording.detections);
        json.close_object();
    }
    json.close_array();
    add_names(json, "left_out", results.left_out);
    add_names(json, "without_hypothesis", results.without_hypothesis);
    add_names(json, "remarks", results.remarks);
    if (results.gate) {
        add_gate(json, *results.gate, results.active);
    }
    json.close_object();
    return std::move(json).text() + "\n";
}

} // namespace vigil::evaluate
