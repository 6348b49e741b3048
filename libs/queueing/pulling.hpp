// Services that pull from the journal and refuse nothing: how far they lag and how long they take
// to catch up. Used by `vigil size`.
#pragma once

#include "base/error.hpp"

#include <cstdint>

namespace vigil::queueing {

/// The time to catch up after an outage, with work that keeps coming at that utilisation: outage *
/// rho / (1 - rho).
///
/// errors  invalid_argument: an outage below 0; unprocessable: a utilisation of 1 or more never
///         catches up
/// source  what piled up, rho * outage of work, is worked off at 1 - rho
[[nodiscard]] Result<double> drain_s(double outage_s, double utilisation);

struct Lag {
    double mean_s = 0; // from arrival to the end of service
    double p99_s = 0;
};

/// The lag of one owner that works off Poisson arrivals in order.
///
/// in      `variation` is the squared coefficient of variation of the service time: 0 always the
///         same, 1 exponential
/// errors  invalid_argument: a rate, a time or a variation that is none; unprocessable:
///         utilisation of 1 or more
/// source  mean: Pollaczek and Khinchine (Cooper 1981, eq. 5.8.11). p99: an approximation of ours,
///         exact for variation 1: no wait with 1 - rho, else one that is exponential with that
///         mean, plus one mean service time. The simulator finds the wait within 15 % for fixed
///         work, up to 30 % longer for lognormal work of variation 2 (simulation_formulas_test).
[[nodiscard]] Result<Lag> lag(double arrivals_per_s, double service_s, double variation);

/// How many times the mean load the most loaded owner has, on average over which patients fall
/// into which partition; partitions are shared out evenly.
///
/// errors  invalid_argument: none of one of them, or over 2,000 patients
/// source  exact: patients are multinomial over owners; a multinomial is independent Poisson
///         numbers given their sum (Feller, vol. 1, section VI.10)
[[nodiscard]] Result<double>
hottest_owner(std::uint64_t patients, std::uint64_t owners, std::uint64_t partitions);

} // namespace vigil::queueing
