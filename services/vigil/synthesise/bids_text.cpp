#include "vigil/synthesise/bids_text.hpp"

#include "base/json_text.hpp"
#include "evaluate/hed_score.hpp"
#include "vigil/evaluate/results.hpp"

#include <format>
#include <string_view>

namespace vigil::synthesise {

namespace {

constexpr std::string_view what =
    "EEG that a model made: for tests, delay and load; never for training and never for a claim of "
    "accuracy";

std::string_view name(signal::Montage montage) {
    return montage == signal::Montage::bipolar ? "bipolar" : "referential";
}

void add_plan(JsonText& json, const SynthesisOptions& options) {
    const auto& plan = options.plan;
    json.key("Plan").open_object();
    json.member("patients", options.patients).member("hours", plan.duration_s / 3600);
    json.member("rate_hz", plan.rate_hz).member("montage", name(plan.montage));
    json.member("seizures_per_hour", plan.seizures_per_hour).member("seed", plan.seed);
    json.key("artefacts_per_hour").open_object();
    for (std::size_t kind = 0; kind < signal::artefact_kinds; ++kind) {
        json.member(signal::artefact_traits()[kind].name, plan.artefacts.per_hour[kind]);
    }
    json.close_object().member("mains_hz", plan.artefacts.mains_hz).close_object();
}

} // namespace

std::string dataset_description(const SynthesisOptions& options) {
    JsonText json;
    json.open_object().member("Name", "Synthetic EEG").member("BIDSVersion", "1.9.0");
    json.member("DatasetType", "raw").member("Synthetic", true);
    json.key("GeneratedBy").open_array().open_object();
    json.member("Name", "vigil synthesise").member("Version", options.version);
    json.member("Description", what).close_object().close_array();
    add_plan(json, options);
    json.close_object();
    return std::move(json).text() + "\n";
}

std::string readme(const SynthesisOptions& options) {
    return std::format(
        "# Synthetic EEG\n{}.\n\n"
        "{} of {:g} hours, {} channels at {} Hz, made by `vigil synthesise` {} with seed {}.\n"
        "`*_events.tsv` has the seizures, by the state that the model reached; `*_artefacts.tsv` "
        "the artefacts.\n",
        what,
        evaluate::counted(options.patients, "patient"),
        options.plan.duration_s / 3600,
        name(options.plan.montage),
        options.plan.rate_hz,
        options.version,
        options.plan.seed
    );
}

std::string participants(std::span<const std::string> patients) {
    std::string table = "participant_id\tsynthetic\n";
    for (const auto& patient : patients) {
        table += patient + "\ttrue\n";
    }
    return table;
}

std::string eeg_sidecar(const signal::ContinuousRecording& recording) {
    const auto& plan = recording.plan();
    JsonText json;
    json.open_object().member("TaskName", "synthetic").member("Synthetic", true);
    json.member("SamplingFrequency", plan.rate_hz);
    json.member("EEGChannelCount", recording.channels().size());
    json.member(
        "EEGReference",
        plan.montage == signal::Montage::bipolar ? "longitudinal bipolar chain"
                                                 : "a point without potential"
    );
    json.member("EEGPlacementScheme", "10-20").member("SoftwareFilters", "n/a");
    json.member("PowerLineFrequency", plan.artefacts.mains_hz);
    json.member("RecordingType", "continuous");
    json.member("RecordingDuration", plan.duration_s);
    json.member("SeizureFocus", signal::electrodes_10_20()[recording.focus()].name);
    json.close_object();
    return std::move(json).text() + "\n";
}

std::string channels_table(const signal::ContinuousRecording& recording) {
    std::string table = "name\ttype\tunits\tsampling_frequency\n";
    for (const auto& channel : recording.channels()) {
        table += std::format("{}\tEEG\tuV\t{}\n", channel.label, recording.plan().rate_hz);
    }
    return table;
}

std::string events_table(const signal::ContinuousRecording& recording, UtcTime start) {
    std::vector<evaluate::Mark> marks;
    for (const auto& [onset_s, end_s] : recording.seizures()) {
        marks.push_back({.onset_s = onset_s, .duration_s = end_s - onset_s, .type = "sz"});
    }
    return evaluate::hed_score_text(marks, recording.plan().duration_s, start);
}

std::string artefacts_table(const signal::ContinuousRecording& recording, UtcTime start) {
    const double rate_hz = recording.plan().rate_hz;
    std::vector<evaluate::Mark> marks;
    for (const auto& mark : recording.artefacts()) {
        const auto& traits = signal::artefact_traits()[static_cast<std::size_t>(mark.kind)];
        marks.push_back({
            .onset_s = static_cast<double>(mark.first) / rate_hz,
            .duration_s = static_cast<double>(mark.end - mark.first) / rate_hz,
            .type = std::string(traits.hed_tag),
            .channels = recording.channels_of(mark),
        });
    }
    return evaluate::hed_score_text(marks, recording.plan().duration_s, start);
}

} // namespace vigil::synthesise
