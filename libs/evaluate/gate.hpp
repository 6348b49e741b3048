// Whether a candidate model may take the place of the active one: not worse by more than margins
// fixed beforehand, over resampled patients. Used by `vigil evaluate --against`; pure.
#pragma once

#include "base/error.hpp"
#include "evaluate/figures.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace vigil::evaluate {

/// How much worse a candidate may be. They were fixed before any model was compared; a gate with
/// other ones is another gate.
struct GateMargins {
    double sensitivity = 0.05;
    double f1 = 0.05;
    double false_alarm_factor = 1.25;
    double latency_s = 5;
};

inline constexpr GateMargins gate_margins{};
inline constexpr std::uint64_t gate_patients = 20; // fewer are not enough
inline constexpr std::uint64_t gate_seizures = 50;

struct GateOptions {
    std::uint64_t draws = 10'000;
    std::uint64_t seed = 20'240'207;
};

struct GateCheck {
    std::string_view figure; // "sensitivity", "f1", "false alarms", "median latency"
    /// Candidate minus active; of false alarms the ratio. Infinite where it is undefined.
    double estimate = 0;
    /// The one-sided 97.5 % bound on the worse side.
    double bound = 0;
    double limit = 0;
    bool holds = false;
};

enum class GateOutcome : std::uint8_t { passed, failed, not_enough_data };

struct GateResult {
    GateOutcome outcome = GateOutcome::not_enough_data;
    std::uint64_t patients = 0;
    std::uint64_t seizures = 0;
    std::vector<GateCheck> checks = {}; // empty without enough data
};

/// Draws patients with replacement, the same for both models, and takes the micro averages of each
/// draw; a check holds where the bound over all draws is within its margin, and all must hold. What
/// a draw leaves undefined counts against the candidate: a draw without seizures, false alarms
/// where the active model has none, a latency where either model detects nothing.
///
/// errors  invalid_argument: the two were not made on the same patients, seizures and lengths
/// source  Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13: percentile
/// interval
/// cost    10,000 draws of 20 patients: well under a second
[[nodiscard]] Result<GateResult> gate(
    std::span<const PatientTally> candidate,
    std::span<const PatientTally> active,
    const GateOptions& options = {}
);

} // namespace vigil::evaluate
