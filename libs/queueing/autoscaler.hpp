// What Kubernetes' HorizontalPodAutoscaler decides. Used by the simulator.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>

namespace vigil::queueing {

enum class ScaleBy : std::uint8_t {
    cores, // busy cores over the pods' cores: CPU utilisation where requests are the cores
    slots, // slots in use over the pods' slots
};

struct AutoscalerPlan {
    ScaleBy by = ScaleBy::cores;
    double target = 0.8;
    std::uint64_t fewest = 1;
    std::uint64_t most = 1;
    double interval_s = 15;
    double tolerance = 0.1;
    double steady_s = 300; // scaling down waits until the highest wish of that time is low
};

/// One autoscaler's memory.
///
/// source  Kubernetes, "Horizontal Pod Autoscaling", algorithm details and default behaviour:
///         ceil(current * metric / target), 10 % tolerance, up by at most 4 pods or 100 % in 15 s,
///         down by the highest recommendation of 300 s
class Autoscaler {
public:
    explicit Autoscaler(const AutoscalerPlan& plan) : plan_(plan) {}

    /// How many pods there should be. `current` counts starting pods, which use nothing yet;
    /// `usage` is in pods' worth of full use, averaged since the last decision.
    [[nodiscard]] std::uint64_t decide(double now_s, std::uint64_t current, double usage);

private:
    AutoscalerPlan plan_;
    std::deque<std::pair<double, std::uint64_t>> wishes_;
};

} // namespace vigil::queueing
