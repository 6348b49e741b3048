// `vigil evaluate` on the command line. Used by main.cpp.
#pragma once

#include <filesystem>

namespace CLI {
class App;
}

namespace vigil::evaluate {

/// Adds the subcommand; running it sets `status`: 0 all evaluated, and the gate passed where one
/// was asked for; 1 something left out, or the gate failed; 2 wrong usage, nothing evaluated, or
/// not enough data for the gate. `models` is where models that are no part of the program lie, if
/// nobody says otherwise.
void add_evaluate_command(CLI::App& app, int& status, const std::filesystem::path& models);

} // namespace vigil::evaluate
