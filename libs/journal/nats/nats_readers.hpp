// The readers' table as a key-value bucket of the journal's servers. Used by NatsJournal.
#pragma once

#include "journal/nats/handles.hpp"
#include "journal/readers.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace vigil::journal::nats {

struct ReadersSettings {
    std::string stream = "VIGIL"; // the bucket is "VIGIL-readers"
    std::uint32_t replicas = 3;
    bool makes = true; // where it is not there
    std::chrono::milliseconds timeout{5'000};
};

/// errors  unavailable: no answer, it is not there or cannot be made
[[nodiscard]] Result<std::unique_ptr<Readers>>
open_readers(natsConnection* connection, ReadersSettings settings);

} // namespace vigil::journal::nats
