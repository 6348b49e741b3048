#include "queueing/retries.hpp"

#include "queueing/loss.hpp"
#include "queueing/root.hpp"

#include <cmath>
#include <format>

namespace vigil::queueing {

namespace {

/// 1 + b + ... + b^(attempts - 1).
double mean_attempts(double blocking, std::optional<std::uint32_t> attempts) {
    if (!attempts) {
        return 1 / (1 - blocking);
    }
    double sum = 0;
    for (std::uint32_t i = 0; i < *attempts; ++i) {
        sum = 1 + blocking * sum;
    }
    return sum;
}

} // namespace

double first_attempts(double blocking, std::optional<std::uint32_t> attempts) {
    return 1 / mean_attempts(blocking, attempts);
}

Result<RetryLoad> retry_load(
    const std::function<Result<double>(double offered)>& blocking,
    double capacity,
    double fresh,
    std::optional<std::uint32_t> attempts
) {
    constexpr std::uint32_t most_attempts = 10'000;
    if (auto good = check_offered(fresh); !good) {
        return std::unexpected(good.error());
    }
    if (attempts && (*attempts == 0 || *attempts > most_attempts)) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("a request is attempted once at least and {} times at most", most_attempts),
            "attempts"
        );
    }
    if (!attempts && fresh >= capacity) {
        return fail(
            ErrorCode::unprocessable,
            std::format(
                "no fixed point: {:g} erlangs of first attempts are not below the {:g} that can be "
                "carried, and senders that never give up come back more often without end",
                fresh,
                capacity
            )
        );
    }
    std::optional<Error> failed;
    // what is carried for ever more attempts grows with the offered load, so that there is one
    // solution
    const auto missing = [&](double offered) {
        const auto refused = blocking(offered);
        if (!refused) {
            failed = refused.error();
            return 0.0;
        }
        return std::log(offered / (fresh * mean_attempts(*refused, attempts)));
    };
    const auto offered = increasing_root(missing, fresh);
    if (failed) {
        return std::unexpected(*failed);
    }
    if (!offered) {
        return std::unexpected(offered.error());
    }
    return blocking(*offered).transform([&](double refused) {
        return RetryLoad{
            .offered = *offered,
            .blocking = refused,
            .attempts = mean_attempts(refused, attempts),
            .given_up = attempts ? std::pow(refused, *attempts) : 0.0,
        };
    });
}

} // namespace vigil::queueing
