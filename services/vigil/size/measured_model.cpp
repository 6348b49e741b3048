#include "vigil/size/measured_model.hpp"

#include "vigil/size/size_simulation.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::size {

namespace {

Result<ModelShare> simulated(
    const ServiceLoad& load,
    const Sizing& sizing,
    std::uint64_t pods,
    const DrawnTimes& times
) {
    // twice as many of the likely ones as of each bound
    constexpr double requests = 250'000;
    ModelShare share{.low = 1};
    for (const auto* drawn : {&times.likely_s, &times.least_varied_s, &times.most_varied_s}) {
        const bool likely = drawn == &times.likely_s;
        const SimulationOptions options{
            .times_s = *drawn,
            .requests = likely ? 2 * requests : requests
        };
        const auto run = simulate_service(load, sizing, {.pods = pods}, options);
        if (!run) {
            return std::unexpected(run.error());
        }
        const auto& refused = run->result.blocking;
        const double half_width = at_a_thousandth * refused.half_width;
        share.value = likely ? refused.value : share.value;
        share.low = std::min(share.low, std::max(0.0, refused.value - half_width));
        share.high = std::max(share.high, refused.value + half_width);
    }
    return share;
}

} // namespace

Result<MeasuredModel> MeasuredModel::make(
    const ServiceLoad& service,
    const Sizing& sizing,
    std::uint64_t pods,
    const DrawnTimes& times,
    double lowest_per_s,
    double highest_per_s
) {
    MeasuredModel model(service, sizing, pods);
    if (queueing::holds_for_any_time(pods_of(service, sizing, pods)) || times.likely_s.empty()) {
        return model;
    }
    constexpr int rates = 5;
    for (int at = 0; at < rates; ++at) {
        auto load = service;
        load.arrivals_per_s = std::lerp(lowest_per_s, highest_per_s, at / (rates - 1.0));
        const auto share = simulated(load, sizing, pods, times);
        if (!share) {
            return std::unexpected(share.error());
        }
        model.simulated_.push_back({.per_s = load.arrivals_per_s, .share = *share});
    }
    return model;
}

Result<ModelShare> MeasuredModel::share(double per_s) const {
    if (simulated_.empty()) {
        auto load = service_;
        load.arrivals_per_s = per_s;
        return row_of(load, sizing_, pods_).transform([](const PodsRow& row) {
            return ModelShare{.value = row.blocking, .low = row.blocking, .high = row.blocking};
        });
    }
    const auto above = std::ranges::upper_bound(simulated_, per_s, {}, &Point::per_s);
    if (above == simulated_.begin() || above == simulated_.end()) {
        return above == simulated_.end() ? simulated_.back().share : above->share;
    }
    const auto below = above - 1;
    const double place = (per_s - below->per_s) / (above->per_s - below->per_s);
    return ModelShare{
        .value = std::lerp(below->share.value, above->share.value, place),
        .low = std::lerp(below->share.low, above->share.low, place),
        .high = std::lerp(below->share.high, above->share.high, place),
    };
}

} // namespace vigil::size
