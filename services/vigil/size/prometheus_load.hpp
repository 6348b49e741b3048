// Arrival rates, service times and refusals of every service and route, from Prometheus. Used by
// `vigil size --prometheus`.
#pragma once

#include "vigil/size/counter_minutes.hpp"
#include "vigil/size/measured_load.hpp"
#include "vigil/size/prometheus.hpp"
#include "vigil/size/service_histogram.hpp"

#include <string>
#include <utility>
#include <vector>

namespace vigil::size {

/// What was seen of one route of one service: its requests as they are counted by its pods.
struct ClusterRoute {
    std::string service; // Prometheus' job
    std::string route;   // "POST /predict"
    MeasuredLoad load;   // named "service route"
    CountedMinutes arrivals;
    CountedMinutes refused;
    DrawnTimes times; // of service, by its buckets
};

struct ClusterLoads {
    std::vector<ClusterRoute> routes;
    std::vector<std::string> unmeasured; // a sentence for each route of which too little is known
    std::vector<std::string> warnings;   // Prometheus' own
};

/// Reads the last `hours` whole hours before `now_s`.
///
/// source  the metrics vigil_http_arrivals_total, _slots_refused_total, _service_seconds, _slots
///         and _requests_total of api/telemetry.yaml, scraped at least once a minute
/// errors  as Prometheus; unprocessable: no such metric, or nothing can be measured
/// cost    hours * 60 points of each route and pod in memory
[[nodiscard]] Result<ClusterLoads>
measure_prometheus(Prometheus& prometheus, std::int64_t now_s, std::uint32_t hours);

} // namespace vigil::size
