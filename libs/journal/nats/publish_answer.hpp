// What the journal's servers say to a publish. Used by Outbox.
#pragma once

#include "journal/journal.hpp"
#include "journal/nats/handles.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace vigil::journal::nats {

struct PublishAnswer {
    bool is_acknowledged = false;
    bool is_transient = false; // no leader now, or no answer that says anything
    std::uint64_t code = 0;
    std::string words;
};

[[nodiscard]] PublishAnswer read_answer(natsMsg* message);

/// Of a refusal that is not transient. errors  conflict: a fence; unavailable: full, or refused
[[nodiscard]] Error error_of(const PublishAnswer& answer, const std::vector<Fence>& fences);

} // namespace vigil::journal::nats
