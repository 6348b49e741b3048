// The clocks of all devices that send EEG, against Vigil's. LiveState feeds it, and the
// administration shows it.
#pragma once

#include "base/time.hpp"
#include "vigil/v1/eeg.pb.h"
#include "ward/clock_drift.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace vigil::ward {

struct DeviceClock {
    std::string patient;
    std::string device;
    std::int64_t newest_receipt_us = 0;
    ClockDrift::Estimate estimate;
};

/// bounds  the 1000 devices that were heard last, 4 streams of each
/// threads one
class DeviceClocks {
public:
    /// A block that came; only what is beyond the newest of its stream counts, and no block of the
    /// old contract, whose times are not a device's.
    void take(const std::string& patient, const v1::EegBlock& block, std::int64_t receipt_us);

    /// By patient, then device.
    [[nodiscard]] std::vector<DeviceClock> all() const;

private:
    struct Device {
        ClockDrift drift;
        std::int64_t newest_receipt_us = 0;
        std::deque<std::pair<std::string, std::uint64_t>> ends; // of its streams, by sample index
    };

    std::map<std::pair<std::string, std::string>, Device> devices_; // by patient and device
};

/// The answer of GET /v1/admin/clock/devices.
[[nodiscard]] std::string as_json(std::span<const DeviceClock> clocks);

} // namespace vigil::ward
