// The old contract's times: local, without a zone, with or without leading zeros. Used by the old
// EEG route; fuzzed.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"

#include <chrono>
#include <string_view>

namespace vigil::eeg_intake {

/// "2024-9-9 10:0:7" or "2024-09-09 10:00:07".
/// errors  invalid_argument: anything else, a day that its month has not, a second over 59
[[nodiscard]] Result<std::chrono::local_seconds> read_local_time(std::string_view text);

/// Local times of one IANA zone as UTC.
/// threads any (each keeps the offset that it found last: a look-up in the zone's rules costs
/// microseconds)
class LocalZone {
public:
    /// errors  invalid_argument: no such zone
    static Result<LocalZone> named(std::string_view name);

    /// An hour that occurs twice means its first occurrence; one that is left out is read with the
    /// offset before the gap, so that it lands as far behind the gap as it was written into it.
    [[nodiscard]] std::chrono::sys_seconds to_utc(std::chrono::local_seconds local) const;

private:
    explicit LocalZone(const std::chrono::time_zone* zone) : zone_(zone) {}

    const std::chrono::time_zone* zone_;
};

} // namespace vigil::eeg_intake
