// How busy the server's own routes are: what their slots have counted since it began, and what
// Erlang B makes of it. Behind GET /v1/admin/sizing.
#pragma once

#include "base/metrics.hpp"
#include "base/time.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace vigil::ward {

/// One route's counts, as its metrics tell them.
struct RouteCounts {
    std::string route; // "POST /predict"
    double slots = 0;
    double arrivals = 0;
    double refused = 0;
    double in_service = 0;
    double served = 0;
    double service_sum_s = 0;
};

/// Reads them from the text format of Prometheus; routes without an arrival are left out.
[[nodiscard]] std::vector<RouteCounts> route_counts(std::string_view metrics_text);

/// For each route: rate, mean service time, erlangs, refused share as measured and by the model,
/// and the model's curves for 1 to 5 pods of these slots in random split.
///
/// in      `running_s`: since the counts began
/// source  Erlang B of each pod's share (queueing::blocking): any distribution of the time
[[nodiscard]] std::string sizing_json(const std::vector<RouteCounts>& routes, double running_s);

/// threads any
class SizingBoard {
public:
    SizingBoard(const Metrics& metrics, const Clock& clock)
        : metrics_(metrics), clock_(clock), since_(clock.steady()) {}

    [[nodiscard]] std::string answer() const {
        const std::chrono::duration<double> running = clock_.steady() - since_;
        return sizing_json(route_counts(metrics_.text()), running.count());
    }

private:
    const Metrics& metrics_;
    const Clock& clock_;
    SteadyTime since_;
};

} // namespace vigil::ward
