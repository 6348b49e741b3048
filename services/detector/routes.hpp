// The detector's routes on one page: POST /predict of the old contract.
#pragma once

#include "base/error.hpp"
#include "detector/predictor.hpp"
#include "http/message.hpp"

#include <string_view>
#include <vector>

namespace vigil::detector {

/// `predictor` must outlive the router. `access` is open only where somebody opened the old route
/// by name. `slots` are at most the predictor's own bound, so that only the route refuses.
void add_routes(
    http::Router& router,
    Predictor& predictor,
    http::Access access = http::Access::device,
    std::size_t slots = 256
);

/// Reads {"eeg_data":[178 numbers]}.
///
/// errors  invalid_argument with the field: no JSON, another member, a member twice, another count,
/// something that is no
///         number or not within one volt
[[nodiscard]] Result<std::vector<float>> parse_predict(std::string_view json);

} // namespace vigil::detector
