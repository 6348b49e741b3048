#include "base/json_text.hpp"
#include "base/strict_json.hpp"
#include "vigil/evaluate/json_parts.hpp"
#include "vigil/evaluate/results.hpp"

#include <array>
#include <cmath>

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

using json::each_element;
using json::each_member;
using json::Path;
using json::ondemand::value;
using Seen = Result<void>;

Seen into(Result<std::int64_t> number, std::uint64_t& out) {
    if (!number) {
        return std::unexpected(number.error());
    }
    out = static_cast<std::uint64_t>(*number);
    return {};
}

constexpr std::int64_t most = std::int64_t{1} << 53;
constexpr std::size_t most_patients = 100'000;
constexpr std::size_t most_latencies = 1'000'000;

Seen read_counts(value from, const Path& path, Counts& counts) {
    const auto object = json::object_of(from, path);
    if (!object) {
        return std::unexpected(object.error());
    }
    constexpr std::array<std::string_view, 5>
        names{"reference", "true_positives", "false_positives", "samples", "rate_hz"};
    const auto seen = each_member(
        *object,
        names,
        path,
        [&](std::size_t index, value member, const Path& here) -> Seen {
            if (index == 4) {
                const auto rate = json::number(member, here);
                counts.rate_hz = rate.value_or(0);
                return rate ? Seen{} : std::unexpected(rate.error());
            }
            const std::array out{
                &counts.reference,
                &counts.detected,
                &counts.false_alarms,
                &counts.samples
            };
            return into(json::integer(member, here, 0, most), *out[index]);
        },
        true
    );
    if (!seen) {
        return std::unexpected(seen.error());
    }
    if (*seen != 0x1f || counts.detected > counts.reference || !(counts.rate_hz > 0)) {
        return json::wrong(path, "is no set of counts");
    }
    return {};
}

Seen read_latencies(value from, const Path& path, std::vector<double>& latencies) {
    const auto object = json::object_of(from, path);
    if (!object) {
        return std::unexpected(object.error());
    }
    constexpr std::array<std::string_view, 1> names{"all"};
    const auto seen = each_member(
        *object,
        names,
        path,
        [&](std::size_t, value all, const Path& here) -> Seen {
            const auto read = each_element(
                all,
                most_latencies,
                here,
                [&](std::size_t, value one, const Path& there) -> Seen {
                    const auto number = json::number(one, there);
                    latencies.push_back(number.value_or(0));
                    return number ? Seen{} : std::unexpected(number.error());
                }
            );
            return read ? Seen{} : std::unexpected(read.error());
        },
        true
    );
    if (!seen) {
        return std::unexpected(seen.error());
    }
    return *seen == 1 ? Seen{} : json::wrong(path, "has no member all");
}

Seen read_patient(value from, const Path& path, PatientTally& patient) {
    const auto object = json::object_of(from, path);
    if (!object) {
        return std::unexpected(object.error());
    }
    constexpr std::array<std::string_view, 4> names{"patient", "seizures", "events", "latency_s"};
    const auto seen = each_member(
        *object,
        names,
        path,
        [&](std::size_t index, value member, const Path& here) -> Seen {
            switch (index) {
                case 0: {
                    const auto text = json::text(member, here);
                    patient.patient = text.value_or("");
                    return text ? Seen{} : std::unexpected(text.error());
                }
                case 1:
                    return into(json::integer(member, here, 0, most), patient.tally.seizures);
                case 2:
                    return read_counts(member, here, patient.tally.events);
                default:
                    return read_latencies(member, here, patient.tally.latencies_s);
            }
        },
        true
    );
    if (!seen) {
        return std::unexpected(seen.error());
    }
    return *seen == 0xf ? Seen{} : json::wrong(path, "is no patient's result");
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

Result<EarlierResults> read_results(std::string text) {
    return json::read_object(
        text,
        [](json::ondemand::object object, const Path& root) -> Result<EarlierResults> {
            EarlierResults results;
            constexpr std::array<std::string_view, 3> names{"format", "detector", "patients"};
            const auto seen = each_member(
                object,
                names,
                root,
                [&](std::size_t index, value member, const Path& here) -> Seen {
                    if (index < 2) {
                        const auto word = json::text(member, here);
                        if (!word || (index == 0 && *word != results_format)) {
                            return json::wrong(here, "is not the format of this program");
                        }
                        if (index == 1) {
                            results.detector = *word;
                        }
                        return {};
                    }
                    const auto read = each_element(
                        member,
                        most_patients,
                        here,
                        [&](std::size_t, value one, const Path& there) {
                            return read_patient(one, there, results.patients.emplace_back());
                        }
                    );
                    return read ? Seen{} : std::unexpected(read.error());
                },
                true
            );
            if (!seen) {
                return std::unexpected(seen.error());
            }
            if (*seen != 7) {
                return json::wrong(root, "format, detector or patients is missing");
            }
            return results;
        }
    );
}

} // namespace vigil::evaluate
