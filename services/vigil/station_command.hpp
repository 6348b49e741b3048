// `vigil station` and `vigil pin`: stations and the PINs of the people who act at them.
#pragma once

namespace CLI {
class App;
}

namespace vigil {

/// Adds the commands; `status` is set when one of them has run.
void add_station_commands(CLI::App& app, int& status);

} // namespace vigil
