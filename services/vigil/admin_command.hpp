// `vigil key`, `vigil patient`, `vigil user`, `vigil link`: through the running server, or on the
// journal when none runs.
#pragma once

namespace CLI {
class App;
}

namespace vigil {

/// Adds the subcommands; `status` gets the exit status: 0 done, 1 refused or failed.
void add_admin_commands(CLI::App& app, int& status);

} // namespace vigil
