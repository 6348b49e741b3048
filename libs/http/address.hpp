// "http://host:port" taken apart. Used by the clients.
#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace vigil::http {

struct Address {
    std::string host; // without the brackets of an IPv6 address
    std::string port = "80";
    std::string authority; // for the Host header
    std::string prefix;    // a path before every target, without a slash at its end
};

/// errors  invalid_argument: not http, or no host
[[nodiscard]] Result<Address> parse_address(std::string_view base_url);

} // namespace vigil::http
