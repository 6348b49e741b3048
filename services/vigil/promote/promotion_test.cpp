// Which promotions the gate lets pass, and that no file of one can be another's or be changed.
#include "vigil/promote/promotion.hpp"

#include "detect/model_card.hpp"
#include "vigil/evaluate/results.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <format>

using namespace vigil;

namespace {

const std::string file = "the network";

std::string card(std::string_view version = "2.0.0") {
    return std::format(
        R"({{"card": 1, "name": "m", "version": "{}", "kind": "network", "file": "m.onnx",
"sha256": "{}", "licence": "l", "origin": {{}},
"signal": {{"kinds": ["scalp"], "references": ["average"], "note": "n"}},
"input": {{"name": "in", "unit": "uV", "type": "float32", "layout": "[n][s]", "samples": 512,
"rate": {{"numerator": 256, "denominator": 1, "tolerance_hz": 0.5, "other_rates": "resampled"}},
"normalisation": "none", "band": {{"low_hz": 0.5, "high_hz": 70, "note": "n"}},
"filters": {{"band_pass_hz": null, "notch_hz": null}}}},
"output": {{"name": "out", "range": [0, 1], "meaning": "m"}}, "architecture": "a", "age_group": "g",
"training": null, "figures": {{}}, "calibration": null,
"event_level": {{"scalp": "none measured", "intracranial": "none measured"}}, "limits": []}})",
        version,
        detect::sha256_hex(file)
    );
}

struct Kind {
    int patients = 20;
    int missed = 0;      // of the three seizures of each patient
    double late_s = 8.1; // no binary fraction, so that reading it back is a test
    bool raised = true;
};

evaluate::Results results(const std::string& detector, Kind kind = {}) {
    evaluate::Results made{.detector = detector};
    for (int patient = 0; patient < kind.patients; ++patient) {
        evaluate::RecordingResult recording{
            .name = std::format("{:02}/1.edf", patient),
            .patient = std::format("{:02}", patient),
            .duration_s = 7200.1 + patient
        };
        for (int seizure = 0; seizure < 3; ++seizure) {
            const double onset_s = 1000 * (seizure + 1) + 0.3 * patient;
            recording.reference.push_back({.onset_s = onset_s, .end_s = onset_s + 60});
            if (seizure >= kind.missed) {
                recording.detections.push_back({.onset_s = onset_s + 2, .end_s = onset_s + 50.7});
                if (kind.raised) {
                    recording.detections.back().raised_s = onset_s + kind.late_s;
                }
            }
        }
        // one false alarm each, so that their ratio is defined
        recording.detections.push_back({.onset_s = 5000, .end_s = 5020, .raised_s = 5005});
        made.add(std::move(recording));
    }
    return made;
}

PromotionFiles files(const evaluate::Results& candidate) {
    return {
        .card = card(),
        .file = file,
        .results = evaluate::results_json(candidate),
        .active = evaluate::results_json(results("m 1.0.0"))
    };
}

std::string refusal(const PromotionFiles& given) {
    const auto judged = judge_promotion(given);
    return judged ? std::string("judged") : judged.error().detail;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

} // namespace

TEST_CASE("a candidate as good as the active model passes, with the digests of all files") {
    const auto given = files(results("m 2.0.0"));
    const auto judged = judge_promotion(given);
    REQUIRE(judged);
    CHECK(judged->gate.outcome == evaluate::GateOutcome::passed);
    CHECK(judged->gate.patients == 20);
    CHECK(judged->gate.seizures == 60);
    CHECK(judged->detector == "m 2.0.0");
    CHECK(judged->active == "m 1.0.0");
    CHECK(judged->card_sha256 == detect::sha256_hex(given.card));
    CHECK(judged->file_sha256 == detect::sha256_hex(file));
    CHECK(judged->results_sha256 == detect::sha256_hex(given.results));
    CHECK(judged->active_sha256 == detect::sha256_hex(given.active));
    const auto body = promotion_body(*judged, "because", "somebody");
    CHECK(body.contains(R"("figure":"median latency")"));
    CHECK(body.contains(R"("patients":20,"seizures":60)"));
    CHECK_FALSE(body.contains("null"));
}

TEST_CASE("a candidate that misses more or is later fails, and few patients are not enough") {
    const auto outcome = [](Kind kind, Kind active = {}) {
        auto given = files(results("m 2.0.0", kind));
        given.active = evaluate::results_json(results("m 1.0.0", active));
        return judge_promotion(given).value().gate.outcome;
    };
    CHECK(outcome({.missed = 1}) == evaluate::GateOutcome::failed);
    CHECK(outcome({.late_s = 13.2}) == evaluate::GateOutcome::failed);
    CHECK(outcome({.late_s = 13.0}) == evaluate::GateOutcome::passed);
    CHECK(outcome({.patients = 19}, {.patients = 19}) == evaluate::GateOutcome::not_enough_data);
}

TEST_CASE("results whose figures or events were changed are refused") {
    const auto given = files(results("m 2.0.0", {.missed = 1}));
    const auto changed = [&given](std::string_view from, std::string_view to) {
        auto other = given;
        other.results = replaced(other.results, from, to);
        return refusal(other);
    };
    REQUIRE(refusal(given) == "judged");
    const auto first_patient = given.results.find(R"("patient":"00")");
    const auto counts = R"("reference":3,"true_positives":2)";
    REQUIRE(given.results.find(counts, first_patient) != std::string::npos);
    auto better = given;
    better.results.replace(
        given.results.find(counts, first_patient),
        std::string_view(counts).size(),
        R"("reference":3,"true_positives":3)"
    );
    CHECK(refusal(better).contains("the file was changed"));
    CHECK(refusal(better).starts_with("patients[0]"));
    // an event taken away, the figures left as they were
    CHECK(changed(R"({"onset_s":5000,"end_s":5020,"raised_s":5005})", "") != "judged");
    CHECK(changed(R"("raised_s":2008.1)", R"("raised_s":2001.1)").contains("the file was changed"));
    CHECK(changed(R"("end_s":5020)", R"("end_s":5020.5)") == "judged"); // no figure follows from it
    CHECK(changed(R"("onset_s":5000)", R"("onset_s":2050)").contains("the file was changed"));
    CHECK(changed(R"("tolerance_end_s":60)", R"("tolerance_end_s":600)").contains("another rule"));
    CHECK(changed(R"("recordings":[)", R"("recording":[)").contains("missing"));
    CHECK(refusal({given.card, file, given.results.substr(0, 4000), given.active}) != "judged");
    CHECK(refusal({given.card, file, given.results, "{}"}).contains("missing"));
}

TEST_CASE("files that do not belong together are refused") {
    const auto given = files(results("m 2.0.0"));
    CHECK(refusal({"{}", file, given.results, given.active}).contains("card"));
    CHECK(refusal({given.card, "another", given.results, given.active}).contains("digest"));
    CHECK(refusal({given.card, "", given.results, given.active}).contains("not there"));
    CHECK(
        refusal({card("2.0.1"), file, given.results, given.active}) ==
        "The results are of m 2.0.0, and the card is of m 2.0.1."
    );
    CHECK(refusal({given.card, file, given.results, given.results}).contains("itself"));
    const auto live = files(results("m-live 2.0.0 (lag 4 s)"));
    CHECK(refusal(live) == "judged");
    CHECK(refusal(files(results("n 2.0.0"))).contains("are of n 2.0.0"));
    CHECK(refusal(files(results("m 2.0.0", {.raised = false}))).contains("could run live"));
    auto fewer = given;
    fewer.active = evaluate::results_json(results("m 1.0.0", {.patients = 21}));
    CHECK(refusal(fewer).contains("same recordings"));
    auto left_out = results("m 2.0.0");
    left_out.left_out.push_back({.name = "x.edf", .why = "no reference"});
    CHECK(refusal(files(left_out)).contains("left recordings out"));
    auto marks = results("m 2.0.0");
    marks.recordings[0].reference[0].end_s += 0.01;
    CHECK(refusal(files(marks)).contains("same recordings"));
}
