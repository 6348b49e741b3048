// The program ward: wiring only.
#include "access/mounted_secret.hpp"
#include "access/sign_in_link.hpp"
#include "base/version.hpp"
#include "process/away.hpp"
#include "process/options.hpp"
#include "process/program.hpp"
#include "ward/chain_sender.hpp"
#include "ward/chain_trial.hpp"
#include "ward/duty.hpp"
#include "ward/push_way.hpp"
#include "ward/routes.hpp"
#include "ward/second_way_config.hpp"

#include <iostream>
#include <memory>

namespace {

using namespace vigil;

/// What `records` waits for before it frees the journal: see api/journal.md.
constexpr const char* reader = "ward";
/// Of the journal's servers: see api/journal.md.
constexpr const char* duty_bucket = "WARD";
constexpr std::chrono::milliseconds lease_timeout{2'000};

struct Config {
    bool secure_cookie = false;
    std::filesystem::path second_way; // empty: nowhere
    bool test_patient = false;
    std::chrono::seconds test_every{600};
    std::string intake = "http://eeg-intake";
    std::string page = "http://127.0.0.1:5000"; // as people open it; of what `link` prints
};

/// In the order in which they are made: the last one ends first.
struct Parts {
    std::string name; // of this process's life
    ward::SecondWayConfig where;
    std::unique_ptr<journal::Leases> leases;
    std::unique_ptr<ward::Duty> duty;
    std::unique_ptr<http::PushKey> push_key;
    std::unique_ptr<ward::HashQueue> hashes;
    std::unique_ptr<ward::StationBoard> stations;
    std::unique_ptr<ward::SecondWay> second_way;
    std::unique_ptr<ward::ChainTrial> chain_trial;
    std::unique_ptr<ward::ChainSender> chain_sender;
    std::unique_ptr<ward::LiveFeed> feed;
    std::unique_ptr<ward::SignIn> sign_in;
    std::unique_ptr<ward::StationDesk> station_desk;
    std::unique_ptr<ward::PersonGate> persons;
    std::unique_ptr<ward::SizingBoard> sizing;
    std::unique_ptr<ward::Administration> administration;
    std::unique_ptr<ward::AlarmDesk> alarm_desk;
    std::unique_ptr<ward::DeviceDesk> device_desk;
    std::unique_ptr<ward::MarkDesk> mark_desk;
    std::unique_ptr<ward::VideoDesk> video_desk;
    std::unique_ptr<ward::PushDesk> push_desk;
    std::unique_ptr<journal::ReaderReport> report;
};

/// Commands in place of serving the pages.
struct Asked {
    bool link = false;
    bool away = false;
};

void add_options(CLI::App& app, Config& config, Asked& asked) {
    using process::option;
    process::toggle(
        app,
        "--secure-cookie",
        config.secure_cookie,
        "Staff cookies only over TLS (behind a proxy that ends it)"
    );
    option(app, "--second-way", config.second_way, "File that says where alarms are called to");
    process::toggle(
        app,
        "--test-patient",
        config.test_patient,
        "Try the chain: a built-in patient's seizures, sent to --intake, are followed to a station"
    );
    app.add_option(
           "--test-every-s",
           config.test_every,
           "Seconds from one seizure of the test patient to the next"
    )
        ->envname("VIGIL_TEST_EVERY_S")
        ->default_str("600");
    option(app, "--intake", config.intake, "Where the test patient's data are sent");
    option(app, "--page", config.page, "Where people open the page: of the links that are printed");
    app.add_subcommand("link", "Print a one-time sign-in link for this ward, and end")
        ->fallthrough()
        ->callback([&asked] { asked.link = true; });
    app.add_subcommand(
           "away",
           "Answer everything with 503 and Retry-After, until stopped: for the entry of a cluster, "
           "where what was asked has no pod"
    )
        ->fallthrough()
        ->callback([&asked] { asked.away = true; });
}

std::vector<std::string> faults_of(const Config& config) {
    std::vector<std::string> faults;
    if (!config.second_way.empty()) {
        if (const auto read = ward::read_second_way(config.second_way); !read) {
            faults.push_back("--second-way: " + read.error().detail);
        }
    }
    if (config.test_every < std::chrono::seconds(90) ||
        config.test_every > std::chrono::seconds(86'400)) {
        faults.emplace_back("--test-every-s must be 90 to 86400.");
    }
    if (config.test_patient && !config.intake.starts_with("http://")) {
        faults.emplace_back("--intake must be http://HOST[:PORT].");
    }
    return faults;
}

int print_link(const Config& config, const process::ClusterConfig& cluster) {
    const auto secret = access::load_secret(cluster.secret_file);
    if (!secret) {
        std::cerr << "ward: " << secret.error().detail << '\n';
        return 1;
    }
    const SystemClock clock;
    SystemRandom random;
    std::cout << config.page
              << "/signin?token=" << access::make_sign_in_link(*secret, random, clock.utc())
              << '\n';
    return 0;
}

/// Which of several wards calls people and tries the chain.
Result<void> go_on_duty(process::Ground& on, Parts& parts) {
    auto leases = on.leases(duty_bucket, lease_timeout);
    if (!leases) {
        return std::unexpected(leases.error());
    }
    parts.leases = *std::move(leases);
    parts.duty = std::make_unique<ward::Duty>(*parts.leases, on.clock, on.log, parts.name);
    return {};
}

Result<void> start_calls(const Config& config, process::Ground& on, Parts& parts) {
    if (!config.second_way.empty()) {
        auto read = ward::read_second_way(config.second_way);
        if (!read) {
            return std::unexpected(read.error());
        }
        parts.where = *std::move(read);
    }
    auto key = ward::push_key(on.secret);
    if (!key) {
        return std::unexpected(key.error());
    }
    parts.push_key = std::make_unique<http::PushKey>(*std::move(key));
    if (parts.where.calls()) {
        ward::SecondWayOptions options;
        options.push_key = parts.push_key.get();
        options.on_duty = [&duty = *parts.duty] { return duty.is_on(); };
        auto started = ward::SecondWay::start(
            on.journal,
            on.directory,
            on.clock,
            on.random,
            on.log,
            on.metrics,
            parts.where,
            options
        );
        if (!started) {
            return std::unexpected(started.error());
        }
        parts.second_way = *std::move(started);
    }
    if (config.test_patient) {
        parts.chain_trial = std::make_unique<ward::ChainTrial>(
            on.journal,
            on.directory,
            on.clock,
            on.random,
            on.log,
            parts.where,
            ward::ChainTrialOptions{
                .every = config.test_every,
                .on_duty = [&duty = *parts.duty] { return duty.is_on(); }
            }
        );
        parts.chain_sender = std::make_unique<ward::ChainSender>(
            on.journal,
            on.directory,
            on.secret,
            on.clock,
            on.random,
            on.log,
            ward::ChainSenderOptions{
                .url = config.intake,
                .every = config.test_every,
                .on_duty = [&duty = *parts.duty] { return duty.is_on(); }
            }
        );
    }
    return {};
}

void make_feed(process::Ground& on, Parts& parts) {
    parts.feed = std::make_unique<ward::LiveFeed>(
        on.journal,
        on.directory,
        *parts.stations,
        on.clock,
        on.log,
        on.metrics,
        program_version
    );
    if (parts.second_way) {
        parts.feed->add_status([&calls = *parts.second_way](v1::LiveFrame& frame) {
            calls.show(frame);
        });
    }
    if (parts.chain_trial) {
        parts.feed->add_status([&trial = *parts.chain_trial](v1::LiveFrame& frame) {
            trial.show(frame);
        });
    }
}

void make_desks(const Config& config, process::Ground& on, Parts& parts) {
    auto& journal = on.journal;
    auto& directory = on.directory;
    const auto& secret = on.secret;
    const auto& clock = on.clock;
    auto& random = on.random;
    auto& log = on.log;
    parts.sign_in = std::make_unique<ward::SignIn>(
        journal,
        directory,
        secret,
        clock,
        random,
        log,
        *parts.hashes,
        ward::SignInOptions{.secure_cookie = config.secure_cookie}
    );
    parts.station_desk = std::make_unique<ward::StationDesk>(
        journal,
        directory,
        secret,
        clock,
        random,
        log,
        *parts.hashes,
        config.secure_cookie,
        parts.stations.get()
    );
    parts.persons = std::make_unique<ward::PersonGate>(directory, *parts.hashes, clock, log);
    parts.sizing = std::make_unique<ward::SizingBoard>(on.metrics, clock);
    parts.administration =
        std::make_unique<ward::Administration>(journal, directory, secret, clock, random, log);
    parts.alarm_desk = std::make_unique<ward::AlarmDesk>(journal, directory, clock, random, log);
    parts.device_desk =
        std::make_unique<ward::DeviceDesk>(journal, directory, secret, clock, random, log);
    parts.mark_desk = std::make_unique<ward::MarkDesk>(journal, directory, clock, random, log);
    parts.video_desk = std::make_unique<ward::VideoDesk>(journal, directory, clock, random, log);
    parts.push_desk = std::make_unique<ward::PushDesk>(
        journal,
        directory,
        *parts.push_key,
        parts.where,
        clock,
        random,
        log
    );
}

void add_routes(http::Router& router, Parts& parts) {
    ward::add_routes(
        router,
        {.feed = *parts.feed,
         .sign_in = *parts.sign_in,
         .administration = *parts.administration,
         .alarm_desk = *parts.alarm_desk,
         .device_desk = *parts.device_desk,
         .mark_desk = *parts.mark_desk,
         .stations = *parts.station_desk,
         .persons = *parts.persons,
         .sizing = *parts.sizing,
         .push_desk = *parts.push_desk,
         .video_desk = *parts.video_desk,
         .second_way = parts.second_way.get()}
    );
}

Result<process::Service> start(const Config& config, process::Ground& on) {
    auto parts = std::make_shared<Parts>();
    parts->hashes = std::make_unique<ward::HashQueue>();
    parts->name = journal::name_of_this_life(on.config.name);
    parts->stations = std::make_unique<ward::StationBoard>(
        on.journal,
        on.directory,
        on.clock,
        on.random,
        on.log,
        ward::StationBoardOptions{.ward = parts->name}
    );
    if (auto ready = go_on_duty(on, *parts); !ready) {
        return std::unexpected(ready.error());
    }
    if (auto started = start_calls(config, on, *parts); !started) {
        return std::unexpected(started.error());
    }
    make_feed(on, *parts);
    make_desks(config, on, *parts);
    // A ward that starts anew shows what comes from then on: only calls need what lies before.
    parts->report = std::make_unique<journal::ReaderReport>(
        on.readers,
        reader,
        [&parts = *parts] {
            return parts.second_way ? parts.second_way->reached() : parts.feed->reached();
        },
        on.log
    );
    process::Service service;
    add_routes(service.router, *parts);
    service.sink = [&stations = *parts->stations](std::span<const journal::StoredPtr> entries) {
        for (const auto& stored : entries) {
            stations.apply(stored->entry);
        }
    };
    service.parts = std::move(parts);
    return service;
}

} // namespace

int main(int argc, char** argv) {
    Config config;
    Asked asked;
    return process::run(
        argc,
        argv,
        {.name = "ward",
         .about = "The pages of a cluster: fed live, and where staff acts.",
         .add_options = [&](CLI::App& app) { add_options(app, config, asked); },
         .faults = [&] { return faults_of(config); },
         .start = [&](process::Ground& on) { return start(config, on); },
         .instead = [&](const process::ClusterConfig& cluster) -> std::optional<int> {
             if (asked.away) {
                 return process::serve_away(cluster);
             }
             return asked.link ? std::optional(print_link(config, cluster)) : std::nullopt;
         }}
    );
}
