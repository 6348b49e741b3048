// Which trace a request belongs to: W3C Trace Context. Used by the server that reads the header
// and by whatever makes entries.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace vigil {

/// The 16 bytes of a trace id; all zeros, which the standard forbids, mean that there is none.
struct TraceId {
    static constexpr std::size_t size = 16;

    std::array<char, size> value{};

    /// What an entry's trace_id holds: 16 bytes, or nothing where there is no trace.
    [[nodiscard]] std::string_view bytes() const {
        const bool none = std::ranges::all_of(value, [](char byte) { return byte == 0; });
        return none ? std::string_view{} : std::string_view(value.data(), value.size());
    }

    /// 32 lower-case hexadecimal digits; an array, so that a request's log line needs no
    /// allocation.
    [[nodiscard]] std::array<char, 2 * size> hex() const;

    bool operator==(const TraceId&) const = default;
};

/// The trace id of a `traceparent` header; nothing where it is malformed.
///
/// source  W3C Trace Context, recommendation of 23 November 2021, sections 3.2.2 and 3.2.4: version
///         ff and ids of zeros are invalid, digits are lower-case, and what a version after 00 adds
///         stands behind another dash
[[nodiscard]] std::optional<TraceId> trace_of(std::string_view traceparent);

} // namespace vigil
