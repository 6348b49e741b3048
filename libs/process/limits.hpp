// Flags that more than one program has: what they may be. Used where flags are checked.
#pragma once

#include <algorithm>
#include <cstddef>
#include <format>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::process {

/// Beyond them something behind the routes would refuse first, and the slots would not tell.
inline constexpr std::size_t most_intake_slots = 65'536;
inline constexpr std::size_t most_legacy_slots = 4096;  // eeg_intake::max_waiting_answers
inline constexpr std::size_t most_predict_slots = 1024; // what waits for the predictor
inline constexpr std::size_t most_query_slots = 256;

/// The names that --legacy-open knows: each program opens those that it has.
inline constexpr std::string_view legacy_route_names[] =
    {"eeg", "heartbeat", "lists", "page-lists", "adds"};

inline void check_slots(
    std::vector<std::string>& faults,
    std::string_view flag,
    std::size_t slots,
    std::size_t most
) {
    if (slots < 1 || slots > most) {
        faults.push_back(std::format("{} must be 1 to {}.", flag, most));
    }
}

inline void
check_legacy_open(std::vector<std::string>& faults, const std::vector<std::string>& names) {
    for (const auto& name : names) {
        if (!std::ranges::contains(legacy_route_names, name)) {
            faults.push_back(std::format("--legacy-open does not know \"{}\".", name));
        }
    }
}

} // namespace vigil::process
