// Stations: browsers that are signed in to show and to sound, for a year, and cannot act. An
// administrator makes one; a one-time token makes a browser that station. Used by the authenticator
// and by `ward`.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace vigil::access {

inline constexpr std::string_view station_cookie = "vigil_station";
inline constexpr std::chrono::days station_length{365};
inline constexpr std::chrono::hours station_token_length{24};
/// What the id of a station's principal begins with; no user's name can.
inline constexpr std::string_view station_prefix = "station/";

struct NewStation {
    std::string token;  // "vs_<id>_<secret>": shown once, never stored
    v1::Station record; // what the directory keeps
};

[[nodiscard]] NewStation make_station(
    const Secret& secret,
    Random& random,
    std::string label,
    std::string by,
    std::int64_t now_us
);

/// The station that a token may make a browser into.
/// errors  unauthenticated: not known, used, revoked, or older than station_token_length
[[nodiscard]] Result<v1::Station> station_of_token(
    const Secret& secret,
    const DirectoryState& directory,
    std::string_view token,
    UtcTime now
);

/// The cookie's value: id, expiry and their keyed digest, which covers the station's token too.
[[nodiscard]] std::string
make_station_cookie(const Secret& secret, const v1::Station& station, UtcTime expires);

/// errors  unauthenticated: forged, expired or revoked
[[nodiscard]] Result<v1::Station> find_station(
    const Secret& secret,
    const DirectoryState& directory,
    std::string_view cookie,
    UtcTime now
);

/// 6 to 12 digits, not all alike and no run such as 123456.
/// errors  invalid_argument
[[nodiscard]] Result<void> check_new_pin(std::string_view pin);

} // namespace vigil::access
