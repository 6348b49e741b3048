#include "process/program.hpp"

#include "access/authenticator.hpp"
#include "access/mounted_secret.hpp"
#include "base/version.hpp"
#include "process/cluster_journal.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <utility>

namespace vigil::process {

namespace {

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

/// All that lives between start and end, in the order in which it is made; `stop` ends it.
class Running {
public:
    Running(const Program& program, const ClusterConfig& config, Log& log, StopSignal& stop)
        : program_(program), config_(config), log_(log), stop_(stop) {}

    Result<void> start();
    void stop();

    [[nodiscard]] const Servers& servers() const { return *servers_; }

private:
    Result<void> find_ground();
    void follow();
    Result<void> serve();

    const Program& program_;
    const ClusterConfig& config_;
    Log& log_;
    StopSignal& stop_;
    SystemClock clock_;
    SystemRandom random_;
    Metrics metrics_;
    access::Secret secret_{};
    std::unique_ptr<journal::NatsJournal> journal_;
    std::unique_ptr<journal::Readers> readers_;
    access::Directory directory_;
    Service service_;
    std::unique_ptr<journal::Tail> tail_;
    std::unique_ptr<Servers> servers_;
};

Result<void> Running::find_ground() {
    auto secret = access::load_secret(config_.secret_file);
    if (!secret) {
        return std::unexpected(secret.error());
    }
    secret_ = *secret;
    auto options = config_.journal;
    options.name = program_.name + " " + config_.name;
    options.makes_stream = program_.makes_stream;
    const auto asked = try_for(config_.patience, stop_, clock_, [&]() -> Result<void> {
        const auto reaches = program_.has_journal_up_to(log_);
        if (!reaches) {
            return std::unexpected(reaches.error());
        }
        options.first = *reaches + 1;
        return {};
    });
    if (!asked) {
        return asked;
    }
    auto journal = open_cluster_journal(options, config_.patience, stop_, clock_, log_);
    if (!journal) {
        return std::unexpected(journal.error());
    }
    journal_ = *std::move(journal);
    return try_for(config_.patience, stop_, clock_, [this]() -> Result<void> {
        auto readers = journal_->readers();
        if (!readers) {
            return std::unexpected(readers.error());
        }
        readers_ = *std::move(readers);
        return directory_.load(*journal_);
    });
}

/// From before what the directory has, so that the service sees what it asks for; the directory
/// passes over what it knows.
void Running::follow() {
    const auto reaches = directory_.state()->reaches;
    const auto newest = journal_->newest();
    const auto back = newest > service_.reads_back ? newest - service_.reads_back : 0;
    const auto after = std::max(std::min(back, reaches), journal_->oldest() - 1);
    tail_ = std::make_unique<journal::Tail>(
        *journal_,
        after,
        [this](std::span<const journal::StoredPtr> entries) {
            directory_.apply(entries);
            if (service_.sink) {
                service_.sink(entries);
            }
        },
        log_,
        service_.pace
    );
}

Result<void> Running::serve() {
    servers_ = std::make_unique<Servers>(
        config_.servers,
        std::move(service_.router),
        access::make_authenticator(
            directory_,
            secret_,
            access::administrator_token(secret_),
            clock_
        ),
        clock_,
        log_,
        metrics_
    );
    std::vector<Check> checks{
        {.name = "journal_writable", .holds = [this] { return journal_->health().writable; }},
        {.name = "journal_stream_there", .holds = [this] { return journal_->stream_there(); }}
    };
    std::ranges::move(service_.checks, std::back_inserter(checks));
    // One whose tail was overtaken by what is freed would never learn of a revoked key again.
    return servers_->start(std::move(checks), [this] {
        return !journal_->lost() && tail_->reached() + 1 >= journal_->oldest();
    });
}

Result<void> Running::start() {
    if (auto found = find_ground(); !found) {
        return found;
    }
    Ground ground{
        .config = config_,
        .journal = *journal_,
        .readers = *readers_,
        .leases =
            [this](const std::string& bucket, std::chrono::milliseconds timeout) {
                return journal_->leases(bucket, timeout);
            },
        .directory = directory_,
        .secret = secret_,
        .clock = clock_,
        .random = random_,
        .log = log_,
        .metrics = metrics_,
        .stop = stop_
    };
    auto service = program_.start(ground);
    if (!service) {
        return std::unexpected(service.error());
    }
    service_ = *std::move(service);
    follow();
    return serve();
}

void Running::stop() {
    if (servers_) {
        servers_->drain(config_.drain);
    }
    servers_.reset();
    tail_.reset();
    service_.sink = {};
    service_.checks.clear();
    service_.parts.reset();
}

int serve(const Program& program, ClusterConfig config) {
    if (config.name.empty()) {
        config.name = host_name();
    }
    StopSignal stop;
    raise_descriptor_limit();
    Log log(program.name, program_version);
    log.level(*log_level_of(config.log_level));
    Running running(program, config, log, stop);
    const auto started = running.start();
    const bool was_stopped = stop.wait_for(std::chrono::milliseconds(0));
    if (!started && !was_stopped) {
        log.error("start_failed", started.error());
        std::cerr << program.name << ": " << started.error().detail << '\n';
    }
    if (started) {
        log.info(
            "started",
            {{"address", running.servers().base_url()}, {"monitor", running.servers().monitor_url()}
            }
        );
        const int signal = stop.wait();
        log.info("stopping", {{"signal", signal}});
    }
    running.stop();
    log.info("stopped");
    return started || was_stopped ? 0 : 1;
}

} // namespace

bool opens(Log& log, const std::vector<std::string>& legacy_open, const std::string& name) {
    const bool is_open = std::ranges::contains(legacy_open, name);
    if (is_open) {
        log.warning("door_open", {{"door", name}, {"without_key", true}});
    }
    return is_open;
}

int run(int argc, char** argv, const Program& program) {
    CLI::App app(program.about);
    app.name(program.name);
    app.set_version_flag("--version", program_version);
    app.get_formatter()->column_width(34);
    ClusterConfig config;
    add_options(app, config);
    program.add_options(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (const auto done = program.instead(config)) {
        return *done;
    }
    auto faults = faults_of(config);
    std::ranges::copy(program.faults(), std::back_inserter(faults));
    for (const auto& fault : faults) {
        std::cerr << program.name << ": " << fault << '\n';
    }
    return faults.empty() ? serve(program, std::move(config)) : 2;
}

} // namespace vigil::process
