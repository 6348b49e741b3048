// What a number of pods refuses, by the rate of arrivals, with service times as they were measured.
// Used by cluster_check.
#pragma once

#include "base/error.hpp"
#include "vigil/size/service_histogram.hpp"
#include "vigil/size/sizing.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace vigil::size {

/// Of arrivals. What the buckets of a histogram leave open, and 99.9 % of the simulation, lies
/// between `low` and `high`; by formula all three are one.
struct ModelShare {
    double value = 0;
    double low = 0;
    double high = 0;
};

class MeasuredModel {
public:
    /// By formula where that holds for any service time, or where no times are given. Else it is
    /// simulated at five rates from the lowest to the highest, with straight lines between: with
    /// the likely times, and with the least and the most varied ones.
    ///
    /// in      `service`: its rate is not read
    /// errors  those of the formula and of simulate_service()
    /// cost    5 million simulated requests
    static Result<MeasuredModel> make(
        const ServiceLoad& service,
        const Sizing& sizing,
        std::uint64_t pods,
        const DrawnTimes& times,
        double lowest_per_s,
        double highest_per_s
    );

    /// The share of Poisson arrivals that is refused.
    [[nodiscard]] Result<ModelShare> share(double per_s) const;

private:
    MeasuredModel(ServiceLoad service, Sizing sizing, std::uint64_t pods)
        : service_(std::move(service)), sizing_(sizing), pods_(pods) {}

    struct Point {
        double per_s = 0;
        ModelShare share;
    };

    ServiceLoad service_;
    Sizing sizing_;
    std::uint64_t pods_;
    std::vector<Point> simulated_; // by rate
};

} // namespace vigil::size
