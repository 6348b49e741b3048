#include "queueing/nested.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vigil::queueing {

namespace {

using Weights = std::vector<double>;

/// Proportional to load^n / n! for n up to `most`; the largest is 1, so that nothing overflows.
Weights poisson_weights(double load, std::size_t most) {
    Weights weights(most + 1, 0.0);
    const std::size_t mode =
        load < static_cast<double>(most) ? static_cast<std::size_t>(load) : most;
    weights[mode] = 1;
    for (std::size_t n = mode; n < most; ++n) {
        weights[n + 1] = weights[n] * load / static_cast<double>(n + 1);
    }
    for (std::size_t n = mode; n > 0; --n) {
        weights[n - 1] = weights[n] * static_cast<double>(n) / load;
    }
    return weights;
}

/// Of a caller, by how many of its requests are in a call.
struct CallerWeights {
    Weights any;   // whatever the rest does
    Weights full;  // where all its slots are in use
    Weights fewer; // with one slot fewer: as one that ends its own work sees it
};

CallerWeights weights_of(const Caller& caller, std::size_t callee_slots) {
    const auto own = poisson_weights(caller.own, caller.slots);
    Weights up_to(own.size());
    std::partial_sum(own.begin(), own.end(), up_to.begin());
    auto calls = poisson_weights(caller.nested, std::min<std::size_t>(caller.slots, callee_slots));
    CallerWeights weights{.any = calls, .full = calls, .fewer = calls};
    for (std::size_t n = 0; n < calls.size(); ++n) {
        weights.any[n] *= up_to[caller.slots - n];
        weights.full[n] *= own[caller.slots - n];
        weights.fewer[n] *= n < caller.slots ? up_to[caller.slots - n - 1] : 0;
    }
    return weights;
}

/// Of the sum of two independent numbers, up to `most`.
Weights together(const Weights& a, const Weights& b, std::size_t most) {
    Weights sum(std::min(most, a.size() + b.size() - 2) + 1, 0.0);
    for (std::size_t i = 0; i < a.size(); ++i) {
        for (std::size_t j = 0; j < b.size() && i + j < sum.size(); ++j) {
            sum[i + j] += a[i] * b[j];
        }
    }
    const double largest = *std::ranges::max_element(sum);
    for (double& weight : sum) {
        weight /= largest;
    }
    return sum;
}

/// sum over i + j <= most of a[i] b[j]; and the part with i + j = most.
struct Joint {
    double all = 0;
    double at_most = 0;
};

Joint joint(const Weights& a, const Weights& b, std::size_t most) {
    Joint sums;
    for (std::size_t i = 0; i < a.size() && i <= most; ++i) {
        const std::size_t room = most - i;
        const std::size_t end = std::min(b.size(), room + 1);
        for (std::size_t j = 0; j < end; ++j) {
            sums.all += a[i] * b[j];
        }
        if (room < b.size()) {
            sums.at_most += a[i] * b[room];
        }
    }
    return sums;
}

Result<void> check(std::span<const Caller> callers, double direct, std::uint64_t callee_slots) {
    constexpr std::uint64_t most_slots = 20'000;
    const auto wrong = [](const char* detail) { return fail(ErrorCode::invalid_argument, detail); };
    if (callers.empty() || callee_slots == 0) {
        return wrong("nested services need a caller, and a callee with at least one slot");
    }
    std::uint64_t largest = callee_slots;
    for (const auto& caller : callers) {
        if (caller.slots == 0 || !(caller.own > 0) || !(caller.nested > 0) ||
            !std::isfinite(caller.own + caller.nested) ||
            !(caller.calls > 0 && caller.calls <= 1)) {
            return wrong(
                "a caller needs a slot, loads above 0 and a share of calls above 0 and up to 1"
            );
        }
        largest = std::max(largest, caller.slots);
    }
    if (!(direct >= 0) || !std::isfinite(direct)) {
        return wrong("direct load cannot be negative");
    }
    if (largest > most_slots) {
        return fail(
            ErrorCode::too_large,
            "nested services may have 20000 slots each; simulate more"
        );
    }
    return {};
}

} // namespace

Result<NestedLoss>
nested_loss(std::span<const Caller> callers, double direct, std::uint64_t callee_slots) {
    if (auto good = check(callers, direct, callee_slots); !good) {
        return std::unexpected(good.error());
    }
    const std::size_t most = callee_slots;
    std::vector<CallerWeights> weights;
    for (const auto& caller : callers) {
        weights.push_back(weights_of(caller, most));
    }
    const Weights alone = direct > 0 ? poisson_weights(direct, most) : Weights{1};
    NestedLoss loss;
    for (std::size_t i = 0; i < callers.size(); ++i) {
        Weights others = alone;
        for (std::size_t other = 0; other < callers.size(); ++other) {
            if (other != i) {
                others = together(others, weights[other].any, most);
            }
        }
        const auto any = joint(weights[i].any, others, most);
        const auto full = joint(weights[i].full, others, most);
        const auto calling = joint(weights[i].fewer, others, most);
        const double refused = full.all / any.all;
        const double calls_refused = calling.at_most / calling.all;
        loss.direct_refused = any.at_most / any.all;
        loss.callers.push_back({
            .refused = refused,
            .calls_refused = calls_refused,
            .lost = refused + (1 - refused) * callers[i].calls * calls_refused,
        });
    }
    return loss;
}

} // namespace vigil::queueing
