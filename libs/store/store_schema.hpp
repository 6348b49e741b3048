// The tables of store.db and how an older file gets them. Used by SqliteStore.
#pragma once

#include "journal/sqlite_file.hpp"

namespace vigil::store {

/// Runs the migrations that the file lacks, each in its own transaction with the line that says so.
/// errors  internal: the file was made by a newer release. Throws sqlite::Failure
[[nodiscard]] Result<void> migrate(const sqlite::File& file);

} // namespace vigil::store
