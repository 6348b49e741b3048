// A simulated day of a service under Kubernetes' autoscaler: what it refuses and what it costs.
// Used by model_tables.
#pragma once

#include <string>

namespace vigil::size {

/// The autoscaler on CPU alone at 80 and 50 %, with the bounds that sizing gives it, also at the
/// utilisation that sizing has in the busiest hour, and the pods of that hour all day. Seeds are
/// fixed.
///
/// cost    a million requests
[[nodiscard]] std::string day_table();

} // namespace vigil::size
