#include "ward/clock_quality.hpp"

#include <sys/timex.h>

namespace vigil::ward {

ClockQuality clock_quality() {
    timex state{}; // no mode: nothing is set
    const int told = ::adjtimex(&state);
    constexpr double us_per_ms = 1e3;
    return {
        .is_synchronised = told >= 0 && told != TIME_ERROR && (state.status & STA_UNSYNC) == 0,
        .largest_error_ms = static_cast<double>(state.maxerror) / us_per_ms
    };
}

} // namespace vigil::ward
