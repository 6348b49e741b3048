// `vigil size` on the command line. Used by main.cpp.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace vigil::size {

/// Adds the subcommand; running it sets `status`: 0 answered, 1 a file could not be written or no
/// number of pods is enough, 2 wrong usage.
void add_size_command(CLI::App& app, int& status, std::ostream& out, std::ostream& err);

} // namespace vigil::size
