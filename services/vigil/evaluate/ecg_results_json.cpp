#include "vigil/evaluate/ecg_results.hpp"
#include "vigil/evaluate/json_parts.hpp"

namespace vigil::evaluate {

namespace {

using signal::BeatCounts;

void add_counts(JsonText& json, std::string_view name, const BeatCounts& counts) {
    json.key(name).open_object();
    json.member("true_positives", counts.matched);
    json.member("false_negatives", counts.missed);
    json.member("false_positives", counts.extra);
    add_optional(json, "sensitivity", counts.sensitivity());
    add_optional(json, "positive_predictivity", counts.positive_predictivity());
    json.close_object();
}

void add_summary(JsonText& json, std::string_view name, const std::vector<BeatCounts>& records) {
    const auto summary = signal::summarise(records);
    json.key(name).open_object();
    add_optional(json, "gross_sensitivity", summary.gross_sensitivity);
    add_optional(json, "gross_positive_predictivity", summary.gross_positive_predictivity);
    add_optional(json, "average_sensitivity", summary.average_sensitivity);
    add_optional(json, "average_positive_predictivity", summary.average_positive_predictivity);
    json.close_object();
}

void add_events(JsonText& json, std::string_view name, const std::vector<Event>& events) {
    json.key(name).open_array();
    for (const auto& event : events) {
        json.open_object().member("onset_s", event.onset_s).member("end_s", event.end_s);
        json.close_object();
    }
    json.close_array();
}

void add_record(JsonText& json, const EcgRecord& record) {
    json.open_object().member("name", record.name).member("channel", record.channel);
    json.member("duration_s", record.duration_s).member("recorded_s", record.recorded_s);
    json.member("detected_beats", record.beats);
    json.member("unusable_share", record.unusable_share);
    add_events(json, "unusable", record.unusable);
    json.key("comparison");
    if (record.counts) {
        json.open_object();
        add_counts(json, "usable", *record.counts);
        add_counts(json, "all", record.counts->everything());
        json.close_object();
    } else {
        json.null();
    }
    json.key("seizures").open_array();
    for (const auto& seizure : record.seizures) {
        const auto rate = rate_at(record, seizure);
        json.open_object().member("onset_s", seizure.onset_s).member("end_s", seizure.end_s);
        add_optional(json, "rate_before_bpm", rate.before_bpm);
        add_optional(json, "highest_rate_bpm", rate.highest_bpm);
        json.member("unusable_s", rate.unusable_s).close_object();
    }
    json.close_array();
    json.member("rate_step_s", rate_step_s);
    json.key("rate_bpm").open_array();
    for (const auto& rate : record.rate_bpm) {
        rate ? json.value(*rate) : json.null();
    }
    json.close_array().close_object();
}

void add_noise_run(JsonText& json, const NoiseRun& run) {
    json.open_object().member("record", run.record).member("noise", std::string(words(run.kind)));
    json.member("snr_db", run.snr_db).member("seed", run.seed);
    add_counts(json, "usable", run.counts);
    add_counts(json, "all", run.counts.everything());
    json.member("unusable_share", run.unusable_share).close_object();
}

} // namespace

std::string ecg_json(const EcgResults& results) {
    JsonText json;
    json.open_object().member("format", "vigil-ecg-evaluation-1");
    json.key("rules").open_object();
    json.member("match_window_s", results.rules.match_window_s);
    json.member("learning_s", results.rules.learning_s).close_object();
    const auto counts = results.counts();
    std::vector<BeatCounts> all;
    for (const auto& one : counts) {
        all.push_back(one.everything());
    }
    add_summary(json, "usable", counts);
    add_summary(json, "all", all);
    json.key("records").open_array();
    for (const auto& record : results.records) {
        add_record(json, record);
    }
    json.close_array().key("generated_noise").open_array();
    for (const auto& run : results.noise) {
        add_noise_run(json, run);
    }
    json.close_array();
    add_names(json, "left_out", results.left_out);
    add_names(json, "remarks", results.remarks);
    return std::move(json.close_object()).text();
}

} // namespace vigil::evaluate
