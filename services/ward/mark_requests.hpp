// What a body says of a mark. Used by MarkDesk.
#pragma once

#include "base/error.hpp"
#include "vigil/v1/mark.pb.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace vigil::ward {

inline constexpr std::size_t longest_mark_text = 500;
/// Of an annotation; Vigil's own.
inline constexpr std::int64_t longest_mark_us = 24LL * 3600 * 1'000'000;
/// A page's clock may be ahead by so much; Vigil's own.
inline constexpr std::int64_t latest_mark_us = 60LL * 1'000'000;

/// What a mark's body may have; "person" and "pin" are PersonGate's.
inline constexpr std::initializer_list<std::string_view> mark_members{
    "kind",
    "from_us",
    "until_us",
    "type",
    "awareness",
    "text",
    "event",
    "verdict",
    "withdraws",
    "confirm",
    "person",
    "pin"
};

/// A mark without who and when.
///
/// errors  invalid_argument with the member: a kind that is none, what the kind needs and does not
///         have, what it has and cannot mean, a moment after `now_us`, an alarm nobody confirmed
[[nodiscard]] Result<v1::Mark> read_mark(std::string body, std::int64_t now_us);

} // namespace vigil::ward
