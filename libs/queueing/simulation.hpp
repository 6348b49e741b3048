// A discrete-event simulator of services and their senders, for what no formula covers. Used by
// `vigil size --simulate` and by the tests of the formulas.
#pragma once

#include "queueing/autoscaler.hpp"
#include "queueing/dispatch.hpp"
#include "queueing/distribution.hpp"
#include "queueing/network.hpp"
#include "queueing/tally.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace vigil::queueing {

/// Independent gaps: Poisson where they are exponential, anything else where they were measured.
struct Renewal {
    Distribution gap_s;
};

/// What devices do: each sends every `period_s`, first at a moment drawn from [0, phase_s); every
/// single send is late by up to `jitter_s`. A phase of 0 is synchronised, one of a period is
/// spread.
struct Periodic {
    std::uint32_t senders = 1;
    double period_s = 1;
    double jitter_s = 0;
    double phase_s = 0;
};

/// The storm: every sender once, somewhere in [at_s, at_s + spread_s).
struct Burst {
    std::uint32_t senders = 1;
    double at_s = 0;
    double spread_s = 0;
};

struct Senders {
    std::size_t station = 0;
    std::variant<Renewal, Periodic, Burst> how;
};

/// A refused sender waits after_s * factor^(tries - 1), at most longest_s, shortened by up to
/// `jitter` of itself.
struct Retry {
    std::optional<std::uint32_t> attempts = 1; // of a request in all; none: it never gives up
    double after_s = 1;
    double factor = 2;
    double longest_s = 60;
    double jitter = 0;
};

struct Station {
    std::string name;
    Pods pods;
    Distribution service_s;                    // on a core of its own
    std::uint64_t waiting_room = 0;            // of each pod, first come first served
    std::optional<Onward> calls = {};          // a share, after its own work, with the slot held
    std::vector<Onward> onward = {};           // shares, with the slot free again
    Retry retry = {};                          // of its senders; nested calls are not repeated
    std::optional<AutoscalerPlan> scaler = {}; // starts from pods.pods
    Distribution start_s = Distribution::fixed(0); // from the decision to the first request
};

struct SimulationPlan {
    std::vector<Station> stations;
    std::vector<Senders> senders;
    double duration_s = 0; // after the warm-up
    double warm_up_s = 0;  // not counted
    std::uint32_t batches = 30;
    std::uint64_t seed = 1;
    std::size_t most_requests = 10'000'000; // in service, waiting or coming back at once
};

struct StationResult {
    std::string name;
    Estimate blocking; // of attempts, by the station's own pods
    Estimate lost;     // of requests: refused or failed in a callee at every attempt
    std::uint64_t attempts = 0;
    std::uint64_t refused = 0;
    std::uint64_t failed_below = 0; // accepted, then refused by a callee
    std::uint64_t requests = 0;
    std::uint64_t given_up = 0;
    double last_end_s = 0; // from the plan's start to the last end of a request
    double slots_used = 0; // mean
    double cores_used = 0; // mean
    double pods = 0;       // mean, starting and draining ones counted
    std::uint64_t most_pods = 0;
    double mean_wait_s = 0; // before service
    double p99_wait_s = 0;
    double mean_response_s = 0; // from acceptance to the end, calls included
    double p99_response_s = 0;
};

struct SimulationResult {
    std::vector<StationResult> stations;
    std::uint64_t events = 0;
};

/// Runs the plan. The same plan gives the same result bit for bit, in the same build.
///
/// errors  invalid_argument: a sentence on what is wrong with the plan; unprocessable: more
///         than most_requests at once
/// source  batch means: Law, Simulation Modeling and Analysis (5th ed. 2015), section 9.5.3
/// cost    see queueing_bench; memory for what is in service, waiting or coming back
[[nodiscard]] Result<SimulationResult> simulate(const SimulationPlan& plan);

} // namespace vigil::queueing
