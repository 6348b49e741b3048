// The exact chain of a service whose pods are alike: how many of them have how many slots in use.
// Used by dispatch.
#pragma once

#include "queueing/dispatch.hpp"

namespace vigil::queueing {

/// Whether the chain is small enough.
[[nodiscard]] bool pod_states_solvable(const Pods& pods);

/// The share refused under any dispatch that looks at how busy pods are. Time is in mean service
/// times, which are exponential; arrivals are Poisson, so that they see the stationary state.
///
/// source  the balance equations themselves, solved by MarkovChain
[[nodiscard]] double pod_states_blocking(const Pods& pods, double offered);

} // namespace vigil::queueing
