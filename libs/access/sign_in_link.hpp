// One-time sign-in links: whoever can read the installation's secret may sign in as its
// administrator, once per link. `vigil serve` prints one, `vigil link` and `ward link` make more. A
// link proves itself by the secret, so that any of several wards takes it; that it was used is an
// entry of the directory.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

#include <string>
#include <string_view>

namespace vigil::access {

inline constexpr std::chrono::hours link_length{1};

/// The token of a new link: "<id>-<when it ends>-<proof>", hexadecimal.
[[nodiscard]] std::string make_sign_in_link(const Secret& secret, Random& random, UtcTime now);

/// What is to be noted once it is used. Two wards may note it within the moment that the journal
/// takes: DirectoryState::used_links says whose note was first.
///
/// errors  unauthenticated: not one of this installation, used already, or too old
[[nodiscard]] Result<v1::LinkUsed> read_sign_in_link(
    const Secret& secret,
    const DirectoryState& directory,
    std::string_view token,
    UtcTime now
);

} // namespace vigil::access
