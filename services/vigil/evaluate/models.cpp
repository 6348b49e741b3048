#include "vigil/evaluate/models.hpp"

#include "detect/onnx_scorer.hpp"
#include "vigil/evaluate/window_models.hpp"

#include <algorithm>

namespace vigil::evaluate {

bool is_model(std::string_view name) {
    return std::ranges::contains(model_names, name);
}

Result<std::unique_ptr<RecordingModel>> open_model(std::string_view name) {
    if (name == "window-178") {
        return detect::window_178().transform(
            [](std::unique_ptr<detect::OnnxScorer> scorer) -> std::unique_ptr<RecordingModel> {
                return std::make_unique<ScorerModel>(std::move(scorer));
            }
        );
    }
    if (name == "line-length") {
        return std::make_unique<LineLengthModel>();
    }
    std::string known;
    for (const auto one : model_names) {
        known += (known.empty() ? "" : ", ") + std::string(one);
    }
    return fail(
        ErrorCode::invalid_argument,
        "there is no model " + std::string(name) + "; there are " + known,
        "model"
    );
}

} // namespace vigil::evaluate
