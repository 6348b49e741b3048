// The models that `vigil evaluate` can run, by name.
#pragma once

#include "vigil/evaluate/recording_model.hpp"

#include <array>
#include <filesystem>
#include <memory>
#include <string_view>

namespace vigil::evaluate {

inline constexpr std::array<std::string_view, 3> model_names{
    "window-178",
    "line-length",
    "sladky-2022"
};

[[nodiscard]] bool is_model(std::string_view name);

/// Whether the model of that name is causal, without opening it.
[[nodiscard]] bool could_run_live(std::string_view name);

/// Opens a model. The file of sladky-2022 is no part of this program: it lies in the folder
/// sladky_2022 below `models`, where `make models` puts it.
///
/// errors  invalid_argument: no such model, its file or its card is wrong; not_found: its file is
/// not there
[[nodiscard]] Result<std::unique_ptr<RecordingModel>>
open_model(std::string_view name, const std::filesystem::path& models);

} // namespace vigil::evaluate
