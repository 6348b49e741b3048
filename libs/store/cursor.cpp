#include "store/cursor.hpp"

#include "base/random.hpp"

#include <charconv>

namespace vigil::store {

namespace {

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) {
        return std::nullopt;
    }
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
        if (error != std::errc() || end != text.data() + i + 2) {
            return std::nullopt;
        }
        bytes.push_back(static_cast<char>(value));
    }
    return bytes;
}

} // namespace

std::string write_cursor(char kind, const Cursor& cursor) {
    auto text = kind + std::to_string(cursor.start_us);
    for (const auto& part : cursor.rest) {
        text += '.' + to_hex(part);
    }
    return text;
}

Result<Cursor> read_cursor(char kind, std::string_view text, std::size_t parts) {
    const auto unknown = [] {
        return fail(ErrorCode::invalid_argument, "a cursor that was not given here", "cursor");
    };
    if (text.empty() || text.front() != kind) {
        return unknown();
    }
    text.remove_prefix(1);
    Cursor cursor;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), cursor.start_us);
    if (error != std::errc()) {
        return unknown();
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    while (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        const auto length = std::min(text.find('.'), text.size());
        auto part = from_hex(text.substr(0, length));
        if (!part) {
            return unknown();
        }
        cursor.rest.push_back(std::move(*part));
        text.remove_prefix(length);
    }
    if (!text.empty() || cursor.rest.size() != parts) {
        return unknown();
    }
    return cursor;
}

Result<Cursor>
begin_after(char kind, std::int64_t from_us, const std::optional<std::string>& cursor) {
    if (cursor) {
        return read_cursor(kind, *cursor, 1);
    }
    return Cursor{.start_us = from_us, .rest = {""}};
}

Result<void> check_limit(std::size_t limit) {
    if (limit < 1 || limit > 10'000) {
        return fail(ErrorCode::invalid_argument, "1 to 10,000 rows a page", "limit");
    }
    return {};
}

} // namespace vigil::store
