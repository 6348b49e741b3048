// Answers for every service that was measured, by log or by Prometheus. Used by size_command.
#pragma once

#include "vigil/size/answer.hpp"
#include "vigil/size/cluster_check.hpp"
#include "vigil/size/size_options.hpp"

#include <string>
#include <vector>

namespace vigil::size {

struct MeasuredAnswers {
    std::vector<Answer> answers;
    std::vector<CheckedRoute> checked;  // with --check
    std::vector<std::string> sentences; // on what could not be measured, and what was warned of
};

/// Each service sized for its busiest hour.
///
/// errors  those of the log, of Prometheus and of the model; invalid_argument: --only names none
[[nodiscard]] Result<MeasuredAnswers> measured_answers(const Arguments& arguments);

/// Sizes one service as the arguments say, simulated where they ask for it.
[[nodiscard]] Result<Answer>
answer_for(const ServiceLoad& load, const Sizing& sizing, const Arguments& arguments);

} // namespace vigil::size
