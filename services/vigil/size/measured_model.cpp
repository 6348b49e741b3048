#include "vigil/size/measured_model.hpp"

#include "vigil/size/size_simulation.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::size {

Result<MeasuredModel> MeasuredModel::make(
    const ServiceLoad& service,
    const Sizing& sizing,
    std::uint64_t pods,
    std::span<const double> times_s,
    double lowest_per_s,
    double highest_per_s
) {
    MeasuredModel model(service, sizing, pods);
    if (queueing::holds_for_any_time(pods_of(service, sizing, pods)) || times_s.empty()) {
        return model;
    }
    constexpr int rates = 5;
    const SimulationOptions options{.times_s = {times_s.begin(), times_s.end()}};
    for (int at = 0; at < rates; ++at) {
        auto load = service;
        load.arrivals_per_s = std::lerp(lowest_per_s, highest_per_s, at / (rates - 1.0));
        const auto simulated = simulate_service(load, sizing, {.pods = pods}, options);
        if (!simulated) {
            return std::unexpected(simulated.error());
        }
        const auto& refused = simulated->result.blocking;
        model.simulated_.push_back({.per_s = load.arrivals_per_s, .share = refused.value});
        model.half_width_ = std::max(model.half_width_, at_a_thousandth * refused.half_width);
    }
    return model;
}

Result<double> MeasuredModel::share(double per_s) const {
    if (simulated_.empty()) {
        auto load = service_;
        load.arrivals_per_s = per_s;
        return row_of(load, sizing_, pods_).transform([](const PodsRow& row) {
            return row.blocking;
        });
    }
    const auto above = std::ranges::upper_bound(simulated_, per_s, {}, &Point::per_s);
    if (above == simulated_.begin() || above == simulated_.end()) {
        return above == simulated_.end() ? simulated_.back().share : above->share;
    }
    const auto below = above - 1;
    return std::lerp(
        below->share,
        above->share,
        (per_s - below->per_s) / (above->per_s - below->per_s)
    );
}

} // namespace vigil::size
