#include "ward/second_way_config.hpp"

#include "base/strict_json.hpp"
#include "http/outgoing.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <format>
#include <fstream>
#include <iterator>
#include <optional>

namespace vigil::ward {

namespace {

constexpr std::size_t least_secret = 32; // bytes

std::optional<std::string> text_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(in), {});
}

Result<std::string> secret_of(const std::filesystem::path& file) {
    const auto wrong = [&](std::string_view why) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("{} {}", file.string(), why),
            "webhook_secret_file"
        );
    };
    struct stat status{};
    auto text = text_of(file);
    if (!text || ::stat(file.c_str(), &status) != 0) {
        return wrong("cannot be read.");
    }
    if ((status.st_mode & 077U) != 0) {
        return wrong("may be read by others; run chmod 600 on it.");
    }
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) {
        text->pop_back();
    }
    if (text->size() < least_secret) {
        return wrong(std::format("holds under {} bytes.", least_secret));
    }
    return *std::move(text);
}

Result<void> check(const std::string& url, std::string_view member) {
    auto checked = url.empty() ? Result<void>() : http::check_url(url);
    if (!checked) {
        checked.error().field = member;
    }
    return checked;
}

/// What RFC 8292, section 2.1, lets "sub" be.
bool is_contact(const std::string& text) {
    const bool is_plain =
        text.size() <= 200 && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
    const auto at = text.find('@');
    const bool is_mail = text.starts_with("mailto:") && at != std::string::npos &&
                         at > std::string_view("mailto:").size() && at + 1 < text.size();
    return is_plain && (is_mail || (text.starts_with("https://") && http::check_url(text)));
}

Result<void> read_push(const json::FlatObject& asked, SecondWayConfig& config) {
    const auto contact = asked.text_or("push_contact", "");
    const auto names = asked.text_or("push_hosts", "");
    if (!contact || !names) {
        return std::unexpected(contact ? names.error() : contact.error());
    }
    if (!contact->empty() && !is_contact(*contact)) {
        return fail(
            ErrorCode::invalid_argument,
            "\"push_contact\" is whom a push service asks where something is wrong: write one such "
            "as "
            "mailto:ward@hospital.example or https://hospital.example/ward.",
            "push_contact"
        );
    }
    if (contact->empty() && !names->empty()) {
        return fail(
            ErrorCode::invalid_argument,
            "\"push_hosts\" does nothing without \"push_contact\".",
            "push_contact"
        );
    }
    auto hosts = PushHosts::read(names->empty() ? PushHosts::well_known : *names);
    if (!hosts) {
        return std::unexpected(hosts.error());
    }
    config.push_contact = *contact;
    config.push_hosts = *std::move(hosts);
    return {};
}

Result<SecondWayConfig>
config_of(const json::FlatObject& asked, const std::filesystem::path& folder) {
    const auto url = asked.text_or("webhook_url", "");
    const auto secret_file = asked.text_or("webhook_secret_file", "");
    const auto ca_file = asked.text_or("ca_file", "");
    const auto dead_man = asked.text_or("dead_man_url", "");
    const auto method = asked.text_or("dead_man_method", "GET");
    for (const auto* text : {&url, &secret_file, &ca_file, &dead_man, &method}) {
        if (!*text) {
            return std::unexpected(text->error());
        }
    }
    SecondWayConfig config{.webhook_url = *url, .dead_man_url = *dead_man};
    for (const auto& [address, member] :
         {std::pair(&config.webhook_url, "webhook_url"),
          std::pair(&config.dead_man_url, "dead_man_url")}) {
        if (auto checked = check(*address, member); !checked) {
            return std::unexpected(checked.error());
        }
    }
    if (*method != "GET" && *method != "POST") {
        return fail(
            ErrorCode::invalid_argument,
            "\"dead_man_method\" is GET or POST.",
            "dead_man_method"
        );
    }
    config.dead_man_verb = *method == "POST" ? http::Verb::post : http::Verb::get;
    if (auto push = read_push(asked, config); !push) {
        return std::unexpected(push.error());
    }
    config.ca_file = ca_file->empty() ? std::filesystem::path() : folder / *ca_file;
    if (!config.webhook_url.empty() || !secret_file->empty()) {
        if (config.webhook_url.empty() || secret_file->empty()) {
            return fail(
                ErrorCode::invalid_argument,
                "\"webhook_url\" and \"webhook_secret_file\" come together.",
                "webhook_secret_file"
            );
        }
        auto secret = secret_of(folder / *secret_file);
        if (!secret) {
            return std::unexpected(secret.error());
        }
        config.webhook_secret = *std::move(secret);
    }
    return config;
}

} // namespace

Result<SecondWayConfig> read_second_way(const std::filesystem::path& file) {
    auto text = text_of(file);
    if (!text) {
        return fail(ErrorCode::unavailable, std::format("{} cannot be read.", file.string()));
    }
    const auto asked = json::FlatObject::read(
        *std::move(text),
        {"webhook_url",
         "webhook_secret_file",
         "ca_file",
         "dead_man_url",
         "dead_man_method",
         "push_contact",
         "push_hosts"}
    );
    if (!asked) {
        return std::unexpected(asked.error());
    }
    return config_of(*asked, file.parent_path());
}

} // namespace vigil::ward
