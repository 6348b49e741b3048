// What the route of clocks answers.
#pragma once

#include "http/message.hpp"
#include "records/clocks.hpp"

#include <string>
#include <vector>

namespace vigil::records {

/// What to add to the times of each device for Vigil's, in order.
[[nodiscard]] http::Response
clocks_answer(const std::string& patient, const std::vector<CorrectedClock>& clocks);

} // namespace vigil::records
