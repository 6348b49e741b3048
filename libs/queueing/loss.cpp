#include "queueing/loss.hpp"

#include "queueing/root.hpp"

#include <algorithm>
#include <cmath>
#include <format>

namespace vigil::queueing {

namespace {

constexpr std::uint64_t most_slots = 10'000'000;

} // namespace

Result<void> check_offered(double offered) {
    if (std::isfinite(offered) && offered > 0) {
        return {};
    }
    return fail(
        ErrorCode::invalid_argument,
        std::format("an offered load of {:g} erlangs is none: it must be above 0", offered),
        "offered"
    );
}

Result<void> check_target(double target) {
    if (target > 0 && target < 1) {
        return {};
    }
    return fail(
        ErrorCode::invalid_argument,
        std::format(
            "a blocking target of {:g} cannot be reached: it must lie above 0 (any number of slots "
            "refuses at times) and below 1",
            target
        ),
        "target-blocking"
    );
}

double erlang_b(std::uint64_t slots, double offered) {
    return shared_cores_blocking(slots, static_cast<double>(slots), offered);
}

double shared_cores_blocking(std::uint64_t slots, double cores, double offered) {
    double blocking = 1;
    for (std::uint64_t slot = 1; slot <= slots; ++slot) {
        const double rate = std::min(static_cast<double>(slot), cores);
        blocking = offered * blocking / (rate + offered * blocking);
    }
    return blocking;
}

Result<std::uint64_t> slots_for(double offered, double target) {
    if (auto good = check_offered(offered).and_then([&] { return check_target(target); }); !good) {
        return std::unexpected(good.error());
    }
    double blocking = 1;
    for (std::uint64_t slots = 1; slots <= most_slots; ++slots) {
        blocking = offered * blocking / (static_cast<double>(slots) + offered * blocking);
        if (blocking <= target) {
            return slots;
        }
    }
    return fail(ErrorCode::too_large, std::format("it takes more than {} slots", most_slots));
}

Result<double> offered_for(std::uint64_t slots, double cores, double target) {
    if (auto good = check_target(target); !good) {
        return std::unexpected(good.error());
    }
    if (slots == 0 || !(cores > 0)) {
        return fail(ErrorCode::invalid_argument, "without slots and cores everything is refused");
    }
    return increasing_root(
        [&](double offered) {
            return std::log(shared_cores_blocking(slots, cores, offered) / target);
        },
        std::min(static_cast<double>(slots), cores)
    );
}

Result<double> offered_for_use(std::uint64_t slots, double cores, double used) {
    if (slots == 0 || !(cores > 0)) {
        return fail(ErrorCode::invalid_argument, "without slots and cores nothing is in use");
    }
    if (!(used > 0) || used >= static_cast<double>(slots)) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("{:g} of {} slots cannot be in use on average", used, slots)
        );
    }
    const auto mean_use = [&](double offered) {
        double blocking = 1; // the share of time in which the last slot so far is the highest used
        double mean = 0;
        for (std::uint64_t slot = 1; slot <= slots; ++slot) {
            const double rate = std::min(static_cast<double>(slot), cores);
            blocking = offered * blocking / (rate + offered * blocking);
            mean = mean * (1 - blocking) + static_cast<double>(slot) * blocking;
        }
        return mean;
    };
    return increasing_root(
        [&](double offered) { return std::log(mean_use(offered) / used); },
        std::min(used, cores)
    );
}

Result<double> erlang_c(std::uint64_t slots, double offered) {
    if (auto good = check_offered(offered); !good) {
        return std::unexpected(good.error());
    }
    const double spare = static_cast<double>(slots) - offered;
    if (spare <= 0) {
        return fail(
            ErrorCode::unprocessable,
            std::format(
                "{:g} erlangs are not below {} slots, so that the queue grows without end",
                offered,
                slots
            )
        );
    }
    const double blocking = erlang_b(slots, offered);
    return static_cast<double>(slots) * blocking / (spare + offered * blocking);
}

Result<Waiting> waiting(std::uint64_t slots, double offered, double quantile) {
    if (!(quantile >= 0 && quantile < 1)) {
        return fail(ErrorCode::invalid_argument, "a quantile lies between 0 and 1", "quantile");
    }
    return erlang_c(slots, offered).transform([&](double share) {
        const double spare = static_cast<double>(slots) - offered;
        return Waiting{
            .share = share,
            .mean = share / spare,
            .quantile = std::max(0.0, std::log(share / (1 - quantile)) / spare),
        };
    });
}

} // namespace vigil::queueing
