// The program ward: wiring only.
#include "access/mounted_secret.hpp"
#include "access/sign_in_link.hpp"
#include "process/away.hpp"
#include "process/options.hpp"
#include "process/program.hpp"
#include "ward/duty.hpp"
#include "ward/second_way_config.hpp"
#include "ward/ward.hpp"

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
    std::unique_ptr<journal::Leases> leases;
    std::unique_ptr<ward::Duty> duty;
    std::unique_ptr<ward::Ward> ward;
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

Result<process::Service> start(const Config& config, process::Ground& on) {
    auto parts = std::make_shared<Parts>();
    const auto name = journal::name_of_this_life(on.config.name);
    auto leases = on.leases(duty_bucket, lease_timeout);
    if (!leases) {
        return std::unexpected(leases.error());
    }
    parts->leases = *std::move(leases);
    parts->duty = std::make_unique<ward::Duty>(*parts->leases, on.clock, on.log, name);
    auto ward = ward::Ward::start(
        {on.journal, on.directory, on.secret, on.clock, on.random, on.log, on.metrics},
        {.secure_cookie = config.secure_cookie,
         .second_way = config.second_way,
         .test_patient = config.test_patient,
         .test_every = config.test_every,
         .name = name,
         .on_duty = [&duty = *parts->duty] { return duty.is_on(); }}
    );
    if (!ward) {
        return std::unexpected(ward.error());
    }
    parts->ward = *std::move(ward);
    parts->ward->send_test_data(config.intake);
    parts->report = std::make_unique<journal::ReaderReport>(
        on.readers,
        reader,
        [&ward = *parts->ward] { return ward.reached(); },
        on.log
    );
    process::Service service;
    parts->ward->add_routes(service.router);
    service.sink = [&ward = *parts->ward](std::span<const journal::StoredPtr> entries) {
        for (const auto& stored : entries) {
            ward.apply(stored->entry);
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
