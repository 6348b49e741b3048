#include "ward/push_hosts.hpp"

#include "http/outgoing.hpp"

#include <algorithm>
#include <format>
#include <ranges>

namespace vigil::ward {

namespace {

bool is_of_a_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 253 && !text.starts_with('.') && !text.ends_with('.') &&
           std::ranges::all_of(text, is_of_a_name);
}

bool is_port(std::string_view text) {
    return text.size() <= 5 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

Result<PushHosts> PushHosts::read(std::string_view text) {
    PushHosts hosts;
    for (const auto part : std::views::split(text, ' ')) {
        const std::string_view word(part.begin(), part.end());
        if (word.empty()) {
            continue;
        }
        const bool below = word.starts_with("*.");
        const auto rest = below ? word.substr(2) : word;
        const auto colon = rest.find(':');
        const auto host = rest.substr(0, colon);
        const auto port =
            colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
        const bool is_whole_domain = below && !host.contains('.');
        if (!is_name(host) || !is_port(port) || is_whole_domain ||
            (colon != std::string_view::npos && port.empty())) {
            return fail(
                ErrorCode::invalid_argument,
                std::format(
                    "\"{}\" is no host of a push service: write one such as push.example, "
                    "*.push.example or 127.0.0.1:8090, with a blank between two.",
                    word
                ),
                "push_hosts"
            );
        }
        hosts.names_.push_back(
            {.host = (below ? "." : "") + std::string(host), .port = std::string(port)}
        );
    }
    if (hosts.names_.empty()) {
        return fail(
            ErrorCode::invalid_argument,
            "No push service is named; leave \"push_hosts\" out for the well-known ones.",
            "push_hosts"
        );
    }
    return hosts;
}

bool PushHosts::allows(std::string_view url) const {
    const auto where = http::destination_of(url);
    return where && std::ranges::any_of(names_, [&](const Name& name) {
               const bool is_host =
                   name.host.starts_with('.')
                       ? where->host.ends_with(name.host) && where->host.size() > name.host.size()
                       : where->host == name.host;
               const bool is_port = name.port.empty() ? where->tls && where->port == "443"
                                                      : where->port == name.port;
               return is_host && is_port;
           });
}

} // namespace vigil::ward
