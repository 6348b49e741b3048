// Erlang's formulas: one pool of slots that refuses (B), one that lets wait (C), and slots that
// share cores. Used by dispatch, retries, network and `vigil size`. Loads are in erlangs: arrivals
// a second times seconds of service.
#pragma once

#include "base/error.hpp"

#include <cstdint>

namespace vigil::queueing {

/// The share of Poisson arrivals that `slots` pooled slots refuse, each slot with a core of its
/// own. It holds for any distribution of the service time with that mean.
///
/// errors  none: no load is never refused, no slot refuses everything
/// source  Erlang, Elektroteknikeren 13 (1917) 5; the recurrence in slots, which only adds
///         positive terms: Jagerman, Bell Syst. Tech. J. 53 (1974) 525, section II
/// cost    one division for each slot; within 1e-12 of the true value up to a million slots
[[nodiscard]] double erlang_b(std::uint64_t slots, double offered);

/// The same where the slots in use share `cores` (which may be a fraction) equally: they are
/// served at the rate min(used, cores), so that every request takes longer the more there are.
///
/// source  M/G/1/K with processor sharing has the distribution of M/M/1/K: Cohen, Acta Informatica
///         12 (1979) 245, section 4; with c cores it is that of M/M/c/K
[[nodiscard]] double shared_cores_blocking(std::uint64_t slots, double cores, double offered);

/// The load at which `used` slots are in use on average, where they share `cores`: with it a
/// measured time in service, which is longer the more share a core, tells the work behind it
/// (used = taken arrivals a second times measured seconds, by Little's law).
///
/// errors  invalid_argument: no slots, no cores, or `used` is not above 0 and below `slots`
/// source  the stationary state of M/M/c/K, see shared_cores_blocking
[[nodiscard]] Result<double> offered_for_use(std::uint64_t slots, double cores, double used);

/// The fewest slots that refuse no more than `target` (above 0, below 1).
///
/// errors  invalid_argument: a target or a load that is none; too_large: over ten million slots
[[nodiscard]] Result<std::uint64_t> slots_for(double offered, double target);

/// The load at which exactly `target` is refused.
///
/// errors  invalid_argument: no slots, no cores, or a target that is none
[[nodiscard]] Result<double> offered_for(std::uint64_t slots, double cores, double target);

/// The share of arrivals that must wait where nothing is refused and waiting is first come, first
/// served.
///
/// errors  invalid_argument: no load; unprocessable: the load is not below the slots, so that the
///         queue grows for ever
/// source  Erlang 1917; from B: Cooper, Introduction to Queueing Theory (1981), eq. 3.4.8
[[nodiscard]] Result<double> erlang_c(std::uint64_t slots, double offered);

struct Waiting {
    double share = 0;    // of arrivals that wait at all
    double mean = 0;     // of all arrivals, in mean service times
    double quantile = 0; // what that share of arrivals waits at most, in mean service times
};

/// Waiting before exponential service in M/M/m: P(W > t) = C exp(-(m - A) t).
///
/// errors  as erlang_c; invalid_argument: a quantile outside 0 to 1
/// source  Cooper (1981), eq. 3.4.23
[[nodiscard]] Result<Waiting> waiting(std::uint64_t slots, double offered, double quantile);

/// Says in a sentence what is wrong with a load, or with a share that must lie between 0 and 1.
[[nodiscard]] Result<void> check_offered(double offered);
[[nodiscard]] Result<void> check_target(double target);

} // namespace vigil::queueing
