// Rows of store.db as they are read: a page of them, or all. What StoreReader's two files share.
#pragma once

#include "journal/sqlite_file.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace vigil::store {

template <class Message>
Message read_message(std::string_view bytes) {
    Message message;
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        throw sqlite::Failure(SQLITE_CORRUPT, "a row of store.db cannot be parsed");
    }
    return message;
}

/// Of the columns stream, first_sample, end_sample, start_us, end_us, pyramid; without its payload.
[[nodiscard]] inline ChunkRow read_chunk(const sqlite::Statement& row) {
    return {
        .stream_id = row.integer(0),
        .first_sample = static_cast<std::uint64_t>(row.integer(1)),
        .end_sample = static_cast<std::uint64_t>(row.integer(2)),
        .start_us = row.integer(3),
        .end_us = row.integer(4),
        .payload = {},
        .pyramid = std::string(row.bytes(5)),
    };
}

/// All rows; read() makes one of where the statement stands.
template <class Read>
[[nodiscard]] std::vector<std::invoke_result_t<const Read&>>
read_all(sqlite::Statement& select, const Read& read) {
    std::vector<std::invoke_result_t<const Read&>> rows;
    while (select.step()) {
        rows.push_back(read());
    }
    return rows;
}

/// The first `limit` rows of a statement that may give one more, which only says that there is a
/// next page; that begins at cursor_of(last row).
template <class Read, class CursorOf>
[[nodiscard]] Page<std::invoke_result_t<const Read&>> read_page(
    sqlite::Statement& select,
    std::size_t limit,
    const Read& read,
    const CursorOf& cursor_of
) {
    Page<std::invoke_result_t<const Read&>> page;
    while (select.step()) {
        if (page.rows.size() == limit) {
            page.cursor = cursor_of(page.rows.back());
            break;
        }
        page.rows.push_back(read());
    }
    return page;
}

} // namespace vigil::store
