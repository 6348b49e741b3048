// Where entries go in the stream: its subjects, as api/journal.md has them. Used by the NATS
// adapter alone.
#pragma once

#include "vigil/v1/entry.pb.h"

#include <cstdint>
#include <string>

namespace vigil::journal::nats {

/// Where an entry goes: outputs by partition, so that the server itself compares an owner's fence
/// with the newest of them; directory entries by kind and key, so that the newest of each can be
/// kept and a user may be let write some kinds only; the rest by partition.
[[nodiscard]] std::string subject_of(const std::string& stream, const v1::Entry& entry);
[[nodiscard]] std::string all_subjects(const std::string& stream);
[[nodiscard]] std::string output_subject(const std::string& stream, std::uint32_t partition);
/// The first word of all subjects of a stream: its name in lower case.
[[nodiscard]] std::string subject_prefix(const std::string& stream);

} // namespace vigil::journal::nats
