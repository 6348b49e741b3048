#include "vigil/size/day_table.hpp"

#include "queueing/simulation.hpp"
#include "vigil/size/answer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>
#include <numeric>

namespace vigil::size {

namespace {

constexpr std::array<double, 24> erlangs{2,  2,  2,  2,  2,  3,  6,  14, 20, 22, 24, 22,
                                         18, 20, 22, 20, 16, 12, 10, 8,  6,  4,  3,  2};
constexpr double service_s = 4;
constexpr double hour_s = 3600;
constexpr double start_s = 30; // from the decision to a pod's first request
constexpr double target = 0.001;
constexpr queueing::Pods pod{.pods = 1, .slots = 5, .cores = 2};

struct Way {
    std::string name;
    std::uint64_t fewest;
    std::uint64_t most;
    double cpu;
};

/// Within each hour the requests come at random: Poisson, given how many they are.
queueing::SimulationPlan day_of(const Way& way) {
    queueing::Station station{
        .name = "service",
        .pods = pod,
        .service_s = queueing::Distribution::exponential(service_s),
        .start_s = queueing::Distribution::fixed(start_s)
    };
    station.pods.pods = way.fewest;
    if (way.most > way.fewest) {
        station.scaler = queueing::AutoscalerPlan{
            .by = queueing::ScaleBy::cores,
            .target = way.cpu,
            .fewest = way.fewest,
            .most = way.most
        };
    }
    queueing::SimulationPlan plan{.duration_s = 24 * hour_s, .seed = 8};
    for (std::size_t hour = 0; hour < erlangs.size(); ++hour) {
        plan.senders.push_back(
            {.how =
                 queueing::Burst{
                     .senders = static_cast<std::uint32_t>(erlangs[hour] * hour_s / service_s),
                     .at_s = static_cast<double>(hour) * hour_s,
                     .spread_s = hour_s
                 }}
        );
    }
    plan.stations.push_back(std::move(station));
    return plan;
}

} // namespace

std::string day_table() {
    const double mean =
        std::accumulate(erlangs.begin(), erlangs.end(), 0.0) / static_cast<double>(erlangs.size());
    const auto at_mean = queueing::pods_for(pod, mean, target).value();
    const double peak = std::ranges::max(erlangs);
    const auto at_peak = queueing::pods_for(pod, peak, target).value();
    std::string text =
        "| autoscaler | pods | refused in the day | requests refused | pod-hours | "
        "most pods |\n| --- | --- | --- | --- | --- | --- |\n";
    const auto sized = [&](double cpu) {
        return Way{
            std::format("CPU at {:.0f} %, bounds by `vigil size`", 100 * cpu),
            at_mean,
            at_peak,
            cpu
        };
    };
    for (const auto& way : {
             Way{"CPU at 80 %", 1, 100, 0.8},
             Way{"CPU at 50 %", 1, 100, 0.5},
             sized(0.5),
             sized(peak / (static_cast<double>(at_peak) * pod.cores)), // that of the busiest hour
             Way{"none, sized for the busiest hour", at_peak, at_peak, 1},
         }) {
        const auto day = queueing::simulate(day_of(way)).value();
        const auto& result = day.stations.front();
        text += std::format(
            "| {} | {} | {} | {} | {:.0f} | {} |\n",
            way.name,
            way.most > way.fewest ? std::format("{} to {}", way.fewest, way.most)
                                  : std::to_string(way.fewest),
            percent(result.blocking.value),
            result.refused,
            24 * result.pods,
            result.most_pods
        );
    }
    return text;
}

} // namespace vigil::size
