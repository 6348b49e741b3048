// The program records: wiring only.
#include "process/cluster_journal.hpp"
#include "process/limits.hpp"
#include "process/options.hpp"
#include "process/program.hpp"
#include "records/open_store.hpp"
#include "records/query_pool.hpp"
#include "records/routes.hpp"
#include "records/service.hpp"

#include <memory>

namespace {

using namespace vigil;

struct Config {
    records::StoreConfig store;
    std::size_t query_slots = 64;
    std::chrono::hours keep_journal{24};
    std::vector<std::string> readers{"detector", "ward"};
    std::vector<std::string> legacy_open;
};

/// In the order in which they are made: the last one ends first.
struct Parts {
    std::unique_ptr<store::Store> store;
    std::unique_ptr<records::Service> service;
    std::unique_ptr<records::QueryPool> queries;
};

void add_options(CLI::App& app, Config& config) {
    using process::option;
    option(
        app,
        "--store",
        config.store.place,
        "Where the records are kept: sqlite:FILE or mariadb://HOST:3306/DATABASE"
    );
    option(app, "--store-user", config.store.user, "User at the store");
    option(
        app,
        "--store-password-file",
        config.store.password_file,
        "File whose first line is that user's password"
    );
    option(
        app,
        "--store-migrate-user",
        config.store.migrate_user,
        "User that changes its tables, where a release asks for it"
    );
    option(
        app,
        "--store-migrate-password-file",
        config.store.migrate_password_file,
        "File whose first line is that user's password"
    );
    option(app, "--store-ca", config.store.ca, "Certificates that vouch for the store's server");
    option(app, "--query-slots", config.query_slots, "Requests that each question holds at once");
    app.add_option(
           "--keep-journal",
           config.keep_journal,
           "How long the journal is kept after the store has it: 24h"
    )
        ->envname("VIGIL_KEEP_JOURNAL")
        ->transform(std::function<std::string(std::string)>([](std::string hours) {
            if (hours.ends_with('h')) {
                hours.pop_back();
            }
            return hours;
        }))
        ->default_str("24h");
    option(
        app,
        "--readers",
        config.readers,
        "Readers without whose word nothing of the journal is freed"
    )
        ->delimiter(',');
    option(
        app,
        "--legacy-open",
        config.legacy_open,
        "Old routes to open, by name: lists, page-lists"
    )
        ->delimiter(',');
}

std::vector<std::string> faults_of(const Config& config) {
    std::vector<std::string> faults;
    process::check_slots(faults, "--query-slots", config.query_slots, process::most_query_slots);
    process::check_legacy_open(faults, config.legacy_open);
    if (const auto fault = records::fault_of(config.store)) {
        faults.push_back(*fault);
    }
    if (config.keep_journal.count() < 0) {
        faults.emplace_back("--keep-journal must be 0h or more.");
    }
    return faults;
}

Result<journal::Sequence> open_store(const Config& config, Log& log, Parts& parts) {
    auto opened = records::open_store(config.store, log);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    parts.store = *std::move(opened);
    return parts.store->position();
}

Result<void> keep(const Config& config, process::Ground& on, Parts& parts) {
    records::ServiceOptions keeping;
    keeping.keep_time = config.keep_journal;
    keeping.directory = &on.directory;
    keeping.floor = [&readers = on.readers, required = config.readers] {
        return journal::floor_of(readers, required);
    };
    return process::try_for(on.config.patience, on.stop, on.clock, [&]() -> Result<void> {
        parts.service = std::make_unique<records::Service>(
            on.journal,
            *parts.store,
            on.clock,
            on.log,
            on.metrics,
            keeping
        );
        return parts.service->start();
    });
}

records::LegacyOptions lists_of(const Config& config, process::Ground& on) {
    records::LegacyOptions lists;
    if (process::opens(on.log, config.legacy_open, "lists")) {
        lists.open.insert(
            {"/eeg_chunks/get_last_chunks_list", "/heartbeat_chunks/get_last_chunks_list"}
        );
    }
    if (process::opens(on.log, config.legacy_open, "page-lists")) {
        lists.open.insert({"/eeg_data", "/heartbeat_data"});
    }
    return lists;
}

Result<process::Service>
start(const Config& config, process::Ground& on, std::shared_ptr<Parts> parts) {
    if (auto kept = keep(config, on, *parts); !kept) {
        return std::unexpected(kept.error());
    }
    parts->queries = std::make_unique<records::QueryPool>();
    const records::RouteParts questions{
        .core = parts->service->core(),
        .store = *parts->store,
        .pool = *parts->queries,
        .directory = on.directory,
        .clock = on.clock,
        .slots = config.query_slots
    };
    process::Service service;
    records::add_routes(service.router, questions);
    records::add_legacy_routes(service.router, questions, lists_of(config, on));
    service.checks.push_back({.name = "store_writable", .holds = [&keeping = *parts->service] {
                                  return !keeping.failing();
                              }});
    service.parts = std::move(parts);
    return service;
}

} // namespace

int main(int argc, char** argv) {
    Config config;
    auto parts = std::make_shared<Parts>();
    return process::run(
        argc,
        argv,
        {.name = "records",
         .about = "Keeps what a cluster's journal holds in a store, and answers questions.",
         .makes_stream = true,
         .has_journal_up_to = [&](Log& log) { return open_store(config, log, *parts); },
         .add_options = [&](CLI::App& app) { add_options(app, config); },
         .faults = [&] { return faults_of(config); },
         .start = [&](process::Ground& on) { return start(config, on, std::move(parts)); }}
    );
}
