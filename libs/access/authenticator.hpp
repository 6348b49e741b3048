// Says who sent a request: a device by its key, staff by their cookie, the machine's administrator
// by the token in the state folder. Every service's server has one.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/time.hpp"
#include "http/message.hpp"

#include <string>

namespace vigil::access {

/// Reads `Authorization: Bearer vk_...` (device key), `Authorization: Bearer va_...`
/// (administrator's token) and the cookies of stations and of people. All referenced objects
/// outlive the result.
[[nodiscard]] http::Authenticator make_authenticator(
    const Directory& directory,
    const Secret& secret,
    std::string administrator_token,
    const Clock& clock
);

/// "va_" and 48 digits that follow from the secret: `vigil key` and `vigil user` read the secret
/// and need no other password.
[[nodiscard]] std::string administrator_token(const Secret& secret);

} // namespace vigil::access
