// What no journal takes, whatever its adapter: the checks at the door.
#pragma once

#include "journal/journal.hpp"

namespace vigil::journal {

/// The serialized size of the batch's entries.
/// errors  invalid_argument: no entry, or text in one that is no UTF-8; too_large: an entry over
/// max_entry_bytes, or a batch that no queue of these bounds can hold
[[nodiscard]] Result<std::size_t>
admit(const Batch& batch, std::size_t queue_entries, std::size_t queue_bytes);

/// overloaded, safe to try again.
[[nodiscard]] Error queue_is_full();
[[nodiscard]] Error journal_is_full();
[[nodiscard]] Error fence_is_broken(const Fence& fence, Sequence found);
[[nodiscard]] Error in_doubt(std::string cause);
[[nodiscard]] Error was_freed(Sequence after, Sequence oldest);

} // namespace vigil::journal
