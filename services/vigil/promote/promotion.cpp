#include "vigil/promote/promotion.hpp"

#include "base/json_text.hpp"
#include "detect/model_card.hpp"
#include "vigil/evaluate/results.hpp"

#include <algorithm>
#include <format>

namespace vigil {

namespace {

using evaluate::RecordingResult;
using evaluate::Results;

std::unexpected<Error> refused(std::string detail, std::string field = {}) {
    return fail(ErrorCode::invalid_argument, std::move(detail), std::move(field));
}

/// "m 1.0.0", or "m-live 1.0.0 (lag 4 s)".
bool is_of_model(const std::string& detector, const detect::ModelCard& card) {
    return detector == card.name + " " + card.version ||
           detector.starts_with(card.name + "-live " + card.version + " ");
}

Result<Results> read(const std::string& json, const char* field) {
    auto results = evaluate::read_whole_results(json);
    if (!results) {
        const auto& error = results.error();
        return refused(
            error.field.empty() ? error.detail : error.field + " " + error.detail,
            field
        );
    }
    if (!results->left_out.empty() || !results->without_hypothesis.empty()) {
        return refused("The evaluation left recordings out.", field);
    }
    for (const auto& recording : results->recordings) {
        if (!std::ranges::all_of(recording.detections, [](const evaluate::Event& event) {
                return event.raised_s.has_value();
            })) {
            return refused(
                "Its events do not say when they were raised: only what could run live is "
                "promoted.",
                field
            );
        }
    }
    return results;
}

Result<void> check_same_recordings(const Results& candidate, const Results& active) {
    const auto same = [](const RecordingResult& a, const RecordingResult& b) {
        return a.name == b.name && a.duration_s == b.duration_s && a.reference == b.reference &&
               a.synthetic == b.synthetic;
    };
    if (!std::ranges::equal(candidate.recordings, active.recordings, same)) {
        return refused("The two evaluations were not made on the same recordings and marks.");
    }
    return {};
}

} // namespace

Result<PromotionCase> judge_promotion(const PromotionFiles& files) {
    const auto card = detect::parse_card(files.card);
    if (!card) {
        return std::unexpected(card.error());
    }
    PromotionCase found{
        .model = card->name,
        .version = card->version,
        .card_sha256 = detect::sha256_hex(files.card),
        .file_sha256 = files.file.empty() ? "" : detect::sha256_hex(files.file),
        .results_sha256 = detect::sha256_hex(files.results),
        .active_sha256 = detect::sha256_hex(files.active),
    };
    if (found.file_sha256 != card->sha256) {
        return refused(
            files.file.empty() ? "The model's file is not there."
                               : "The model's file is not the one whose digest the card says.",
            "file"
        );
    }
    const auto candidate = read(files.results, "results");
    if (!candidate) {
        return std::unexpected(candidate.error());
    }
    const auto active = read(files.active, "against");
    if (!active) {
        return std::unexpected(active.error());
    }
    found.detector = candidate->detector;
    found.active = active->detector;
    if (!is_of_model(found.detector, *card)) {
        return refused(
            std::format(
                "The results are of {}, and the card is of {} {}.",
                found.detector,
                card->name,
                card->version
            ),
            "results"
        );
    }
    if (found.active == found.detector) {
        return refused("A model is not compared with itself.", "against");
    }
    if (auto checked = check_same_recordings(*candidate, *active); !checked) {
        return std::unexpected(checked.error());
    }
    return evaluate::gate(candidate->patients, active->patients)
        .transform([&found](evaluate::GateResult gate) {
            found.gate = std::move(gate);
            return found;
        });
}

std::string promotion_body(
    const PromotionCase& promotion,
    const std::string& because,
    const std::string& decided_by
) {
    JsonText body;
    body.open_object()
        .member("because", because)
        .member("decided_by", decided_by)
        .member("model", promotion.model)
        .member("version", promotion.version)
        .member("detector", promotion.detector)
        .member("active", promotion.active)
        .member("card_sha256", promotion.card_sha256)
        .member("results_sha256", promotion.results_sha256)
        .member("active_results_sha256", promotion.active_sha256)
        .member("file_sha256", promotion.file_sha256)
        .member("patients", promotion.gate.patients)
        .member("seizures", promotion.gate.seizures)
        .key("checks")
        .open_array();
    for (const auto& check : promotion.gate.checks) {
        body.open_object()
            .member("figure", check.figure)
            .member("estimate", check.estimate)
            .member("bound", check.bound)
            .member("limit", check.limit)
            .member("holds", check.holds)
            .close_object();
    }
    body.close_array().close_object();
    return std::move(body).text();
}

} // namespace vigil
