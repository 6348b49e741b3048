// `vigil play` on the command line. Used by main.cpp.
#pragma once

#include "base/error.hpp"

#include <istream>
#include <map>
#include <string>

namespace CLI {
class App;
}

namespace vigil::play {

/// Adds the subcommand; running it sets `status`: 0 all accepted, 1 something refused, lost or
/// undelivered, 2 wrong usage.
void add_play_command(CLI::App& app, int& status);

/// Lines of "PATIENT KEY"; empty lines and lines that begin with # do not count.
/// errors  invalid_argument with the line's number
[[nodiscard]] Result<std::map<std::string, std::string>> read_keys(std::istream& lines);

} // namespace vigil::play
