// What the checks of a finished world share.
#pragma once

#include "simulation/world.hpp"

#include <type_traits>

namespace vigil::simulation {

/// `otherwise` is a text, or for what is asked of every sample a function that makes it.
void require(bool so, const auto& otherwise) {
    if (so) {
        return;
    }
    if constexpr (std::is_invocable_v<decltype(otherwise)>) {
        throw Failure{otherwise()};
    } else {
        throw Failure{otherwise};
    }
}

/// Values and beats: accepted = stored = shown, once. errors  throws Failure
void check_hearts(World& world, const std::vector<journal::StoredPtr>& entries);

} // namespace vigil::simulation
