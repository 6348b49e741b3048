// The newest window and the newest times of every patient: what the old routes and the list of
// patients answer. Kept by Core.
#pragma once

#include "store/store.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::records {

struct NewestTimes {
    std::int64_t sample_us = 0;    // end of the newest sample; 0 = none
    std::int64_t detection_us = 0; // end of the newest window that was scored
    std::int64_t vital_us = 0;
};

/// threads one: Core guards it
class NewestTable {
public:
    /// The old contract's window: that many samples (reference: wire contract, "Facts about the
    /// windows").
    static constexpr std::size_t window_samples = 178;

    void load(std::vector<store::NewestWindow> windows);

    /// Takes a block that was not seen before. An isolated block is a window; of a continuous
    /// stream the last 178 samples of the first channel are, rounded to whole units.
    void take(const std::string& patient, const v1::EegBlock& block);
    void take(const v1::Detection& detection);
    void take_vital(const std::string& patient, std::int64_t time_us);

    [[nodiscard]] std::vector<store::NewestWindow> windows() const;

    [[nodiscard]] const std::map<std::string, NewestTimes>& times() const { return times_; }

    /// Windows changed since the last clear_changed().
    [[nodiscard]] std::vector<store::NewestWindow> changed() const;

    void clear_changed() { changed_.clear(); }

private:
    struct Window {
        store::NewestWindow shown;
        std::string stream; // device and stream; empty after a restart
        bool isolated = false;
        std::uint64_t end_sample = 0;
    };

    std::map<std::string, Window> windows_;
    std::map<std::string, NewestTimes> times_;
    std::set<std::string> changed_;
};

} // namespace vigil::records
