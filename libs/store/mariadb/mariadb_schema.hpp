// The tables of the store in MariaDB and how an older database gets them. Used by MariadbStore.
#pragma once

#include "base/log.hpp"
#include "store/mariadb/connection.hpp"

namespace vigil::store::mariadb {

/// Runs the migrations that the database lacks, under a lock that lets one program at a time do it;
/// with all of them there it writes nothing. `account` is entered only where one is missing.
///
/// errors  internal: a newer release dropped what this one needs; unavailable: another program is
/// at it for longer than the timeout. Throws Failure
[[nodiscard]] Result<void> migrate(const MariadbOptions& options, const Account& account, Log& log);

/// How many migrations this release has.
[[nodiscard]] std::int64_t known_migrations();

} // namespace vigil::store::mariadb
