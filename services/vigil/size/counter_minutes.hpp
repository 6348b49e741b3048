// A counter of several pods, scraped by Prometheus, as requests by the minute. Used by
// prometheus_load.
#pragma once

#include "vigil/size/minute_counts.hpp"
#include "vigil/size/prometheus.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace vigil::size {

struct CountedMinutes {
    MinuteCounts requests;
    std::vector<std::uint64_t> pods; // whose counter was there at each minute's end
};

/// The increases of all series together. A counter that falls began anew at 0. What a counter says
/// when it is first seen is not counted, since it may be days old; a minute in which a counter is
/// missing that is there before and after was not seen, nor one at whose ends no counter was.
///
/// in      points at from_s, from_s + 60, ... until_s; from_s is a whole minute
[[nodiscard]] CountedMinutes
counted_minutes(std::span<const Series* const> series, const AskedTime& time);

} // namespace vigil::size
