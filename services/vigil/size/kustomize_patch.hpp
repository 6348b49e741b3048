// The Kustomize patch that gives each service's autoscaler its bounds. Used by `vigil size
// --kustomize`.
#pragma once

#include "base/error.hpp"
#include "vigil/size/answer.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace vigil::size {

struct Spread {
    std::uint32_t nodes = 3;
    std::uint32_t unavailable_percent = 25; // of a rolling update, rounded down as Kubernetes does
};

/// The fewest pods of which `enough` are left when the node with the most of them is lost during a
/// rolling update.
///
/// in      two nodes or more, on which the pods are spread evenly
/// source  Kubernetes, "Deployments", max unavailable: the absolute number rounds down
/// errors  invalid_argument: so much may be unavailable that nothing is left
[[nodiscard]] Result<std::uint64_t> carrying(std::uint64_t enough, const Spread& spread);

/// The autoscaler's name for what was sized: the deployment that the name has in it (eeg-intake,
/// heart-intake, detector, records, ward), else the name itself.
///
/// errors  invalid_argument: it is no name of a Kubernetes object
[[nodiscard]] Result<std::string> autoscaler_of(std::string_view service);

/// A document for each autoscaler. minReplicas carries the mean rate and maxReplicas the busiest
/// hour, each with `spread` taken away; routes of one service take the larger. Records, the store's
/// one writer, gets none.
///
/// errors  those of the two above; invalid_argument: nothing but records
[[nodiscard]] Result<std::string>
kustomize_patch(std::span<const Answer> answers, const Sizing& sizing, const Spread& spread);

} // namespace vigil::size
