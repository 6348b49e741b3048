// The installation's secret where a cluster mounts it: read and never made. Used by its programs.
#pragma once

#include "access/secret.hpp"

namespace vigil::access {

/// errors  unavailable: not there, not readable, of the wrong size, writable by its group or open
/// to others (the group may read it: so a cluster mounts it for one user)
[[nodiscard]] Result<Secret> load_secret(const std::filesystem::path& file);

} // namespace vigil::access
