// Stands in for services that have no pod: an entry sends there what it can send nowhere else, and
// whoever asked is told to come again. Used by `ward away`.
#pragma once

#include "process/cluster_config.hpp"

namespace vigil::process {

/// Answers every request with 503 and Retry-After, before its body is read, until SIGTERM or
/// SIGINT. Of `config` the servers, the drain and the level of the log count. Exit status as
/// run()'s.
int serve_away(const ClusterConfig& config);

} // namespace vigil::process
