// Where calls go, and who outside watches: a file that the administrator alone writes. Read once at
// the start; no address ever comes from anywhere else.
#pragma once

#include "base/error.hpp"
#include "http/message.hpp"
#include "ward/push_hosts.hpp"

#include <filesystem>
#include <string>

namespace vigil::ward {

struct SecondWayConfig {
    std::string webhook_url{}; // empty: no webhook
    std::string webhook_secret{};
    std::filesystem::path ca_file{}; // PEM, for these two; empty: the system's certificates
    std::string dead_man_url{};      // empty: nobody outside watches
    http::Verb dead_man_verb = http::Verb::get;
    std::string push_contact{
    }; // "mailto:..." or "https://...": whom a push service asks; empty: no Web Push
    PushHosts push_hosts{};

    [[nodiscard]] bool calls() const { return !webhook_url.empty() || !push_contact.empty(); }
};

/// The file is a JSON object: "webhook_url", "webhook_secret_file", "ca_file", "dead_man_url",
/// "dead_man_method" ("GET" or "POST"), "push_contact", "push_hosts" (see PushHosts). Files are
/// named from the folder that it lies in.
///
/// errors  invalid_argument with the member: see http::check_url(), a secret that is shorter than
///         32 bytes or that others may read, an address without a secret, a contact that is none,
///         push hosts without a contact unavailable: the file cannot be read
[[nodiscard]] Result<SecondWayConfig> read_second_way(const std::filesystem::path& file);

} // namespace vigil::ward
