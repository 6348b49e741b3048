// What a write may hold for the tables to take it. Used by MariadbStore.
#pragma once

#include "store/store.hpp"

namespace vigil::store::mariadb {

/// errors  too_large: a name or id of over 255 bytes, or a message of over `most_bytes`
[[nodiscard]] Result<void> check_lengths(const Write& write, std::size_t most_bytes);

} // namespace vigil::store::mariadb
