// What a service of several pods refuses, by how its requests are dispatched. Used by network and
// `vigil size`.
#pragma once

#include "base/error.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

namespace vigil::queueing {

/// Who gets the next request. A pod whose slots are all in use refuses it; nobody tries another
/// pod.
enum class Dispatch : std::uint8_t {
    random,       // kube-proxy: any pod, busy or not
    round_robin,  // each in turn, as each dispatcher counts them
    traefik,      // each once in every round, in an order that changes (Rounds)
    two_choices,  // the less busy of two drawn independently, which may be the same one (Envoy)
    two_distinct, // the less busy of two different ones (nginx "random two")
    least_busy,   // the least busy of all
};

struct DispatchTraits {
    Dispatch dispatch;
    std::string_view name; // on the command line
};

inline constexpr std::array dispatches = {
    DispatchTraits{Dispatch::random, "random"},
    DispatchTraits{Dispatch::round_robin, "round-robin"},
    DispatchTraits{Dispatch::traefik, "traefik"},
    DispatchTraits{Dispatch::two_choices, "two-choices"},
    DispatchTraits{Dispatch::two_distinct, "two-distinct"},
    DispatchTraits{Dispatch::least_busy, "least-busy"},
};

[[nodiscard]] std::string_view name(Dispatch dispatch);

struct Pods {
    std::uint64_t pods = 1;
    std::uint64_t slots = 1; // of each pod
    double cores = 1; // of each pod, shared by its slots; not below `slots`: each has its own
    Dispatch dispatch = Dispatch::random;
    /// Of round robin: each takes the pods in turn by itself and gets any of the requests, as the
    /// replicas of an ingress controller do.
    std::uint64_t dispatchers = 1;

    [[nodiscard]] bool own_cores() const { return cores >= static_cast<double>(slots); }

    /// The most erlangs that can be carried.
    [[nodiscard]] double capacity() const;
};

/// Whether blocking() holds for any service time with that mean, else for an exponential one.
[[nodiscard]] bool holds_for_any_time(const Pods& pods);

struct PodsBlocking {
    double share = 0;
    bool many_pods = false; // not exact, since the chain has too many states
};

/// The share of Poisson arrivals that is refused.
///
/// errors  invalid_argument: no pod, slot, core, dispatcher or load; unprocessable: too many states
///         to solve and no limit is known (least busy with shared cores, Traefik with over 256
///         pods): simulate it
/// source  random split: Erlang B of each pod's share, or shared_cores_blocking. Round robin: each
///         pod sees gaps of `pods` exponential phases: Takacs, Introduction to the Theory of Queues
///         (1962), ch. 4, theorem 1 (GI/M/m/m); with shared cores or several dispatchers the chain
///         of a pod's slots and of each dispatcher's phase, and where that has too many states with
///         fewer phases, which refuses more. Traefik: rounds_blocking(). Least busy: refused only
///         where all slots are in use, which is Erlang B of all slots, if each has a core.
///         Otherwise the chain of how many pods have how many slots in use. Many pods: Xie, Dong,
///         Lu and Srikant, SIGMETRICS 2015, section 3.
[[nodiscard]] Result<PodsBlocking> blocking(const Pods& pods, double offered);

/// The fewest pods that refuse no more than `target`, where more pods refuse less.
///
/// errors  invalid_argument: a target that is none; too_large: over 100,000 pods; those of
/// `refused`
[[nodiscard]] Result<std::uint64_t>
fewest_pods(const std::function<Result<double>(std::uint64_t pods)>& refused, double target);

/// The same for Poisson arrivals; `pods.pods` is not read.
[[nodiscard]] Result<std::uint64_t> pods_for(Pods pods, double offered, double target);

} // namespace vigil::queueing
