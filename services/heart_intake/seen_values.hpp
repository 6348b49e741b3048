// Which values were taken already, so that overlapping re-sends do not fill the journal. Used by
// VitalIntake.
#pragma once

#include "vigil/v1/vitals.pb.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace vigil::heart_intake {

/// The newest values by (patient, name, source, time), as two hashes each, in a table of fixed
/// size. What it forgets is appended again and replaces itself in the store.
///
/// bounds  so many values as it is made for, 16 bytes each: 4 MiB for usual_values
/// threads one
class SeenValues {
public:
    struct Key {
        std::uint64_t identity = 0; // of (patient, name, source, time)
        std::uint64_t content = 0;  // of the identity and the values
    };

    static constexpr std::size_t usual_values = std::size_t{1} << 18;

    /// `values` is rounded up to whole sets of 16.
    explicit SeenValues(std::size_t values = usual_values) : sets_((values + ways - 1) / ways) {}

    [[nodiscard]] static Key key(std::string_view patient, const v1::Vital& vital);
    /// Whether exactly this value is held. Another value of the same identity is not: it is an
    /// update.
    [[nodiscard]] bool holds(const Key& key) const;
    void add(const Key& key);

private:
    static constexpr std::size_t ways =
        16; // so many that 50,000 values overflow no set (Poisson, 3 a set: p = 1e-8)
    std::vector<std::array<Key, ways>> sets_; // newest first within a set
};

} // namespace vigil::heart_intake
