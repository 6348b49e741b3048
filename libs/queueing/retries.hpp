// The load when refused senders come back. Used by `vigil size`.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace vigil::queueing {

struct RetryLoad {
    double offered = 0;  // erlangs of first and repeated attempts together
    double blocking = 0; // share of attempts refused
    double attempts = 0; // mean of a request
    double given_up = 0; // share of requests refused at every attempt
};

/// The fixed point of a service whose refused senders come back, as if what comes back were
/// Poisson and independent of the state in which it was refused. That is the limit of long waiting
/// before a retry; with shorter waits more is refused, since the slots are still used.
///
/// in      `blocking` is the share refused of an offered load and grows with it; `capacity` is the
///         most erlangs it can carry; `fresh` the erlangs of first attempts; `attempts` at most
///         per request, none: for ever
/// errors  unprocessable: there is *no fixed point*: senders that never give up offer more than
///         can be carried (fresh >= capacity), so that attempts grow without end;
///         invalid_argument: no load, no attempt
/// source  Cohen, Philips Telecomm. Rev. 18 (1957) 49; Falin and Templeton, Retrial Queues (1997),
///         ch. 2
[[nodiscard]] Result<RetryLoad> retry_load(
    const std::function<Result<double>(double offered)>& blocking,
    double capacity,
    double fresh,
    std::optional<std::uint32_t> attempts
);

/// The share of counted attempts that were first ones, where each attempt is refused with
/// `blocking`, whatever came before: 1 / (1 + b + ... + b^(attempts - 1)).
///
/// in      blocking from 0 to below 1; `attempts` as above, one at least
/// source  as above: the same geometric law, read from the attempts' side
[[nodiscard]] double first_attempts(double blocking, std::optional<std::uint32_t> attempts);

} // namespace vigil::queueing
