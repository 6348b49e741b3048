// A message to one browser through its push service: encrypted for that browser alone (RFC 8291
// over RFC 8188) and signed as this server's (VAPID, RFC 8292). Used by ward's second way. OpenSSL
// inside.
#pragma once

#include "base/error.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/outgoing.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace vigil::http {

inline constexpr std::size_t push_public_bytes = 65; // a point of P-256, uncompressed (0x04, x, y)
inline constexpr std::size_t push_auth_bytes = 16;
/// What fits in one record of 4096 bytes: less the header of 86, the delimiter and the tag.
inline constexpr std::size_t longest_push = 4096 - 86 - 1 - 16;

/// Where a browser is reached, as `PushManager.subscribe()` gives it; the keys as bytes.
struct PushAddress {
    std::string endpoint;
    std::string p256dh; // push_public_bytes
    std::string auth;   // push_auth_bytes
};

/// A pair of keys on P-256.
class PushKey {
public:
    /// The same 32 bytes always give the same pair; they are the secret.
    /// errors  invalid_argument: 0, or not below the group's order
    static Result<PushKey> from_scalar(std::span<const std::uint8_t, 32> scalar);
    PushKey(PushKey&&) noexcept;
    PushKey& operator=(PushKey&&) noexcept;
    ~PushKey();

    /// push_public_bytes: `applicationServerKey` of a page.
    [[nodiscard]] const std::string& public_bytes() const { return public_; }

    /// ES256 (ECDSA over SHA-256), r and s, 32 bytes each.
    [[nodiscard]] Result<std::string> sign(std::string_view text) const;
    /// The secret that both sides share (ECDH): the x of the product, 32 bytes.
    /// errors  invalid_argument: `other` is no point of the curve
    [[nodiscard]] Result<std::string> agree(std::string_view other) const;

private:
    struct Pair;
    explicit PushKey(std::unique_ptr<Pair> pair, std::string public_bytes);
    std::unique_ptr<Pair> pair_;
    std::string public_;
};

/// errors  invalid_argument: lengths, or a key that is no point of the curve; see check_url()
[[nodiscard]] Result<void> check_push_address(const PushAddress& address);

/// The body of content coding aes128gcm: salt, record size, `once`'s public key, cipher text.
/// `once` and `salt` serve one message only.
///
/// errors  invalid_argument: the address's keys; too_large: over longest_push
/// source  RFC 8291, section 3.4
[[nodiscard]] Result<std::string> encrypt_push(
    const PushAddress& address,
    std::string_view message,
    const PushKey& once,
    std::span<const std::uint8_t, 16> salt
);

struct PushTerms {
    std::chrono::seconds keep{300}; // how long the push service keeps it for a browser that is away
    std::string topic{}; // at most 32 of base64url: replaces an undelivered one of the same topic
    std::string contact; // "mailto:..." or "https://...": whom the push service asks
};

/// errors  those of encrypt_push(); 403 and the like are the push service's answer, not an error
/// here
[[nodiscard]] Result<OutgoingRequest> push_request(
    const PushAddress& address,
    std::string_view message,
    const PushKey& server,
    const PushTerms& terms,
    Random& random,
    UtcTime now
);

/// base64url without padding, as the Web's APIs write keys.
[[nodiscard]] std::string to_base64url(std::string_view bytes);
/// errors  invalid_argument
[[nodiscard]] Result<std::string> from_base64url(std::string_view text);

} // namespace vigil::http
