// What the machine's clock is worth. Used by Administration.
#pragma once

namespace vigil::ward {

/// What the kernel knows from whoever sets its clock (chrony, systemd-timesyncd, ntpd).
struct ClockQuality {
    bool is_synchronised = false;
    double largest_error_ms = 0; // grows by 0.5 ms a second since the last correction
};

/// source  adjtimex(2): STA_UNSYNC and maxerror
[[nodiscard]] ClockQuality clock_quality();

} // namespace vigil::ward
