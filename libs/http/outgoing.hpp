// One request to somebody else's server, such as a receiver of calls: HTTPS or HTTP, a connection
// of its own, one deadline over all of it, no redirect followed. Boost.Beast and OpenSSL inside.
#pragma once

#include "base/error.hpp"
#include "http/message.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vigil::http {

struct OutgoingRequest {
    Verb verb = Verb::post;
    std::string url; // "https://host:port/path?query"
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::chrono::milliseconds timeout{5000};
    std::filesystem::path ca_file{}; // PEM: whom alone to believe; empty: the system's
};

/// Any answer is a Response, whatever its status; of its body 64 KiB are read, of its headers only
/// Retry-After is kept.
///
/// errors  invalid_argument: see check_url(), or the CA file cannot be read; unavailable: no
///         connection, a certificate that is not believed, or it broke off; timeout. The cause says
///         more.
/// cost    blocks the calling thread, also for as long as a name is looked up
[[nodiscard]] Result<Response> send_outgoing(const OutgoingRequest& request);

/// Where an address leads: exactly what send_outgoing() connects to.
struct Destination {
    bool tls = false;
    std::string host; // lower case; an IPv6 address without brackets
    std::string port; // 443 or 80 where the address names none
    std::string
        origin; // RFC 6454, section 6.2: "https://host", with a port that is not the usual one
};

/// errors  those of check_url()
[[nodiscard]] Result<Destination> destination_of(std::string_view url);

/// Whether secrets may go to this address: HTTPS, or HTTP to this very machine.
/// errors  invalid_argument: another scheme, a user in it, no host or one that is not written
///         plainly, or HTTP to another machine
[[nodiscard]] Result<void> check_url(std::string_view url);

} // namespace vigil::http
