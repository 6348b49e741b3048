// The models that `vigil evaluate` can run, by name.
#pragma once

#include "detect/long_context.hpp"
#include "vigil/evaluate/recording_model.hpp"

#include <array>
#include <filesystem>
#include <memory>
#include <string_view>

namespace vigil::evaluate {

inline constexpr std::array<std::string_view, 4> model_names{
    "window-178",
    "line-length",
    "sladky-2022",
    "sladky-2022-live"
};

struct ModelOptions {
    /// Where the models lie that are no part of the program: sladky-2022's in a folder sladky_2022.
    std::filesystem::path models = {};
    /// How far back sladky-2022-live decides, in steps of half a second.
    double lag_s = detect::LongContextRules{}.lag_half_s / 2.0;
};

/// The scores at which an event of the model begins and ends, where nobody says others.
struct Thresholds {
    double high = 0.5;
    double low = 0.25;
};

[[nodiscard]] Thresholds thresholds_of(std::string_view model);

[[nodiscard]] bool is_model(std::string_view name);

/// Whether the model of that name is causal, without opening it.
[[nodiscard]] bool could_run_live(std::string_view name);

/// Opens a model. The file of sladky-2022 is where `make models` puts it.
///
/// errors  invalid_argument: no such model, its file or its card is wrong, a lag that is none;
/// not_found: its file is not there
[[nodiscard]] Result<std::unique_ptr<RecordingModel>>
open_model(std::string_view name, const ModelOptions& options);

} // namespace vigil::evaluate
