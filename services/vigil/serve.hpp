// `vigil serve`: starts everything, says where it is, plays a ward when asked to, and stops in
// order when told to.
#pragma once

#include "vigil/config.hpp"

namespace vigil {

/// Runs until SIGTERM or SIGINT. Exit status: 0 stopped in order, 1 could not start, 2 wrong
/// configuration.
int serve(const ServeConfig& config);

} // namespace vigil
