// The simulation behind `vigil size --simulate`: the sized service under the senders that were
// named.
#pragma once

#include "vigil/size/sizing.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::size {

inline constexpr std::string_view poisson_senders = "poisson";
inline constexpr std::string_view periodic_senders = "periodic";
inline constexpr std::string_view synchronised_senders = "synchronised";
inline constexpr std::string_view returning_senders = "returning"; // once each, after an outage

/// From an interval of 95 % to one of 99.9 %: Student's t with 29 degrees of freedom, since
/// SimulationPlan has 30 batches.
inline constexpr double at_a_thousandth = 3.659 / 2.045;

struct SimulationOptions {
    std::string senders = std::string(poisson_senders);
    std::uint32_t devices = 100; // of periodic, synchronised and returning ones
    double jitter_s = 0;         // of each send
    double spread_s = 0;         // of synchronised senders' phases, of the moments of return
    /// Squared, of the service time: 0 fixed, 1 exponential, else lognormal. None: the measured
    /// times, and where there are none exponential ones.
    std::optional<double> variation = {};
    std::vector<double> times_s = {}; // as they were measured, each as likely; scaled to the mean
    double retry_after_s = 5;
    double retry_jitter = 0.5;
    double requests = 1e6; // of each service
    std::uint64_t seed = 1;
};

struct Simulated {
    queueing::StationResult result;
    /// Of returning senders: the same where Retry-After has no jitter.
    std::optional<queueing::StationResult> in_step = {};
    std::uint64_t pods = 0;
    std::uint64_t events = 0;
    bool poisson = false; // the formula is about such senders
    bool returning = false;
    bool enough = false; // refusals for an interval that can be trusted
    bool agrees = false; // it lies in the 99.9 % interval
};

/// Requests that were served, of those that came back too.
[[nodiscard]] inline std::uint64_t served(const queueing::StationResult& result) {
    return result.attempts - result.refused - result.failed_below;
}

/// Runs the service with `row.pods` pods and compares what is refused with `row.blocking`.
///
/// errors  invalid_argument: senders, devices or times that are none; those of simulate()
[[nodiscard]] Result<Simulated> simulate_service(
    const ServiceLoad& load,
    const Sizing& sizing,
    const PodsRow& row,
    const SimulationOptions& options
);

} // namespace vigil::size
