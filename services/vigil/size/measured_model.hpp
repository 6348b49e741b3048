// What a number of pods refuses, by the rate of arrivals, with service times as they were measured.
// Used by cluster_check.
#pragma once

#include "base/error.hpp"
#include "vigil/size/sizing.hpp"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace vigil::size {

class MeasuredModel {
public:
    /// By formula where that holds for any service time, or where no times are given. Else it is
    /// simulated at five rates from the lowest to the highest, with straight lines between.
    ///
    /// in      `service`: its rate is not read; `times_s`: as ClusterRoute's
    /// errors  those of the formula and of simulate_service()
    /// cost    5 million simulated requests
    static Result<MeasuredModel> make(
        const ServiceLoad& service,
        const Sizing& sizing,
        std::uint64_t pods,
        std::span<const double> times_s,
        double lowest_per_s,
        double highest_per_s
    );

    /// The share of Poisson arrivals that is refused.
    [[nodiscard]] Result<double> share(double per_s) const;

    /// 99.9 % of the simulation; 0 by formula.
    [[nodiscard]] double half_width() const { return half_width_; }

private:
    MeasuredModel(ServiceLoad service, Sizing sizing, std::uint64_t pods)
        : service_(std::move(service)), sizing_(sizing), pods_(pods) {}

    struct Point {
        double per_s = 0;
        double share = 0;
    };

    ServiceLoad service_;
    Sizing sizing_;
    std::uint64_t pods_;
    std::vector<Point> simulated_; // by rate
    double half_width_ = 0;
};

} // namespace vigil::size
