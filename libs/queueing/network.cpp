#include "queueing/network.hpp"

#include "queueing/loss.hpp"
#include "queueing/markov_chain.hpp"

#include <cmath>
#include <format>

namespace vigil::queueing {

namespace {

Result<void> check(std::span<const Stage> stages) {
    const auto wrong = [](std::string detail) {
        return fail(ErrorCode::invalid_argument, std::move(detail));
    };
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const auto& stage = stages[i];
        if (!(stage.arrivals_per_s >= 0) || !std::isfinite(stage.arrivals_per_s)) {
            return wrong(std::format("{}: an arrival rate cannot be negative", stage.name));
        }
        if (!(stage.service_s > 0) || !std::isfinite(stage.service_s)) {
            return wrong(std::format("{}: a service time must be above 0", stage.name));
        }
        double sum = 0;
        for (const auto& [to, share] : stage.onward) {
            if (to <= i || to >= stages.size()) {
                return wrong(std::format("{}: requests can only go on to a later stage", stage.name)
                );
            }
            sum += share;
            if (!(share >= 0)) {
                return wrong(std::format("{}: a share cannot be negative", stage.name));
            }
        }
        if (sum > 1 + 1e-12) {
            return wrong(std::format("{}: more goes on than is completed", stage.name));
        }
    }
    return {};
}

} // namespace

Result<std::vector<StageLoad>> feed_forward(std::span<const Stage> stages) {
    if (auto good = check(stages); !good) {
        return std::unexpected(good.error());
    }
    std::vector<StageLoad> loads(stages.size());
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const auto& stage = stages[i];
        auto& load = loads[i];
        load.arrivals_per_s += stage.arrivals_per_s;
        load.offered = load.arrivals_per_s * stage.service_s;
        if (load.offered > 0) {
            const auto refused = blocking(stage.pods, load.offered);
            if (!refused) {
                return std::unexpected(refused.error());
            }
            load.blocking = refused->share;
            load.many_pods = refused->many_pods;
        }
        load.carried_per_s = load.arrivals_per_s * (1 - load.blocking);
        for (const auto& [to, share] : stage.onward) {
            loads[to].arrivals_per_s += share * load.carried_per_s;
        }
    }
    return loads;
}

Result<double> tandem_blocking(const Tandem& tandem) {
    auto good = check_offered(tandem.first_offered).and_then([&] {
        return check_offered(tandem.second_offered);
    });
    if (!good) {
        return std::unexpected(good.error());
    }
    if (tandem.first_slots == 0 || tandem.second_slots == 0 ||
        !(tandem.share > 0 && tandem.share <= 1)) {
        return fail(
            ErrorCode::invalid_argument,
            "both pools need a slot, and the share lies above 0 and up to 1"
        );
    }
    const std::size_t row = tandem.second_slots + 1;
    const std::size_t states = (tandem.first_slots + 1) * row;
    if (!MarkovChain::solvable(static_cast<double>(states), static_cast<double>(row))) {
        return fail(ErrorCode::too_large, "the two pools have too many states; simulate them");
    }
    // time in mean service times of the first
    const double second_rate = tandem.first_offered * tandem.share / tandem.second_offered;
    MarkovChain chain(states, row);
    for (std::size_t first = 0; first <= tandem.first_slots; ++first) {
        for (std::size_t second = 0; second < row; ++second) {
            const std::size_t here = first * row + second;
            const auto ends = static_cast<double>(first);
            if (first < tandem.first_slots) {
                chain.add(here, here + row, tandem.first_offered);
            }
            if (first > 0) {
                const bool room = second < tandem.second_slots;
                const double on = room ? tandem.share : 0;
                if (room) {
                    chain.add(here, here - row + 1, ends * on);
                }
                chain.add(here, here - row, ends * (1 - on));
            }
            if (second > 0) {
                chain.add(here, here - 1, static_cast<double>(second) * second_rate);
            }
        }
    }
    const auto held = std::move(chain).stationary();
    double offered = 0;
    double refused = 0;
    for (std::size_t state = 0; state < states; ++state) {
        const double ends = held[state] * static_cast<double>(state / row);
        offered += ends;
        refused += state % row == tandem.second_slots ? ends : 0;
    }
    return refused / offered;
}

} // namespace vigil::queueing
