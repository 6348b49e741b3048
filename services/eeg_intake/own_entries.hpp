// Which of the journal's entries this instance wrote itself. Used by BlockIntake.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace vigil::eeg_intake {

/// Ids of newest own entries, so that the tail need not parse them again; an overwritten one is
/// parsed, no more.
///
/// threads one
class OwnEntries {
public:
    void add(const std::string& id) { place_of(id) = front_of(id); }

    void remove(const std::string& id) { place_of(id) = 0; }

    [[nodiscard]] bool holds(const std::string& id) const {
        const auto front = front_of(id);
        return front != 0 && fronts_[front % fronts_.size()] == front;
    }

private:
    static std::uint64_t front_of(const std::string& id) {
        std::uint64_t front = 0;
        std::memcpy(&front, id.data(), std::min(sizeof front, id.size()));
        return front;
    }

    std::uint64_t& place_of(const std::string& id) {
        return fronts_[front_of(id) % fronts_.size()];
    }

    std::array<std::uint64_t, 4096> fronts_{}; // 0: none
};

} // namespace vigil::eeg_intake
