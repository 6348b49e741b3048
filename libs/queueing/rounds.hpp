// Pods that get requests in rounds, each once in every round, in an order that changes: what
// Traefik does. Used by dispatch and by the simulator.
#pragma once

#include "queueing/dispatch.hpp"

#include <cstdint>
#include <vector>

namespace vigil::queueing {

/// Whose turn it is. Every pod has a deadline one later than at its last turn, and the earliest is
/// next; of the equal ones, which is all of a round, a binary heap decides by how it lies.
///
/// source  Traefik 3.7, pkg/server/service/loadbalancer/wrr (equal weights), and Go's
///         container/heap, whose moves these are
class Rounds {
public:
    explicit Rounds(std::uint32_t pods);

    /// The pod of the next request.
    std::uint32_t next();

    [[nodiscard]] std::uint32_t pods() const { return static_cast<std::uint32_t>(heap_.size()); }

    /// Whether everything goes on as from the beginning.
    [[nodiscard]] bool begins_anew() const;

private:
    struct Turn {
        std::uint64_t deadline = 0;
        std::uint32_t pod = 0;
    };

    void sink(std::size_t end);
    void rise(std::size_t at);

    std::vector<Turn> heap_;
};

/// The share of Poisson arrivals that is refused, for exponential times.
///
/// source  a pod's slots in use just before each request, from one to the next through the whole
///         sequence of turns until it repeats itself: the embedded chain of arrivals, as for
///         GI/M/m/m (Takacs, 1962, ch. 4) with gaps that differ
/// cost    turns until the order comes back (8 pods: 24, 100: 8,000), times pods, times slots;
///         where that is too much, of fewer turns, which refuse a little more, and `many_pods` says
///         so
[[nodiscard]] PodsBlocking rounds_blocking(const Pods& pods, double offered);

} // namespace vigil::queueing
