// `vigil synthesise` on the command line. Used by main.cpp.
#pragma once

#include "base/error.hpp"
#include "signal/synthetic/artefacts.hpp"

#include <string>

namespace CLI {
class App;
}

namespace vigil::synthesise {

/// Adds the subcommand; running it sets `status`: 0 written, 1 the disk refused, 2 wrong usage.
void add_synthesise_command(CLI::App& app, int& status);

/// Reads "usual", "none", or kinds separated by commas, each as often as usual or with its own
/// number an hour: "blink,pop=20".
///
/// errors  invalid_argument with the field "artefacts": an unknown kind, no number, a kind twice
[[nodiscard]] Result<signal::ArtefactPlan> read_artefacts(const std::string& text);

} // namespace vigil::synthesise
