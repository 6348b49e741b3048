#include "queueing/simulation.hpp"

#include "queueing/simulator.hpp"

#include <algorithm>
#include <cmath>
#include <format>

namespace vigil::queueing {

namespace {

std::unexpected<Error> wrong(std::string detail) {
    return fail(ErrorCode::invalid_argument, std::move(detail));
}

bool is_share(double value) {
    return value >= 0 && value <= 1;
}

bool is_time(double value) {
    return std::isfinite(value) && value >= 0;
}

Result<void> check_pods(const Station& station) {
    constexpr std::uint64_t most = 100'000;
    const auto& [pods, slots, cores, dispatch, dispatchers] = station.pods;
    if (pods == 0 || slots == 0 || !(cores > 0) || pods > most || slots > most ||
        dispatchers == 0 || dispatchers > most) {
        return wrong(std::format(
            "{}: 1 to {} pods of 1 to {} slots with some of a core, and as many dispatchers, are "
            "needed",
            station.name,
            most,
            most
        ));
    }
    if (!station.service_s.valid() || !(station.service_s.mean_s() > 0)) {
        return wrong(std::format("{}: a service time must be above 0", station.name));
    }
    if (!station.start_s.valid()) {
        return wrong(std::format("{}: a pod cannot start before it is made", station.name));
    }
    if (const auto& scaler = station.scaler) {
        if (scaler->fewest == 0 || scaler->fewest > scaler->most || scaler->most > most ||
            !(scaler->target > 0 && scaler->target <= 1) || !(scaler->interval_s > 0)) {
            return wrong(std::format(
                "{}: an autoscaler needs a target up to 1, an interval and 1 <= fewest <= most "
                "pods",
                station.name
            ));
        }
    }
    return {};
}

Result<void> check_ways(const SimulationPlan& plan, std::size_t number) {
    const auto& station = plan.stations[number];
    double onward = 0;
    for (const auto& [to, share] : station.onward) {
        onward += share;
        if (to <= number || to >= plan.stations.size() || !is_share(share)) {
            return wrong(std::format("{}: requests can only go on to a later station", station.name)
            );
        }
    }
    if (onward > 1 + 1e-12) {
        return wrong(std::format("{}: more goes on than is completed", station.name));
    }
    const auto& calls = station.calls;
    if (calls &&
        (calls->to <= number || calls->to >= plan.stations.size() || !is_share(calls->share))) {
        return wrong(std::format("{}: only a later station can be called", station.name));
    }
    const auto& retry = station.retry;
    if (retry.attempts == 0U || !is_time(retry.after_s) || !(retry.factor >= 1) ||
        !is_share(retry.jitter) || !is_time(retry.longest_s)) {
        return wrong(std::format(
            "{}: retries need an attempt, times not below 0, a factor from 1 and a jitter from 0 "
            "to 1",
            station.name
        ));
    }
    if (!retry.attempts &&
        !(std::min(retry.after_s, retry.longest_s) * (1 - retry.jitter / 2) > 0)) {
        return wrong(std::format(
            "{}: senders that never give up must wait before they come back",
            station.name
        ));
    }
    return {};
}

Result<void> check_senders(const SimulationPlan& plan, const Senders& senders) {
    if (senders.station >= plan.stations.size()) {
        return wrong("senders send to a station that is not in the plan");
    }
    if (const auto* renewal = std::get_if<Renewal>(&senders.how)) {
        if (!renewal->gap_s.valid() || !(renewal->gap_s.mean_s() > 0)) {
            return wrong("the gaps between arrivals must be above 0");
        }
    } else if (const auto* periodic = std::get_if<Periodic>(&senders.how)) {
        if (!(periodic->period_s > 0) || !is_time(periodic->period_s) ||
            !is_time(periodic->jitter_s) || !is_time(periodic->phase_s)) {
            return wrong("a period must be above 0, a jitter and a phase not below");
        }
    } else if (const auto* burst = std::get_if<Burst>(&senders.how)) {
        if (!is_time(burst->at_s) || !is_time(burst->spread_s)) {
            return wrong("a burst cannot be before the start");
        }
    }
    return {};
}

Result<void> check(const SimulationPlan& plan) {
    constexpr std::uint32_t most_batches = 1000;
    if (plan.stations.empty() || plan.stations.size() > 1000) {
        return wrong("a plan has 1 to 1000 stations");
    }
    if (!(plan.duration_s > 0) || !std::isfinite(plan.duration_s) || !is_time(plan.warm_up_s)) {
        return wrong("a simulation lasts longer than 0 s, after a warm-up of 0 s or more");
    }
    if (plan.batches < 2 || plan.batches > most_batches) {
        return wrong(std::format("an interval needs 2 to {} batches", most_batches));
    }
    for (std::size_t number = 0; number < plan.stations.size(); ++number) {
        auto good =
            check_pods(plan.stations[number]).and_then([&] { return check_ways(plan, number); });
        if (!good) {
            return good;
        }
    }
    for (const auto& senders : plan.senders) {
        if (auto good = check_senders(plan, senders); !good) {
            return good;
        }
    }
    return {};
}

} // namespace

Result<SimulationResult> simulate(const SimulationPlan& plan) {
    return check(plan).and_then([&] { return Simulator(plan).run(); });
}

} // namespace vigil::queueing
