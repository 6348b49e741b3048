// What both adapters of the store check and compute alike.
#pragma once

#include "store/cursor.hpp"
#include "store/store.hpp"

#include <charconv>
#include <string_view>
#include <tuple>

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

/// Start, stream and first sample of the chunk that chunk_cursor made it of.
/// errors  invalid_argument: a cursor that it did not make
[[nodiscard]] inline Result<std::tuple<std::int64_t, std::int64_t, std::uint64_t>>
read_chunk_cursor(std::string_view text) {
    const auto number = [](const std::string& part, auto& value) {
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        return error == std::errc() && end == part.data() + part.size();
    };
    std::int64_t stream = 0;
    std::uint64_t first_sample = 0;
    const auto cursor = read_cursor('c', text, 2);
    if (!cursor || !number(cursor->rest[0], stream) || !number(cursor->rest[1], first_sample)) {
        return fail(ErrorCode::invalid_argument, "a cursor that was not given here", "cursor");
    }
    return std::tuple(cursor->start_us, stream, first_sample);
}

} // namespace vigil::store
