// Whose data a device sends: the patient it is assigned to at the time of the data. Used by the
// intakes, and by `ward`, where assignments are made.
#pragma once

#include "access/directory.hpp"
#include "base/error.hpp"
#include "http/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace vigil::access {

/// Whom a key lets send: for one patient from any device, or as one device.
struct Sender {
    std::string patient{}; // empty: the device's at the time of the data
    std::string device{};
};

/// What is taken for the name of a device or a stream: 1 to 64 of A-Z a-z 0-9 _ . : -
[[nodiscard]] bool is_device_name(std::string_view text) noexcept;

/// errors  forbidden: whoever asks has no device key
[[nodiscard]] Result<Sender> sender_of(const http::Principal& principal);

/// The assignment that holds a time; nullptr: none does.
[[nodiscard]] const v1::Device::Assignment*
assignment_at(const v1::Device& device, std::int64_t time_us);

/// Whose the data are that a device measured at a time, UTC microseconds by its own clock. Empty:
/// nobody's, which are to be quarantined.
///
/// errors  forbidden, with the field: a key of another device, or of a patient whom the device is
/// not assigned to at that time. A device that was never assigned to anybody may send for a key's
/// patient: keys then say who it is.
[[nodiscard]] Result<std::string> patient_of(
    const DirectoryState& directory,
    const Sender& sender,
    std::string_view device,
    std::int64_t time_us
);

/// What is known of data without a patient.
struct Unassigned {
    const std::string& device;
    const std::string& stream; // empty of what has none
    std::int64_t start_us;
    std::uint32_t partitions;
};

/// Makes a QUARANTINED entry of one that holds data of nobody's device, in a partition that follows
/// from the device.
void quarantine(v1::Entry& entry, const Unassigned& data);

/// Adds an assignment; nothing changes on an error.
///
/// errors  conflict: it would overlap another one of this device; invalid_argument: it ends before
/// it starts
[[nodiscard]] Result<void> assign(v1::Device& device, v1::Device::Assignment assignment);

} // namespace vigil::access
