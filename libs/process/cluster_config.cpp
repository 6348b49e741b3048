#include "process/cluster_config.hpp"

#include "process/options.hpp"

namespace vigil::process {

namespace {

void add_server_options(CLI::App& app, ClusterConfig& config) {
    auto& servers = config.servers;
    option(app, "--address", servers.address, "Address to listen on; 0.0.0.0 for all");
    option(app, "--port", servers.port, "Port of this program's routes; 0 takes a free one");
    option(
        app,
        "--monitor-port",
        servers.monitor_port,
        "Port of /livez, /readyz and /metrics; 0 takes a free one"
    );
    option(app, "--threads", servers.threads, "Threads that serve connections");
    app.add_option(
           "--drain-ms",
           config.drain,
           "Milliseconds for what is in flight when told to stop"
    )
        ->envname("VIGIL_DRAIN_MS")
        ->type_name("MS")
        ->default_str("10000");
    option(app, "--log-level", config.log_level, "debug, info, warning or error");
    option(app, "--name", config.name, "Name of this instance; else the host's");
    option(
        app,
        "--secret-file",
        config.secret_file,
        "File with the installation's 32 bytes, the same for every program; never made here"
    );
}

void add_journal_options(CLI::App& app, ClusterConfig& config) {
    auto& journal = config.journal;
    option(
        app,
        "--journal",
        journal.servers,
        "The journal's NATS servers: nats://a:4222,nats://b:4222"
    )
        ->delimiter(',');
    option(app, "--journal-stream", journal.stream, "Name of the journal's stream");
    option(
        app,
        "--journal-replicas",
        journal.replicas,
        "Servers that keep each entry, of a stream that has to be made"
    );
    option(
        app,
        "--journal-max-bytes",
        journal.max_bytes,
        "Of the same: beyond, the journal is full; 0: the servers' disk decides"
    );
    option(app, "--journal-user", journal.user, "User at the journal's servers");
    option(
        app,
        "--journal-password-file",
        journal.password_file,
        "File whose first line is that user's password"
    );
    option(
        app,
        "--journal-ca",
        journal.ca,
        "Certificates that vouch for the journal's servers; where set, TLS is asked for"
    );
    option(app, "--journal-cert", journal.certificate, "This program's own certificate, with");
    option(app, "--journal-key", journal.key, "its key, where the servers ask for one");
}

} // namespace

void add_options(CLI::App& app, ClusterConfig& config) {
    add_server_options(app, config);
    add_journal_options(app, config);
}

std::optional<LogLevel> log_level_of(const std::string& word) {
    if (word == "debug")
        return LogLevel::debug;
    if (word == "info")
        return LogLevel::info;
    if (word == "warning")
        return LogLevel::warning;
    if (word == "error")
        return LogLevel::error;
    return std::nullopt;
}

std::vector<std::string> faults_of(const ClusterConfig& config) {
    std::vector<std::string> faults;
    const auto require = [&](bool holds, const char* sentence) {
        if (!holds) {
            faults.emplace_back(sentence);
        }
    };
    const auto& servers = config.servers;
    const auto& journal = config.journal;
    require(!journal.servers.empty(), "--journal is needed: where the journal's servers are.");
    require(!config.secret_file.empty(), "--secret-file is needed.");
    require(servers.threads >= 1 && servers.threads <= 64, "--threads must be 1 to 64.");
    require(
        servers.port == 0 || servers.port != servers.monitor_port,
        "--port and --monitor-port must differ."
    );
    require(
        log_level_of(config.log_level).has_value(),
        "--log-level must be debug, info, warning or error."
    );
    require(
        journal.replicas == 1 || journal.replicas == 3 || journal.replicas == 5,
        "--journal-replicas must be 1, 3 or 5."
    );
    require(
        !journal.stream.empty() && journal.stream.find_first_of(" .*>/\\") == std::string::npos,
        "--journal-stream must be one word without dots."
    );
    require(
        journal.password_file.empty() || !journal.user.empty(),
        "--journal-password-file is of a --journal-user."
    );
    require(
        journal.certificate.empty() == journal.key.empty(),
        "--journal-cert and --journal-key go together."
    );
    require(
        journal.certificate.empty() || !journal.ca.empty(),
        "--journal-cert is of TLS, which --journal-ca asks for."
    );
    return faults;
}

} // namespace vigil::process
