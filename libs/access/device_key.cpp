#include "access/device_key.hpp"

#include <array>
#include <utility>

namespace vigil::access {

namespace {

constexpr std::string_view prefix = "vk_";
constexpr std::size_t id_digits = 16;
constexpr std::size_t secret_digits = 48;

std::string digits(Random& random, std::size_t count) {
    std::string bytes(count / 2, '\0');
    random.fill(std::span(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()));
    return to_hex(bytes);
}

} // namespace

NewDeviceKey make_device_key(
    const Secret& secret,
    Random& random,
    Sender sender,
    std::string label,
    std::int64_t now_us
) {
    NewDeviceKey made;
    const auto id = digits(random, id_digits);
    made.text = std::string(prefix) + id + "_" + digits(random, secret_digits);
    made.record.set_id(id);
    made.record.set_digest(keyed_digest(secret, "device key", made.text));
    made.record.set_patient(std::move(sender.patient));
    made.record.set_device(std::move(sender.device));
    made.record.set_label(std::move(label));
    made.record.set_created_us(now_us);
    return made;
}

Result<const v1::DeviceKey*>
find_device_key(const DirectoryState& directory, const Secret& secret, std::string_view text) {
    const auto refused = [] {
        return fail(
            ErrorCode::unauthenticated,
            "This key is not known or was revoked; ask for a new one."
        );
    };
    if (text.size() != prefix.size() + id_digits + 1 + secret_digits || !text.starts_with(prefix)) {
        return refused();
    }
    const auto found = directory.keys.find(text.substr(prefix.size(), id_digits));
    if (found == directory.keys.end() || found->second.revoked_us() != 0 ||
        !equal_secretly(found->second.digest(), keyed_digest(secret, "device key", text))) {
        return refused();
    }
    return &found->second;
}

} // namespace vigil::access
