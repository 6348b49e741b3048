#include "queueing/pulling.hpp"

#include <boost/math/special_functions/gamma.hpp>

#include <algorithm>
#include <cmath>
#include <format>
#include <vector>

namespace vigil::queueing {

namespace {

std::unexpected<Error> never_catches_up(double utilisation) {
    return fail(
        ErrorCode::unprocessable,
        std::format(
            "a utilisation of {:.3g} is not below 1, so that it never catches up; more owners or "
            "less work",
            utilisation
        )
    );
}

using Shares = std::vector<double>;

/// Poisson from 0 to `most`.
Shares poisson(double mean, std::size_t most) {
    Shares shares(most + 1);
    for (std::size_t n = 0; n <= most; ++n) {
        shares[n] = boost::math::gamma_p_derivative(static_cast<double>(n + 1), mean);
    }
    return shares;
}

Shares sum_of(const Shares& a, const Shares& b, std::size_t most) {
    Shares sum(std::min(most, a.size() + b.size() - 2) + 1, 0.0);
    for (std::size_t i = 0; i < a.size(); ++i) {
        for (std::size_t j = 0; j < b.size() && i + j < sum.size(); ++j) {
            sum[i + j] += a[i] * b[j];
        }
    }
    return sum;
}

struct Owners {
    double mean = 0; // patients of each
    std::uint64_t count = 0;
};

/// The share of draws in which no owner has more than `most` patients.
double none_above(
    std::size_t most,
    const std::vector<Owners>& owners,
    std::size_t patients,
    double all_of_them
) {
    Shares sum{1};
    for (const auto& [mean, count] : owners) {
        const auto one = poisson(mean, most);
        for (std::uint64_t i = 0; i < count; ++i) {
            sum = sum_of(sum, one, patients);
        }
    }
    return sum.size() > patients ? sum[patients] / all_of_them : 0;
}

} // namespace

Result<double> drain_s(double outage_s, double utilisation) {
    if (!(outage_s >= 0) || !(utilisation >= 0)) {
        return fail(ErrorCode::invalid_argument, "an outage and a utilisation cannot be negative");
    }
    if (utilisation >= 1) {
        return never_catches_up(utilisation);
    }
    return outage_s * utilisation / (1 - utilisation);
}

Result<Lag> lag(double arrivals_per_s, double service_s, double variation) {
    if (!(arrivals_per_s > 0) || !(service_s > 0) || !(variation >= 0)) {
        return fail(
            ErrorCode::invalid_argument,
            "an arrival rate and a service time are above 0, a variation not below it"
        );
    }
    const double utilisation = arrivals_per_s * service_s;
    if (utilisation >= 1) {
        return never_catches_up(utilisation);
    }
    constexpr double above_p99 = 0.01;
    const double wait_s = utilisation / (1 - utilisation) * (1 + variation) / 2 * service_s;
    const double waits = std::max(0.0, std::log(utilisation / above_p99)) * wait_s / utilisation;
    return Lag{.mean_s = wait_s + service_s, .p99_s = waits + service_s};
}

Result<double>
hottest_owner(std::uint64_t patients, std::uint64_t owners, std::uint64_t partitions) {
    constexpr std::uint64_t most_patients = 2'000;
    if (patients == 0 || owners == 0 || partitions == 0 || patients > most_patients) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("1 to {} patients, an owner and a partition are needed", most_patients)
        );
    }
    const auto all = static_cast<double>(patients);
    const std::uint64_t with_one_more = partitions % owners;
    const auto each = static_cast<double>(partitions / owners);
    const double patients_each = all / static_cast<double>(partitions);
    std::vector<Owners> loads;
    if (with_one_more > 0) {
        loads.push_back({(each + 1) * patients_each, with_one_more});
    }
    if (each > 0) {
        loads.push_back({each * patients_each, owners - with_one_more});
    }
    const double all_of_them = boost::math::gamma_p_derivative(all + 1, all);
    // the mean of the largest is the sum over n of how often it is above n: always, below the mean
    const std::uint64_t least = (patients + owners - 1) / owners;
    auto largest = static_cast<double>(least);
    for (std::size_t most = least; most < patients; ++most) {
        const double above = 1 - none_above(most, loads, patients, all_of_them);
        if (above < 1e-13) {
            break;
        }
        largest += above;
    }
    return largest / (all / static_cast<double>(owners));
}

} // namespace vigil::queueing
