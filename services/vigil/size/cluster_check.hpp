// Compares what a running service refused with what its model says. Used by `vigil size --check`.
#pragma once

#include "queueing/tally.hpp"
#include "vigil/size/prometheus_load.hpp"
#include "vigil/size/sizing.hpp"

#include <cstdint>
#include <string>

namespace vigil::size {

enum class Verdict : std::uint8_t { agrees, differs, too_little };

struct CheckedRoute {
    std::string name;
    Verdict verdict = Verdict::too_little;
    queueing::Estimate measured;    // share refused
    double measured_half_width = 0; // 99.9 %
    double model = 0;               // share refused at the measured rates, hour by hour
    double model_low = 0; // 99.9 %, of the rates and the service time that go in, and simulations
    double model_high = 0;
    std::uint64_t refused = 0;
    std::uint64_t arrivals = 0; // of the hours that were compared
    std::uint64_t hours = 0;
};

/// Takes the hours that were seen and in which the number of pods stayed the same; the model has
/// each hour's own rate and pods, and service times as they were measured (MeasuredModel). Too
/// little: under 20 refusals both measured and expected, or under ten stretches of five minutes.
///
/// in      `service`: slots, cores and the seconds of its own work; its rate is not read
/// source  measured: ratio of batch means of five minutes (queueing::share_estimate) at 99.9 %;
///         they agree where the two 99.9 % intervals meet
/// errors  those of the model
[[nodiscard]] Result<CheckedRoute>
check_route(const ClusterRoute& route, const ServiceLoad& service, const Sizing& sizing);

[[nodiscard]] std::string check_text(const CheckedRoute& checked);

} // namespace vigil::size
