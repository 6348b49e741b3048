// Who a patient is: sealed in the journal apart from everything else, opened only where staff asked
// for it. Used by `ward`.
#pragma once

#include "access/secret.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "vigil/v1/directory.pb.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::access {

/// XChaCha20-Poly1305 with a key that follows from the installation's secret and the patient's id,
/// so that nobody's identity opens under another one's id.
[[nodiscard]] v1::SealedIdentity seal_identity(
    const Secret& secret,
    Random& random,
    std::string patient,
    const v1::Identity& identity
);

/// errors  not_found: nothing is sealed, or it was erased; internal: another secret sealed it, or
/// it was changed
[[nodiscard]] Result<v1::Identity>
open_identity(const Secret& secret, const v1::SealedIdentity& sealed);

/// One of the things by which a patient is told from others: "name", "born", "number", "bed", or
/// "id", Vigil's own.
struct Identifier {
    std::string kind;
    std::string value;
};

/// Whether at least two different identifiers were given and each is the patient's, without regard
/// to case and to spaces around and between words. The names of those, in their order.
///
/// errors  invalid_argument, with the field: fewer than two, one twice, an unknown kind, or one
/// that is not known of this patient; conflict: one that is another's. The detail never says what
/// the right one is.
[[nodiscard]] Result<std::vector<std::string>> check_identifiers(
    std::string_view patient,
    const v1::Identity& identity,
    std::span<const Identifier> given
);

} // namespace vigil::access
