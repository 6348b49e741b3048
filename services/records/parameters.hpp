// The query of a request, read strictly: an unknown name or a value that is not what it should be
// is an error that names it.
#pragma once

#include "base/error.hpp"
#include "base/parse_time.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace vigil::records {

/// errors  invalid_argument: a name that is not in `known`
[[nodiscard]] Result<void>
check_names(const http::Request& request, std::initializer_list<std::string_view> known);

/// A patient id from the path. errors  invalid_argument
[[nodiscard]] Result<std::string> patient_parameter(const http::Request& request);

/// `from` and `until`; without them `default_length` up to a minute past now (a sender's clock may
/// be ahead by so much). errors  invalid_argument: not times, until not after from, or longer than
/// `longest`
[[nodiscard]] Result<store::TimeRange> time_parameters(
    const http::Request& request,
    UtcTime now,
    Microseconds default_length,
    Microseconds longest
);

/// A whole number. errors  invalid_argument: not one, or out of the bounds
[[nodiscard]] Result<std::size_t> number_parameter(
    const http::Request& request,
    const std::string& name,
    std::size_t otherwise,
    std::size_t least,
    std::size_t most
);

[[nodiscard]] std::optional<std::string>
text_parameter(const http::Request& request, const std::string& name);

} // namespace vigil::records
