// One-time sign-in links: whoever can write the state folder may sign in as this machine's
// administrator, once per link. `vigil serve` prints one, `vigil link` makes more. A link is a file
// named by its token's digest; using it removes the file.
#pragma once

#include "base/error.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace vigil::access {

inline constexpr std::chrono::hours link_length{1};

/// The token of a new link. errors  unavailable: the folder cannot be written
[[nodiscard]] Result<std::string>
make_sign_in_link(const std::filesystem::path& folder, Random& random);

/// Uses a link up; of two that try at once, one succeeds. errors  unauthenticated: not known, used,
/// or older than link_length
[[nodiscard]] Result<void>
use_sign_in_link(const std::filesystem::path& folder, std::string_view token, UtcTime now);

} // namespace vigil::access
