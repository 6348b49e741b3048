// "http://host:port" or "https://host:port" taken apart. Used by the clients.
#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace vigil::http {

struct Address {
    bool tls = false;
    std::string host; // without the brackets of an IPv6 address
    std::string port;
    std::string authority; // for the Host header
    std::string prefix;    // a path before every target, without a slash at its end
};

/// errors  invalid_argument: not http or https, or no host
[[nodiscard]] Result<Address> parse_address(std::string_view base_url);

} // namespace vigil::http
