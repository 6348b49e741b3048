// The installation's own secret: 32 random bytes in a file that only the service's user can read.
// Keys the digests of device keys, signs sessions. Used by the rest of this folder.
#pragma once

#include "base/error.hpp"
#include "base/random.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace vigil::access {

using Secret = std::array<std::uint8_t, 32>;

/// Reads the file, or makes it (mode 0600) when it does not exist.
/// errors  unavailable: not readable, of the wrong size, or readable by others
[[nodiscard]] Result<Secret> load_or_make_secret(const std::filesystem::path& file, Random& random);

/// BLAKE2b-256 of `text`, keyed with the secret. `purpose` keeps digests for one use from serving
/// another.
[[nodiscard]] std::string
keyed_digest(const Secret& secret, std::string_view purpose, std::string_view text);

/// The same length of time whatever differs.
[[nodiscard]] bool equal_secretly(std::string_view a, std::string_view b) noexcept;

} // namespace vigil::access
