// The models that `vigil evaluate` can run, by name.
#pragma once

#include "vigil/evaluate/recording_model.hpp"

#include <array>
#include <memory>
#include <string_view>

namespace vigil::evaluate {

inline constexpr std::array<std::string_view, 2> model_names{"window-178", "line-length"};

[[nodiscard]] bool is_model(std::string_view name);

/// errors  invalid_argument: no such model, its file or its card is wrong
[[nodiscard]] Result<std::unique_ptr<RecordingModel>> open_model(std::string_view name);

} // namespace vigil::evaluate
