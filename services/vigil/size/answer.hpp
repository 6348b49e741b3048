// What `vigil size` prints: text, JSON, and the paper's Fig. 3 as SVG.
#pragma once

#include "vigil/size/measured_load.hpp"
#include "vigil/size/size_simulation.hpp"
#include "vigil/size/sizing.hpp"

#include <optional>
#include <span>
#include <string>

namespace vigil::size {

struct Answer {
    ServiceSize size;
    std::vector<Simulated> simulated = {};          // the needed pods, and what runs now
    std::optional<MeasuredLoad> measured = {};      // where nobody gave it
    std::optional<std::uint64_t> average_pods = {}; // at the measured mean rate
    std::optional<std::uint64_t> pods_now = {};
    bool with_profile = false; // in the text; JSON always has it
};

/// A few lines for people.
[[nodiscard]] std::string answer_text(const Answer& answer, const Sizing& sizing);

/// One object for all services; shares are numbers from 0 to 1.
[[nodiscard]] std::string answers_json(std::span<const Answer> answers, const Sizing& sizing);

/// Refused share over offered load, one curve for each of some numbers of pods by the model that
/// fits, plain Erlang B of the same slots dashed, the service with the pods that it needs as a dot,
/// and where it was measured, the running system as a ring at its load and refused share. The
/// paper's Fig. 3 is this with one slot a pod and `least-busy`.
///
/// cost    hundreds of solutions of the model
[[nodiscard]] Result<std::string> blocking_chart(const Answer& answer, const Sizing& sizing);

/// "1.02 %", with three digits, and no exponent from 0.0001 % on.
[[nodiscard]] std::string percent(double share);

} // namespace vigil::size
