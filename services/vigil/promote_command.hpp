// `vigil promote` and `vigil promotions`: the gate, and the record of what passed it.
#pragma once

namespace CLI {
class App;
}

namespace vigil {

/// Adds the subcommands; `status` gets the exit status: 0 recorded, 1 the gate failed or the files
/// were refused, 2 not enough data for the gate.
void add_promote_commands(CLI::App& app, int& status);

} // namespace vigil
