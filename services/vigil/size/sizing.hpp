// What `vigil size` answers for a service that refuses: pods, what they refuse, and what that
// assumes.
#pragma once

#include "base/error.hpp"
#include "queueing/dispatch.hpp"
#include "queueing/retries.hpp"
#include "queueing/simulation.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::size {

struct ServiceLoad {
    std::string name = "service";
    double arrivals_per_s = 0; // fresh requests
    double service_s = 0;      // on a core of its own
    std::uint64_t slots = 1;   // of a pod
    double cores = 0;          // of a pod; 0: one for each slot
};

struct Sizing {
    double target = 0.001;
    queueing::Dispatch dispatch = queueing::Dispatch::random;
    std::uint64_t dispatchers = 1;             // of round robin, each by itself
    std::optional<std::uint64_t> pods = {};    // what runs now
    std::optional<std::uint32_t> attempts = 1; // of a request; none: never gives up
};

struct PodsRow {
    std::uint64_t pods = 0;
    double blocking = 1; // of an attempt
    std::optional<queueing::RetryLoad> retries = {
    }; // where senders come back and there is a fixed point
    bool no_fixed_point = false;
    bool many_pods = false;
};

struct DispatchRow {
    queueing::Dispatch dispatch = queueing::Dispatch::random;
    std::optional<std::uint64_t> pods = {}; // none: only a simulation can tell
};

struct ServiceSize {
    ServiceLoad load; // its cores filled in
    double offered = 0;
    PodsRow needed;
    std::vector<PodsRow> rows; // needed - 1, needed, needed + 1, and what runs now
    std::vector<DispatchRow> by_dispatch;
    std::uint64_t erlang_pods =
        0; // by plain Erlang B, as if all slots were one pool and each had a core
    double erlang_blocking = 0; // what that formula says of those pods
    double erlang_truth = 0;    // what those pods refuse by the model that fits
    std::vector<std::string> assumptions;
};

/// Reads "NAME=RATE,TIME,SLOTS" or "NAME=RATE,TIME,SLOTS,CORES".
///
/// errors  invalid_argument: in a sentence
[[nodiscard]] Result<ServiceLoad> read_service(std::string_view text);

///
/// errors  invalid_argument: a rate, a time, slots or cores that are none, a target of 0 or 1;
///         unprocessable: nothing but a simulation can tell
[[nodiscard]] Result<ServiceSize> size_service(const ServiceLoad& load, const Sizing& sizing);

/// What `pods` pods refuse, with the retries of `sizing`.
[[nodiscard]] Result<PodsRow>
row_of(const ServiceLoad& load, const Sizing& sizing, std::uint64_t pods);

[[nodiscard]] queueing::Pods
pods_of(const ServiceLoad& load, const Sizing& sizing, std::uint64_t pods);

} // namespace vigil::size
