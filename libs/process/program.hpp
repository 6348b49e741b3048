// A program of the cluster around its one service: flags, secret, journal, directory, two ports and
// an orderly end. Each service's main.cpp runs one.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "journal/nats/nats_journal.hpp"
#include "journal/readers.hpp"
#include "journal/tail.hpp"
#include "process/cluster_config.hpp"
#include "process/servers.hpp"
#include "process/stop_signal.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vigil::process {

/// What a service stands on. The directory is loaded and follows the journal.
struct Ground {
    const ClusterConfig& config;
    journal::Journal& journal;
    journal::Readers& readers;
    /// Leases in a bucket of the journal's servers. errors  unavailable
    std::function<Result<std::unique_ptr<
        journal::Leases>>(const std::string& bucket, std::chrono::milliseconds timeout)>
        leases;
    access::Directory& directory;
    const access::Secret& secret;
    const Clock& clock;
    Random& random;
    Log& log;
    Metrics& metrics;
    StopSignal& stop; // for what is waited for at the start: try_for()
};

/// What a service gives to its program.
struct Service {
    http::Router router{};
    std::vector<Check> checks{};      // for /readyz, beside the journal's
    journal::Tail::Sink sink{};       // gets the journal's tail, after the directory has
    journal::Sequence reads_back = 0; // entries before the newest that the sink gets too
    journal::Pace pace{};
    std::shared_ptr<void> parts{}; // ended last, when nothing calls it any more
};

struct Program {
    std::string name; // as in the cluster: "eeg-intake"
    std::string about;
    bool makes_stream = false; // one of them does
    /// How far what the program keeps has the journal, asked before the journal is opened: a stream
    /// that has to be made begins behind it. errors  those of where it is kept; it is asked again
    std::function<Result<journal::Sequence>(Log&)> has_journal_up_to = [](Log&) {
        return journal::Sequence{0};
    };
    std::function<void(CLI::App&)> add_options = [](CLI::App&) {};
    std::function<std::vector<std::string>()> faults = [] { return std::vector<std::string>(); };
    std::function<Result<Service>(Ground&)> start;
    /// Another thing to do in place of serving, such as a command: its exit status.
    std::function<std::optional<int>(const ClusterConfig&)> instead = [](const ClusterConfig&) {
        return std::nullopt;
    };
};

/// Whether --legacy-open has the name; the log says that a door is open.
[[nodiscard]] bool
opens(Log& log, const std::vector<std::string>& legacy_open, const std::string& name);

/// Runs until SIGTERM or SIGINT. Exit status: 0 stopped in order, 1 what it needs could not be had,
/// 2 wrong flags.
int run(int argc, char** argv, const Program& program);

} // namespace vigil::process
