// Takes a request's target apart: path and query, percent-decoded and checked. Used by the server
// before it looks for a route.
#pragma once

#include "base/error.hpp"

#include <map>
#include <string>
#include <string_view>

namespace vigil::http {

struct Target {
    std::string path;                         // decoded, begins with '/'
    std::map<std::string, std::string> query; // decoded; '+' is a space, as in forms
};

/// errors  invalid_argument: bad percent-encoding, a control character or NUL, text that is not
/// UTF-8, an encoded slash or a dot
///         segment in the path, a name twice in the query, more than max_query_parameters
/// source  RFC 3986 section 2.1 and 3.3, RFC 9112 section 3.2 (origin-form and absolute-form)
[[nodiscard]] Result<Target> parse_target(std::string_view target);

inline constexpr std::size_t max_query_parameters = 64;

} // namespace vigil::http
