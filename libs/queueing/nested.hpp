// Services whose callers hold their slot while the callee works (simultaneous resource possession).
// Used by `vigil size`.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace vigil::queueing {

struct Caller {
    std::uint64_t slots = 1;
    double own = 0;    // erlangs of its own work: arrivals a second times seconds before the call
    double nested = 0; // erlangs of the calls, none refused: arrivals times share that calls times
                       // the callee's seconds
    double calls = 1;  // share of its requests that calls
};

struct CallerLoss {
    double refused = 0;       // of its arrivals, since its own slots are all in use
    double calls_refused = 0; // of its calls, by the callee
    double lost = 0;          // of its arrivals, in either way
};

struct NestedLoss {
    std::vector<CallerLoss> callers;
    double direct_refused = 0; // of the callee's direct arrivals
};

/// What callers and the callee that they share refuse. A request works first, then its share calls
/// and keeps its slot meanwhile; where the callee refuses, the request ends. Each service is one
/// pool.
///
/// in      `direct`: erlangs that reach the callee without a caller, 0 for none
/// errors  invalid_argument: no caller, no slot, a load below 0, a share outside 0 to 1;
///         too_large: over 20,000 slots of one service
/// source  product form on n_i + c_i <= slots_i, c_1 + ... + d <= callee's slots (n in own work, c
///         calling, d direct): Kelly, Reversibility and Stochastic Networks (1979), sections 1.6
///         and 3.2; that a refused call ends the request as if it had been answered at once is the
///         jump-over rule that keeps it: van Dijk, Adv. Appl. Prob. 20 (1988) 91. The balance
///         equations are checked by a chain in formulas_test.
/// cost    callers^2 * slots^2
[[nodiscard]] Result<NestedLoss>
nested_loss(std::span<const Caller> callers, double direct, std::uint64_t callee_slots);

} // namespace vigil::queueing
