// Whether a model may be promoted: its card and file, and two evaluations that the gate compares.
// Used by `vigil promote`.
#pragma once

#include "base/error.hpp"
#include "evaluate/gate.hpp"

#include <string>

namespace vigil {

/// What is to be looked at, as the files hold it.
struct PromotionFiles {
    std::string card;
    std::string file;    // the network's; empty of an algorithm
    std::string results; // of the candidate
    std::string active;  // results of the model whose place it takes
};

struct PromotionCase {
    std::string model;
    std::string version;
    std::string card_sha256;
    std::string file_sha256; // empty of an algorithm
    std::string detector;    // as the results name it
    std::string results_sha256;
    std::string active;
    std::string active_sha256;
    evaluate::GateResult gate;
};

/// Runs the gate. Whatever the results say of themselves is worked out anew from their events.
///
/// errors  invalid_argument: a card that is none, a file of another digest, results that were
/// changed or are of another model, left something out, have no moment at which an event was
/// raised, or were not made on the same recordings
[[nodiscard]] Result<PromotionCase> judge_promotion(const PromotionFiles& files);

/// The body of POST /v1/admin/promotions.
[[nodiscard]] std::string promotion_body(
    const PromotionCase& promotion,
    const std::string& because,
    const std::string& decided_by
);

} // namespace vigil
