// The program heart-intake: wiring only.
#include "heart_intake/routes.hpp"
#include "process/limits.hpp"
#include "process/options.hpp"
#include "process/program.hpp"

#include <memory>

namespace {

using namespace vigil;

/// As eeg-intake's: what is sent again after a restart is recognised so far back.
constexpr journal::Sequence reads_back = 20'000;

struct Config {
    std::size_t intake_slots = heart_intake::default_slots;
    std::size_t legacy_slots = process::most_legacy_slots;
    std::vector<std::string> legacy_open;
    std::string legacy_heart;
};

void add_options(CLI::App& app, Config& config) {
    using process::option;
    option(
        app,
        "--intake-slots",
        config.intake_slots,
        "Requests that each /v1 route holds at once"
    );
    option(
        app,
        "--legacy-slots",
        config.legacy_slots,
        "Requests that each old route holds at once"
    );
    option(app, "--legacy-open", config.legacy_open, "Old routes to open, by name: heartbeat, adds")
        ->delimiter(',');
    option(
        app,
        "--legacy-heart",
        config.legacy_heart,
        "The patient whose heart the old heart route brings"
    );
}

std::vector<std::string> faults_of(const Config& config) {
    std::vector<std::string> faults;
    process::check_slots(faults, "--intake-slots", config.intake_slots, process::most_intake_slots);
    process::check_slots(faults, "--legacy-slots", config.legacy_slots, process::most_legacy_slots);
    process::check_legacy_open(faults, config.legacy_open);
    if (!config.legacy_heart.empty() && !access::is_patient_id(config.legacy_heart)) {
        faults.emplace_back("--legacy-heart is not a patient id.");
    }
    return faults;
}

Result<process::Service> start(const Config& config, process::Ground& on) {
    auto intake = std::make_shared<heart_intake::HeartIntake>(
        heart_intake::Dependencies{on.journal, on.directory, on.clock, on.random, on.metrics}
    );
    const heart_intake::LegacyOptions legacy{
        .open_heart = process::opens(on.log, config.legacy_open, "heartbeat"),
        .open_adds = process::opens(on.log, config.legacy_open, "adds"),
        .patient_without_key = config.legacy_heart,
        .slots = config.legacy_slots
    };
    process::Service service;
    heart_intake::add_routes(service.router, *intake, config.intake_slots);
    heart_intake::add_legacy_routes(service.router, *intake, legacy);
    heart_intake::add_own_legacy_routes(service.router, *intake, legacy);
    service.sink = [&intake = *intake](std::span<const journal::StoredPtr> entries) {
        intake.apply(entries);
    };
    service.reads_back = reads_back;
    service.parts = std::move(intake);
    return service;
}

} // namespace

int main(int argc, char** argv) {
    Config config;
    return process::run(
        argc,
        argv,
        {.name = "heart-intake",
         .about = "Takes heart rates and beats into the journal of a cluster.",
         .add_options = [&](CLI::App& app) { add_options(app, config); },
         .faults = [&] { return faults_of(config); },
         .start = [&](process::Ground& on) { return start(config, on); }}
    );
}
