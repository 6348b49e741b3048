// Services that hand requests on in one direction. Used by `vigil size`.
#pragma once

#include "queueing/dispatch.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace vigil::queueing {

/// Part of what a service completes goes on to another; the slot is free again by then.
struct Onward {
    std::size_t to = 0; // a later stage
    double share = 1;
};

struct Stage {
    std::string name;
    double arrivals_per_s = 0; // from outside
    double service_s = 0;
    Pods pods = {};
    std::vector<Onward> onward = {};
};

struct StageLoad {
    double arrivals_per_s = 0;
    double offered = 0;
    double blocking = 0;
    double carried_per_s = 0;
    bool many_pods = false;
};

/// The load of each stage, with every stream between stages taken as Poisson and thinned by what
/// was refused. That is an approximation: the output of a loss system is not Poisson (Burke's
/// theorem is about queues that refuse nothing), and it is smoother; tandem_blocking() shows by
/// how much.
///
/// errors  invalid_argument: a stage that hands on to itself or to an earlier one, shares over 1,
///         a rate below 0, a service time that is none; those of blocking()
/// source  thinning: Kelly, Ann. Appl. Probab. 1 (1991) 319, section 3, one stage after the other
[[nodiscard]] Result<std::vector<StageLoad>> feed_forward(std::span<const Stage> stages);

/// A first pool and a second that gets a share of what the first completes; loads in erlangs, the
/// second's as if the first refused nothing.
struct Tandem {
    std::uint64_t first_slots = 1;
    double first_offered = 0;
    std::uint64_t second_slots = 1;
    double second_offered = 0;
    double share = 1; // of the first's completions that go on
};

/// The share of what reaches the second pool that is refused there, exactly, for exponential
/// times.
///
/// errors  invalid_argument: loads or share that are none; too_large: too many states
/// source  the balance equations of (used in the first, used in the second), solved by MarkovChain
[[nodiscard]] Result<double> tandem_blocking(const Tandem& tandem);

} // namespace vigil::queueing
