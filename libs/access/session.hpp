// Signed-in staff: passwords (Argon2id) and sessions (a signed cookie, so that a restart signs
// nobody out). Used by `ward`.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/time.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace vigil::access {

inline constexpr std::string_view session_cookie = "vigil_session";
inline constexpr std::chrono::hours session_length{12};
/// The user of a one-time sign-in link: administrator of this machine, without a password.
inline constexpr std::string_view local_user = "local";

struct Session {
    std::string user;
    v1::StaffUser::Role role = v1::StaffUser::VIEWER;
    std::int64_t expires_us = 0;
};

/// The cookie's value: user, role, expiry and their keyed digest, in hexadecimal.
[[nodiscard]] std::string
make_session(const Secret& secret, const DirectoryState& directory, const Session& session);

/// errors  unauthenticated: forged, expired, or the user's password or role has changed or the user
/// was disabled
[[nodiscard]] Result<Session> find_session(
    const Secret& secret,
    const DirectoryState& directory,
    std::string_view cookie,
    UtcTime now
);

/// Argon2id in libsodium's string form, interactive limits (64 MiB, about 50 ms): on a pool, never
/// on a server's thread. errors  internal: no memory
[[nodiscard]] Result<std::string> hash_password(std::string_view password);
/// Takes as long for an unknown user as for a known one: pass an empty hash for the former.
[[nodiscard]] bool verify_password(std::string_view hash, std::string_view password);

/// At least 12 characters, at most 256 bytes. errors  invalid_argument
[[nodiscard]] Result<void> check_new_password(std::string_view password);

} // namespace vigil::access
