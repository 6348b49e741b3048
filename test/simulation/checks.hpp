// What the checks of a finished world share.
#pragma once

#include "simulation/world.hpp"
#include "vigil/v1/detection.pb.h"

#include <map>
#include <set>
#include <string>
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

/// What the newest revisions of events that stand say, a line for each.
using Events = std::multiset<std::string>;

/// By id. errors  throws Failure: a revision put out twice, or left out
[[nodiscard]] std::map<std::string, v1::Event> newest_events(
    const std::vector<journal::StoredPtr>& entries
);

[[nodiscard]] Events events_of(const std::vector<journal::StoredPtr>& entries);

/// The store has the newest revision of each.
void check_stored_events(World& world, const std::vector<journal::StoredPtr>& entries);

/// Equal to what the detections make in order, and to `replayed`; gives how many there are.
std::size_t check_events(const std::vector<journal::StoredPtr>& entries, const Events& replayed);

/// What was put out is what the journal's entries say in their order; gives how often each
/// condition was there.
std::map<v1::Alarm::Condition, std::size_t> check_alarms(
    const std::vector<journal::StoredPtr>& entries
);

} // namespace vigil::simulation
