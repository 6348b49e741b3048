// Device keys: "vk_<id>_<secret>", bound to one patient or one device, stored as a keyed digest.
// Used by the authenticator and `vigil key`.
#pragma once

#include "access/device_assignment.hpp"
#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/random.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace vigil::access {

struct NewDeviceKey {
    std::string text;     // shown once, never stored
    v1::DeviceKey record; // what the directory keeps
};

/// Whom it lets send: `sender` has a patient or a device, not both.
[[nodiscard]] NewDeviceKey make_device_key(
    const Secret& secret,
    Random& random,
    Sender sender,
    std::string label,
    std::int64_t now_us
);

/// The key's record.
/// errors  unauthenticated: not a key, not known, or revoked (the detail does not say which)
[[nodiscard]] Result<const v1::DeviceKey*>
find_device_key(const DirectoryState& directory, const Secret& secret, std::string_view text);

} // namespace vigil::access
