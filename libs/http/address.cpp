#include "http/address.hpp"

#include <algorithm>
#include <array>

namespace vigil::http {

Result<Address> parse_address(std::string_view base_url) {
    struct Scheme {
        std::string_view text;
        bool tls;
        std::string_view port;
    };

    constexpr std::array<Scheme, 4> schemes{
        {{"http://", false, "80"},
         {"ws://", false, "80"},
         {"https://", true, "443"},
         {"wss://", true, "443"}}
    };
    const auto* const scheme = std::ranges::find_if(schemes, [&](const Scheme& one) {
        return base_url.starts_with(one.text);
    });
    if (scheme == schemes.end()) {
        return fail(
            ErrorCode::invalid_argument,
            "\"" + std::string(base_url) +
                "\" is not an address; write one such as http://127.0.0.1:8080."
        );
    }
    const auto rest = base_url.substr(scheme->text.size());
    Address address;
    address.tls = scheme->tls;
    address.port = scheme->port;
    const auto slash = rest.find('/');
    address.authority = rest.substr(0, slash);
    if (slash != std::string_view::npos) {
        address.prefix = rest.substr(slash);
        address.prefix.resize(address.prefix.find_last_not_of('/') + 1);
    }
    std::string_view authority = address.authority;
    const auto bracket = authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
    const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    address.host = bracket == std::string_view::npos ? authority.substr(0, colon)
                                                     : authority.substr(1, bracket - 1);
    if (colon != std::string_view::npos) {
        address.port = authority.substr(colon + 1);
    }
    if (address.host.empty() || address.port.empty() ||
        address.port.find_first_not_of("0123456789") != std::string::npos) {
        return fail(
            ErrorCode::invalid_argument,
            "\"" + std::string(base_url) + "\" has no host or a wrong port."
        );
    }
    return address;
}

} // namespace vigil::http
