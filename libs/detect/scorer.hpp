// The model port: windows in, scores out. The adapter is OnnxScorer; tests and the simulation may
// bring their own.
#pragma once

#include "base/error.hpp"
#include "detect/model_card.hpp"

#include <span>
#include <vector>

namespace vigil::detect {

class Scorer {
public:
    virtual ~Scorer() = default;
    [[nodiscard]] virtual const ModelCard& card() const = 0;

    /// Scores all windows of the call.
    ///
    /// shape   in [n][card().samples] row-major, out [n], each 0 to 1
    /// units   microvolts at the card's rate
    /// errors  invalid_argument: not a whole number of windows; internal: the runtime failed
    /// threads any, one call at a time runs
    [[nodiscard]] virtual Result<std::vector<float>> score(std::span<const float> windows_uv) = 0;
};

} // namespace vigil::detect
