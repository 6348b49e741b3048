#include "access/device_assignment.hpp"

#include <algorithm>
#include <format>
#include <limits>

namespace vigil::access {

namespace {

std::int64_t end_of(const v1::Device::Assignment& assignment) {
    return assignment.until_us() == 0 ? std::numeric_limits<std::int64_t>::max()
                                      : assignment.until_us();
}

} // namespace

bool is_device_name(std::string_view text) noexcept {
    const auto allowed = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view("_.:-").contains(c);
    };
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, allowed);
}

Result<Sender> sender_of(const http::Principal& principal) {
    if (principal.patient.empty() && principal.device.empty()) {
        return fail(ErrorCode::forbidden, "a device key is needed");
    }
    return Sender{.patient = principal.patient, .device = principal.device};
}

const v1::Device::Assignment* assignment_at(const v1::Device& device, std::int64_t time_us) {
    const auto found = std::ranges::find_if(device.assignments(), [time_us](const auto& one) {
        return one.from_us() <= time_us && time_us < end_of(one);
    });
    return found == device.assignments().end() ? nullptr : &*found;
}

Result<std::string> patient_of(
    const DirectoryState& directory,
    const Sender& sender,
    std::string_view device,
    std::int64_t time_us
) {
    if (!sender.device.empty() && sender.device != device) {
        return fail(
            ErrorCode::forbidden,
            std::format("is not {}, the device of this key", sender.device),
            "device"
        );
    }
    const auto known = directory.devices.find(device);
    const auto* const assignment =
        known == directory.devices.end() ? nullptr : assignment_at(known->second, time_us);
    if (sender.patient.empty()) {
        return assignment == nullptr ? std::string{} : assignment->patient();
    }
    if (known == directory.devices.end() || known->second.assignments().empty()) {
        return sender.patient;
    }
    if (assignment == nullptr || assignment->patient() != sender.patient) {
        return fail(
            ErrorCode::forbidden,
            "is not assigned to the patient of this key at the time of these data",
            "device"
        );
    }
    return sender.patient;
}

void quarantine(v1::Entry& entry, const Unassigned& data) {
    v1::Quarantined held;
    held.set_type(entry.type());
    held.set_device(data.device);
    held.set_stream(data.stream);
    held.set_start_us(data.start_us);
    held.set_payload(std::move(*entry.mutable_payload()));
    entry.set_type(v1::QUARANTINED);
    entry.clear_patient();
    entry.set_partition(journal::partition_of(data.device, data.partitions));
    held.SerializeToString(entry.mutable_payload());
}

Result<void> assign(v1::Device& device, v1::Device::Assignment assignment) {
    if (end_of(assignment) <= assignment.from_us()) {
        return fail(ErrorCode::invalid_argument, "must be later than \"from\"", "until");
    }
    for (const auto& one : device.assignments()) {
        if (one.from_us() < end_of(assignment) && assignment.from_us() < end_of(one)) {
            return fail(
                ErrorCode::conflict,
                std::format(
                    "{} is assigned to {} at that time: end that first.",
                    device.id(),
                    one.patient()
                ),
                "from"
            );
        }
    }
    *device.add_assignments() = std::move(assignment);
    std::ranges::sort(*device.mutable_assignments(), {}, [](const auto& one) {
        return one.from_us();
    });
    return {};
}

} // namespace vigil::access
