// The tables of docs/sizing.md, as `vigil size --tables` prints them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vigil::size {

struct ModelTable {
    std::string_view title;
    std::string markdown;
};

/// Computed anew each time; what is simulated has fixed seeds.
///
/// cost    a second, most of it simulation
[[nodiscard]] std::vector<ModelTable> model_tables();

} // namespace vigil::size
