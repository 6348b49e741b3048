#include "journal/nats/connection.hpp"

#include <algorithm>
#include <cctype>
#include <format>
#include <fstream>
#include <utility>
#include <vector>

namespace vigil::journal::nats {

namespace {

constexpr std::int64_t reconnect_wait_ms = 100;
// A server that says nothing for three of them is taken for gone.
constexpr std::int64_t ping_interval_ms = 2'000;
constexpr int most_pings_out = 2;

std::string last_words() {
    const char* const words = nats_GetLastError(nullptr);
    return words == nullptr ? std::string() : std::string(words);
}

std::unexpected<Error> wrong_file(const std::filesystem::path& file, std::string why) {
    return fail(
        ErrorCode::invalid_argument,
        std::format("{} cannot be used for the journal's connection", file.string()),
        {},
        std::move(why)
    );
}

/// The first line: a file that an editor or `kubectl` made ends with one.
Result<std::string> read_password(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string password;
    if (!std::getline(in, password) || password.empty()) {
        return wrong_file(file, "nothing could be read");
    }
    return password;
}

Result<void> set_user(natsOptions* made, const NatsJournalOptions& options) {
    if (options.user.empty()) {
        return {};
    }
    std::string password;
    if (!options.password_file.empty()) {
        auto read = read_password(options.password_file);
        if (!read) {
            return std::unexpected(read.error());
        }
        password = *std::move(read);
    }
    if (const auto status = natsOptions_SetUserInfo(made, options.user.c_str(), password.c_str());
        status != NATS_OK) {
        return failed("user", status);
    }
    return {};
}

/// Whoever names a CA wants TLS: cnats then refuses a server without it, and checks its name.
Result<void> set_tls(natsOptions* made, const NatsJournalOptions& options) {
    if (options.ca.empty()) {
        return {};
    }
    if (natsOptions_SetSecure(made, true) != NATS_OK ||
        natsOptions_LoadCATrustedCertificates(made, options.ca.c_str()) != NATS_OK) {
        return wrong_file(options.ca, last_words());
    }
    if (!options.certificate.empty() &&
        natsOptions_LoadCertificatesChain(made, options.certificate.c_str(), options.key.c_str()) !=
            NATS_OK) {
        return wrong_file(options.certificate, last_words());
    }
    return {};
}

} // namespace

Result<Options> connection_options(const NatsJournalOptions& options) {
    natsOptions* made = nullptr;
    if (const auto status = natsOptions_Create(&made); status != NATS_OK) {
        return failed("options", status);
    }
    Options owner(made);
    std::vector<const char*> servers;
    for (const auto& server : options.servers) {
        servers.push_back(server.c_str());
    }
    if (const auto status =
            natsOptions_SetServers(made, servers.data(), static_cast<int>(servers.size()));
        status != NATS_OK) {
        return fail(
            ErrorCode::invalid_argument,
            "an address of the journal's servers is none",
            {},
            last_words()
        );
    }
    natsOptions_SetName(made, options.name.c_str());
    natsOptions_SetTimeout(made, options.request_timeout.count());
    natsOptions_SetMaxReconnect(made, -1);
    natsOptions_SetReconnectWait(made, reconnect_wait_ms);
    natsOptions_SetReconnectBufSize(made, 0); // the outbox publishes again by itself
    natsOptions_SetFailRequestsOnDisconnect(made, true);
    natsOptions_SetPingInterval(made, ping_interval_ms);
    natsOptions_SetMaxPingsOut(made, most_pings_out);
    return set_user(made, options).and_then([&] { return set_tls(made, options); }).transform([&] {
        return std::move(owner);
    });
}

Result<Connection> connect(natsOptions* options) {
    natsConnection* connected = nullptr;
    const auto status = natsConnection_Connect(&connected, options);
    if (status == NATS_OK) {
        return Connection(connected);
    }
    const auto words = last_words();
    const char* detail = "the journal's servers do not answer";
    if (status == NATS_CONNECTION_AUTH_FAILED) {
        detail = "the journal's servers refuse the user name, the password or the certificate";
    } else if (status == NATS_SSL_ERROR) {
        detail = "the journal's servers and the given certificates do not fit";
    } else if (status == NATS_SECURE_CONNECTION_REQUIRED ||
               status == NATS_SECURE_CONNECTION_WANTED) {
        detail = "of the journal and its servers one wants TLS and one has none";
    }
    return fail(
        ErrorCode::unavailable,
        detail,
        {},
        std::format("connect: {}: {}", natsStatus_GetText(status), words),
        Retry::safe
    );
}

std::string refused_subject(std::string_view words) {
    std::string lower(words);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    const auto begin = lower.find("permissions violation for publish to \"");
    if (begin == std::string::npos) {
        return {};
    }
    const auto first = words.find('"', begin) + 1;
    return std::string(words.substr(first, words.find('"', first) - first));
}

} // namespace vigil::journal::nats
