// The options of `vigil evaluate`.
#pragma once

#include "vigil/evaluate/models.hpp"
#include "vigil/evaluate/score_recording.hpp"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace vigil::evaluate {

struct Arguments {
    std::string recordings;
    std::string reference;
    std::string hypothesis;
    std::vector<std::string> szcore;
    std::string ecg;
    std::string noise_seeds;
    std::vector<std::string> channels;
    std::string write_events;
    std::string json;
    std::string html;
    std::string against;
    std::string model = std::string(model_names.front());
    ModelOptions options;
    std::optional<double> high; // else the model's own, as of low
    std::optional<double> low;
    unsigned smooth = 5;
    double minimum_s = 5;
    bool quiet = false;
};

/// errors  invalid_argument with the option: a score or a time that is none, a low threshold above
/// the high one
[[nodiscard]] Result<ScoreOptions>
score_options(const Arguments& arguments, std::string_view model);

/// Adds them and the help's examples; they are read into `arguments`, which outlive the command.
void add_options(CLI::App& command, Arguments& arguments);

} // namespace vigil::evaluate
