// What every program of a cluster is told in the same words: flag, then environment, then default.
#pragma once

#include "base/error.hpp"
#include "base/log.hpp"
#include "journal/nats/nats_journal.hpp"
#include "process/servers.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace vigil::process {

struct ClusterConfig {
    ServersConfig servers{.address = "0.0.0.0", .port = 5000, .monitor_port = 9090, .threads = 1};
    std::chrono::milliseconds drain{10'000};
    std::string log_level = "info";
    std::string name; // of this instance; empty: the host's
    std::filesystem::path secret_file;
    /// How long the journal, and what else is needed at the start, is waited for.
    std::chrono::milliseconds patience{60'000};
    journal::NatsJournalOptions journal;
};

/// Adds the flags; their values land in `config`, which lives as long as `app`.
void add_options(CLI::App& app, ClusterConfig& config);

/// Every fault, one sentence each; empty when it is right.
[[nodiscard]] std::vector<std::string> faults_of(const ClusterConfig& config);

[[nodiscard]] std::optional<LogLevel> log_level_of(const std::string& word);

} // namespace vigil::process
