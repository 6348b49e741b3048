// The records service on one page: its routes.
#pragma once

#include "access/directory.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "records/core.hpp"
#include "records/query_pool.hpp"
#include "store/store.hpp"

#include <set>
#include <string>

namespace vigil::records {

/// The reference system's questions: for signed-in staff unless opened by name.
struct LegacyOptions {
    std::set<std::string> open{}; // paths that anybody may call, such as "/eeg_data"
};

/// Everything outlives the router and the pool's work.
struct RouteParts {
    const Core& core;
    store::Store& store;
    QueryPool& pool;
    const access::Directory& directory;
    const Clock& clock;
    std::size_t slots = 64; // of each question's route
};

void add_routes(http::Router& router, RouteParts parts);
void add_legacy_routes(http::Router& router, RouteParts parts, const LegacyOptions& options);

} // namespace vigil::records
