#include "journal/admission.hpp"

#include <simdjson.h>

namespace vigil::journal {

namespace {

/// Protocol Buffers write text that is no UTF-8, and refuse to read it again.
bool can_be_read(const v1::Entry& entry) {
    const auto is_text = [](const std::string& text) { return simdjson::validate_utf8(text); };
    return is_text(entry.patient()) && is_text(entry.source()) && is_text(entry.unit()) &&
           is_text(entry.key());
}

} // namespace

Result<std::size_t> admit(const Batch& batch, std::size_t queue_entries, std::size_t queue_bytes) {
    if (batch.entries.empty()) {
        return fail(ErrorCode::invalid_argument, "a batch without an entry");
    }
    std::size_t bytes = 0;
    for (const auto& entry : batch.entries) {
        const auto size = entry.ByteSizeLong();
        if (size > max_entry_bytes) {
            return fail(
                ErrorCode::too_large,
                "an entry of " + std::to_string(size) + " bytes; at most " +
                    std::to_string(max_entry_bytes) + " are taken"
            );
        }
        if (!can_be_read(entry)) {
            return fail(
                ErrorCode::invalid_argument,
                "an entry whose patient, source, unit or key is no UTF-8: nobody could read it"
            );
        }
        bytes += size;
    }
    if (batch.entries.size() > queue_entries || bytes > queue_bytes) {
        return fail(
            ErrorCode::too_large,
            "a batch of " + std::to_string(batch.entries.size()) + " entries and " +
                std::to_string(bytes) + " bytes; at most " + std::to_string(queue_entries) +
                " and " + std::to_string(queue_bytes) + " are taken"
        );
    }
    return bytes;
}

Error queue_is_full() {
    return fail(
               ErrorCode::overloaded,
               "too many entries wait to be written",
               {},
               "journal queue at its bound",
               Retry::safe
    )
        .error();
}

Error journal_is_full() {
    return fail(
               ErrorCode::unavailable,
               "the journal is full",
               {},
               "journal at its bound of bytes",
               Retry::safe
    )
        .error();
}

Error fence_is_broken(const Fence& fence, Sequence found) {
    return fail(
               ErrorCode::conflict,
               "another owner has written to partition " + std::to_string(fence.partition),
               {},
               "expected output " + std::to_string(fence.expected) + ", found " +
                   std::to_string(found)
    )
        .error();
}

Error in_doubt(std::string cause) {
    return fail(
               ErrorCode::unavailable,
               "the entry may have been written; send it again",
               {},
               std::move(cause),
               Retry::in_doubt
    )
        .error();
}

Error was_freed(Sequence after, Sequence oldest) {
    return fail(
               ErrorCode::not_found,
               "entries after " + std::to_string(after) + " were freed; the oldest kept is " +
                   std::to_string(oldest)
    )
        .error();
}

} // namespace vigil::journal
