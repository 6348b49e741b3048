// What a sender is told of its values. Used by the routes.
#pragma once

#include "heart_intake/vital_intake.hpp"
#include "http/message.hpp"

namespace vigil::heart_intake {

/// 200 in the old contract's words; 207 that names each refused value where others were held; a
/// problem that names the first where none was. `counts` adds how many were accepted, known and
/// skipped.
[[nodiscard]] http::Response
vital_answer(const VitalOutcome& outcome, bool counts, std::string_view request_id);

} // namespace vigil::heart_intake
