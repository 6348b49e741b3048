// The program eeg-intake: wiring only.
#include "eeg_intake/routes.hpp"
#include "process/limits.hpp"
#include "process/options.hpp"
#include "process/program.hpp"

#include <memory>

namespace {

using namespace vigil;

/// How far back intake reads at its start, to recognise what is sent again after a restart; older
/// repeats are recognised by detector, records and ward.
constexpr journal::Sequence reads_back = 20'000;
constexpr journal::Pace between_answers{.pause = std::chrono::milliseconds(2), .enough = 32};

struct Config {
    std::size_t intake_slots = eeg_intake::default_slots;
    std::size_t legacy_slots = eeg_intake::max_waiting_answers;
    std::vector<std::string> legacy_open;
    std::vector<std::string> legacy_senders;
    std::string legacy_zone = "UTC";
    std::chrono::milliseconds score_deadline{2'000};
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
    option(app, "--legacy-open", config.legacy_open, "Old routes to open, by name: eeg, adds")
        ->delimiter(',');
    option(
        app,
        "--legacy-senders",
        config.legacy_senders,
        "Patients that old senders may write without a key"
    )
        ->delimiter(',');
    option(app, "--legacy-zone", config.legacy_zone, "IANA time zone of old senders' local times");
    app.add_option(
           "--score-deadline-ms",
           config.score_deadline,
           "Milliseconds that an old sender waits for its score"
    )
        ->envname("VIGIL_SCORE_DEADLINE_MS")
        ->default_str("2000");
}

std::vector<std::string> faults_of(const Config& config) {
    std::vector<std::string> faults;
    process::check_slots(faults, "--intake-slots", config.intake_slots, process::most_intake_slots);
    process::check_slots(faults, "--legacy-slots", config.legacy_slots, process::most_legacy_slots);
    process::check_legacy_open(faults, config.legacy_open);
    for (const auto& patient : config.legacy_senders) {
        if (!access::is_patient_id(patient)) {
            faults.push_back("--legacy-senders: \"" + patient + "\" is not a patient id.");
        }
    }
    if (!eeg_intake::LocalZone::named(config.legacy_zone)) {
        faults.push_back("--legacy-zone: there is no time zone " + config.legacy_zone + ".");
    }
    return faults;
}

Result<process::Service> start(const Config& config, process::Ground& on) {
    auto intake = std::make_shared<eeg_intake::EegIntake>(
        eeg_intake::Dependencies{on.journal, on.directory, on.clock, on.random, on.metrics}
    );
    intake->start();
    process::Service service;
    eeg_intake::add_routes(service.router, *intake, config.intake_slots);
    eeg_intake::add_legacy_routes(
        service.router,
        *intake,
        {.open_eeg = process::opens(on.log, config.legacy_open, "eeg"),
         .open_adds = process::opens(on.log, config.legacy_open, "adds"),
         .senders = {config.legacy_senders.begin(), config.legacy_senders.end()},
         .zone = eeg_intake::LocalZone::named(config.legacy_zone).value(), // faults_of() looked
         .wait = config.score_deadline,
         .slots = config.legacy_slots},
        {}
    );
    service.sink = [&intake = *intake](std::span<const journal::StoredPtr> entries) {
        intake.apply(entries);
    };
    service.reads_back = reads_back;
    service.pace = between_answers;
    service.parts = std::move(intake);
    return service;
}

} // namespace

int main(int argc, char** argv) {
    Config config;
    return process::run(
        argc,
        argv,
        {.name = "eeg-intake",
         .about = "Takes EEG blocks and old windows into the journal of a cluster.",
         .add_options = [&](CLI::App& app) { add_options(app, config); },
         .faults = [&] { return faults_of(config); },
         .start = [&](process::Ground& on) { return start(config, on); }}
    );
}
