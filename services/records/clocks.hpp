// The clocks of all devices that sent something, from the entries that Core takes in. Used by Core
// alone, under its lock.
#pragma once

#include "records/clock_course.hpp"
#include "store/store.hpp"

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace vigil::records {

struct CorrectedClock {
    std::string device; // of single values their source
    v1::ClockCourse::Data data = v1::ClockCourse::EEG;
    std::vector<ClockCorrection> corrections;
    double slope = 0; // behind the last of them
};

/// threads one
class Clocks {
public:
    void load(std::vector<store::ClockRow> rows);

    /// Only what was not seen before; windows of the old contract, whose times are not a device's,
    /// and values that came in a batch say nothing.
    void take(const v1::Entry& entry, const v1::EegBlock& block);
    void take(const v1::Entry& entry, const v1::Beats& beats);
    void take(const v1::Entry& entry, const v1::Vital& vital);

    /// Those that are not known yet are left out.
    [[nodiscard]] std::vector<CorrectedClock> of(const std::string& patient) const;

    [[nodiscard]] std::vector<store::ClockRow> changed() const;

    void clear_changed() { changed_.clear(); }

private:
    using Key = std::tuple<std::string, std::string, v1::ClockCourse::Data>;

    void take(const v1::Entry& entry, Key key, std::int64_t device_us);

    std::map<Key, ClockCourse> courses_;
    std::set<Key> changed_;
};

} // namespace vigil::records
