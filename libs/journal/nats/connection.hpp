// How the journal's servers are reached: addresses, user, TLS. Used by NatsJournal.
#pragma once

#include "journal/nats/handles.hpp"
#include "journal/nats/nats_journal.hpp"

#include <string>
#include <string_view>

namespace vigil::journal::nats {

/// cnats' options without its callbacks.
///
/// errors  invalid_argument: a file of a password or of TLS cannot be read, or is none
[[nodiscard]] Result<Options> connection_options(const NatsJournalOptions& options);

/// errors  unavailable, with what refused whom where the servers say so
[[nodiscard]] Result<Connection> connect(natsOptions* options);

/// Of a server's "Permissions Violation for Publish to "S"" the S; empty: it is something else.
[[nodiscard]] std::string refused_subject(std::string_view words);

} // namespace vigil::journal::nats
