// Where the next page starts, as text that clients hand back unread. Used by the store's adapters.
#pragma once

#include "base/error.hpp"

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::store {

/// The last row of a page: its start, then what tells rows of the same start apart.
struct Cursor {
    std::int64_t start_us = 0;
    std::vector<std::string> rest;
};

/// `kind` tells the cursors of different questions apart.
[[nodiscard]] std::string write_cursor(char kind, const Cursor& cursor);
/// errors  invalid_argument: not what write_cursor made for this kind and count of parts
[[nodiscard]] Result<Cursor> read_cursor(char kind, std::string_view text, std::size_t parts);

/// Where a page of rows with an id begins: behind the cursor, or before all rows of the first
/// moment, since an id is never empty.
/// errors  invalid_argument: those of read_cursor
[[nodiscard]] Result<Cursor>
begin_after(char kind, std::int64_t from_us, const std::optional<std::string>& cursor);

/// errors  invalid_argument: not 1 to 10,000
[[nodiscard]] Result<void> check_limit(std::size_t limit);

/// Old contract: how far before its newest value a patient's heart rates are shown.
inline constexpr std::int64_t newest_heart_rates_us = std::int64_t{5} * 3600 * 1'000'000;
inline constexpr std::string_view heart_rate_name = "heart_rate";

/// Where the first row that reaches into a time may start, when no row is longer than `span_us`.
[[nodiscard]] constexpr std::int64_t earliest(std::int64_t from_us, std::int64_t span_us) {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    return from_us < least + span_us ? least : from_us - span_us;
}

/// The end of a stretch of beats.
[[nodiscard]] std::int64_t end_us(std::int64_t start_us, const auto& rr_us) {
    for (const auto rr : rr_us) {
        start_us += rr;
    }
    return start_us;
}

} // namespace vigil::store
