#include "vigil/size/size_simulation.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <functional>
#include <utility>

namespace vigil::size {

using queueing::Distribution;

namespace {

/// Refusals come in bursts: with fewer than some thirty in each batch the interval is too narrow
/// (ours, from seeds that missed a formula which twenty times as many requests confirm).
constexpr std::uint64_t enough_refusals = 1000;

/// How long returning senders are watched.
constexpr double storm_s = 3600;

Result<queueing::Senders> senders_of(const ServiceLoad& load, const SimulationOptions& options) {
    if (options.senders == poisson_senders) {
        return queueing::Senders{
            .how = queueing::Renewal{.gap_s = Distribution::exponential(1 / load.arrivals_per_s)}
        };
    }
    const bool periodic = options.senders == periodic_senders;
    const bool returning = options.senders == returning_senders;
    if (!periodic && !returning && options.senders != synchronised_senders) {
        return fail(
            ErrorCode::invalid_argument,
            std::format(
                "\"{}\" names no senders; there are {}, {}, {} and {}",
                options.senders,
                poisson_senders,
                periodic_senders,
                synchronised_senders,
                returning_senders
            ),
            "senders"
        );
    }
    if (options.devices == 0 || options.devices > 10'000'000) {
        return fail(ErrorCode::invalid_argument, "there are 1 to 10000000 devices", "devices");
    }
    if (returning) {
        return queueing::Senders{
            .how = queueing::Burst{.senders = options.devices, .spread_s = options.spread_s}
        };
    }
    const double period_s = options.devices / load.arrivals_per_s;
    return queueing::Senders{
        .how =
            queueing::Periodic{
                .senders = options.devices,
                .period_s = period_s,
                .jitter_s = options.jitter_s,
                .phase_s = periodic ? period_s : options.spread_s,
            }
    };
}

Result<Distribution> service_of(const ServiceLoad& load, const SimulationOptions& options) {
    if (!options.variation && !options.times_s.empty()) {
        auto times = options.times_s;
        const double mean_s =
            std::ranges::fold_left(times, 0.0, std::plus()) / static_cast<double>(times.size());
        for (auto& time : times) {
            time *= load.service_s / mean_s;
        }
        return Distribution::measured(std::move(times));
    }
    const double variation = options.variation.value_or(1);
    if (!(variation >= 0 && variation <= 1000)) {
        return fail(
            ErrorCode::invalid_argument,
            "a squared variation lies between 0 and 1000",
            "variation"
        );
    }
    if (variation == 0) {
        return Distribution::fixed(load.service_s);
    }
    return variation == 1 ? Distribution::exponential(load.service_s)
                          : Distribution::lognormal(load.service_s, variation);
}

bool come_back(const Sizing& sizing) {
    return sizing.attempts != 1U;
}

Result<queueing::SimulationPlan> plan_of(
    const ServiceLoad& load,
    const Sizing& sizing,
    const PodsRow& row,
    const SimulationOptions& options
) {
    const auto service = service_of(load, options);
    if (!service) {
        return std::unexpected(service.error());
    }
    if (!(options.requests >= 1000 && options.requests <= 1e9)) {
        return fail(
            ErrorCode::invalid_argument,
            "1000 to 1e9 requests can be simulated",
            "requests"
        );
    }
    auto senders = senders_of(load, options);
    if (!senders) {
        return std::unexpected(senders.error());
    }
    const bool once = options.senders == returning_senders;
    const double slowest_s =
        std::max(load.service_s, come_back(sizing) ? options.retry_after_s : 0);
    return queueing::SimulationPlan{
        .stations = {{
            .name = load.name,
            .pods = pods_of(load, sizing, row.pods),
            .service_s = *service,
            .retry =
                {.attempts = sizing.attempts,
                 .after_s = options.retry_after_s,
                 .longest_s = std::max(60.0, options.retry_after_s),
                 .jitter = options.retry_jitter},
        }},
        .senders = {*senders},
        .duration_s = once ? storm_s : options.requests / load.arrivals_per_s,
        .warm_up_s = once ? 0 : 50 * slowest_s,
        .seed = options.seed,
    };
}

} // namespace

Result<Simulated> simulate_service(
    const ServiceLoad& load,
    const Sizing& sizing,
    const PodsRow& row,
    const SimulationOptions& options
) {
    auto plan = plan_of(load, sizing, row, options);
    if (!plan) {
        return std::unexpected(plan.error());
    }
    auto run = queueing::simulate(*plan);
    if (!run) {
        return std::unexpected(run.error());
    }
    Simulated simulated{
        .result = std::move(run->stations.front()),
        .pods = row.pods,
        .events = run->events,
        .poisson = options.senders == poisson_senders,
        .returning = options.senders == returning_senders,
    };
    simulated.enough = simulated.result.refused >= enough_refusals;
    simulated.agrees = simulated.result.blocking.covers(row.blocking, at_a_thousandth);
    if (simulated.returning && come_back(sizing)) {
        plan->stations.front().retry.jitter = 0;
        run = queueing::simulate(*plan);
        if (!run) {
            return std::unexpected(run.error());
        }
        simulated.in_step = std::move(run->stations.front());
    }
    return simulated;
}

} // namespace vigil::size
