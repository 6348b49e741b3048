// What both adapters of the store check and compute alike.
#pragma once

#include "store/cursor.hpp"
#include "store/store.hpp"

#include <charconv>
#include <optional>
#include <utility>

namespace vigil::store {

/// errors  conflict: the store is not at `expected`; invalid_argument: a chunk of no stream, or a
/// position that goes back
[[nodiscard]] inline Result<void> check_write(const Write& write, journal::Sequence position) {
    if (write.expected != position) {
        return fail(
            ErrorCode::conflict,
            "another writer has written to the store",
            {},
            "expected position " + std::to_string(write.expected) + ", found " +
                std::to_string(position)
        );
    }
    if (write.position < write.expected) {
        return fail(
            ErrorCode::invalid_argument,
            "a position before the one that is held",
            "position"
        );
    }
    for (const auto& chunk : write.chunks) {
        if (chunk.stream >= write.streams.size()) {
            return fail(
                ErrorCode::invalid_argument,
                "a chunk of a stream that is not in the write",
                "chunks"
            );
        }
    }
    return {};
}

/// Of its cursors: 'k' to 'n'.
[[nodiscard]] constexpr char chronicle_letter(ChronicleRow::Kind kind) {
    return static_cast<char>('j' + static_cast<char>(kind));
}

[[nodiscard]] inline std::string chunk_cursor(const ChunkRow& last) {
    return write_cursor(
        'c',
        {.start_us = last.start_us,
         .rest = {std::to_string(last.stream_id), std::to_string(last.first_sample)}}
    );
}

/// Stream and first sample of a cursor that chunk_cursor made.
[[nodiscard]] inline std::optional<std::pair<std::int64_t, std::uint64_t>> chunk_parts(
    const Cursor& cursor
) {
    std::pair<std::int64_t, std::uint64_t> parts;
    const auto number = [](const std::string& text, auto& value) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc() && end == text.data() + text.size();
    };
    if (!number(cursor.rest[0], parts.first) || !number(cursor.rest[1], parts.second)) {
        return std::nullopt;
    }
    return parts;
}

} // namespace vigil::store
