#include "vigil/config.hpp"

#include "access/directory.hpp"
#include "process/limits.hpp"
#include "ward/second_way_config.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <format>

namespace vigil {

namespace {

template <class Value>
CLI::Option* option(
    CLI::App& command,
    const std::string& flag,
    Value& value,
    const std::string& variable,
    const std::string& help
) {
    return command.add_option(flag, value, help)->envname(variable)->capture_default_str();
}

void add_server_options(CLI::App& command, ServeConfig& config) {
    option(
        command,
        "--state",
        config.state,
        "VIGIL_STATE",
        "Folder of the journal, the store and the installation's secret"
    );
    option(
        command,
        "--address",
        config.address,
        "VIGIL_ADDRESS",
        "Address to listen on; 0.0.0.0 for all"
    );
    option(
        command,
        "--port",
        config.port,
        "VIGIL_PORT",
        "Port of pages and devices; 0 takes a free one"
    );
    option(
        command,
        "--monitor-port",
        config.monitor_port,
        "VIGIL_MONITOR_PORT",
        "Port of /livez, /readyz and /metrics; 0 takes a free one"
    );
    option(command, "--threads", config.threads, "VIGIL_THREADS", "Threads that serve connections");
    command
        .add_flag(
            "--secure-cookie",
            config.secure_cookie,
            "Staff cookies only over TLS (behind a proxy that ends it)"
        )
        ->envname("VIGIL_SECURE_COOKIE");
    option(
        command,
        "--log-level",
        config.log_level,
        "VIGIL_LOG_LEVEL",
        "debug, info, warning or error"
    );
}

void add_model_options(CLI::App& command, ServeConfig& config) {
    command
        .add_option(
            "--models",
            config.models,
            "Folder of models that patients may be assigned, as `make models` leaves it"
        )
        ->envname("VIGIL_MODELS");
}

void add_play_options(CLI::App& command, ServeConfig& config) {
    option(
        command,
        "--play",
        config.play,
        "VIGIL_PLAY",
        "Play \"synthetic\" patients or the recordings of a folder through the intake"
    );
    option(command, "--start", config.start_s, "VIGIL_START", "Seconds into each played recording");
    option(
        command,
        "--seizure-after",
        config.seizure_after_s,
        "VIGIL_SEIZURE_AFTER",
        "Seconds until the first synthetic seizure"
    );
}

void add_watch_options(CLI::App& command, ServeConfig& config) {
    command
        .add_option(
            "--second-way",
            config.second_way,
            "File that says where unconfirmed and unanswered alarms are called to, and who outside "
            "watches (docs/alarms.md)"
        )
        ->envname("VIGIL_SECOND_WAY");
    command
        .add_flag(
            "--test-patient",
            config.test_patient,
            "A built-in patient, marked TEST, has a seizure now and then: it tries the whole chain"
        )
        ->envname("VIGIL_TEST_PATIENT");
    option(
        command,
        "--test-every",
        config.test_every_s,
        "VIGIL_TEST_EVERY",
        "Seconds from one seizure of the test patient to the next"
    );
}

void add_legacy_options(CLI::App& command, ServeConfig& config) {
    option(
        command,
        "--legacy-open",
        config.legacy_open,
        "VIGIL_LEGACY_OPEN",
        "Old routes to open, by name: eeg, heartbeat, lists, page-lists, adds"
    )
        ->delimiter(',');
    option(
        command,
        "--legacy-senders",
        config.legacy_senders,
        "VIGIL_LEGACY_SENDERS",
        "Patients that old senders may write without a key"
    )
        ->delimiter(',');
    option(
        command,
        "--legacy-heart",
        config.legacy_heart,
        "VIGIL_LEGACY_HEART",
        "The patient whose heart the old heart route brings"
    );
    option(
        command,
        "--legacy-zone",
        config.legacy_zone,
        "VIGIL_LEGACY_ZONE",
        "IANA time zone of old senders' local times"
    );
}

void add_slot_options(CLI::App& command, ServeConfig& config) {
    const auto slots =
        [&](const char* flag, std::size_t& value, const char* variable, const std::string& whose) {
            option(
                command,
                flag,
                value,
                variable,
                "Requests that each route of " + whose +
                    " holds at once; the next is refused with 503"
            );
        };
    slots("--intake-slots", config.intake_slots, "VIGIL_INTAKE_SLOTS", "the devices under /v1");
    slots("--legacy-slots", config.legacy_slots, "VIGIL_LEGACY_SLOTS", "the old senders");
    slots("--predict-slots", config.predict_slots, "VIGIL_PREDICT_SLOTS", "POST /predict");
    slots("--query-slots", config.query_slots, "VIGIL_QUERY_SLOTS", "the questions to records");
}

void add_journal_options(CLI::App& command, ServeConfig& config) {
    option(
        command,
        "--queue-entries",
        config.queue_entries,
        "VIGIL_QUEUE_ENTRIES",
        "Entries that may wait for the journal; more get 503"
    );
    option(
        command,
        "--segment-mib",
        config.segment_mib,
        "VIGIL_SEGMENT_MIB",
        "Size of a journal segment in MiB"
    );
    command
        .add_option(
            "--keep-journal",
            config.keep_journal,
            "Hours that the journal is kept after the store has it"
        )
        ->envname("VIGIL_KEEP_JOURNAL")
        ->type_name("HOURS")
        ->default_str("24");
}

void add_deadline_options(CLI::App& command, ServeConfig& config) {
    command
        .add_option(
            "--score-deadline",
            config.score_deadline,
            "Milliseconds that an old sender waits for its score"
        )
        ->envname("VIGIL_SCORE_DEADLINE")
        ->type_name("MS")
        ->default_str("2000");
    command
        .add_option("--drain", config.drain, "Milliseconds for what is in flight when told to stop")
        ->envname("VIGIL_DRAIN")
        ->type_name("MS")
        ->default_str("10000");
}

} // namespace

void add_options(CLI::App& command, ServeConfig& config) {
    add_server_options(command, config);
    add_play_options(command, config);
    add_watch_options(command, config);
    add_model_options(command, config);
    add_legacy_options(command, config);
    add_slot_options(command, config);
    add_journal_options(command, config);
    add_deadline_options(command, config);
    command.add_flag(
        "--check-config",
        config.check_only,
        "Say what is wrong with the configuration, or nothing, and exit"
    );
    command.footer(
        "Examples:\n"
        "  vigil serve --play synthetic                 six synthetic patients on "
        "http://127.0.0.1:8080\n"
        "  vigil serve --play recordings --start 2985   each file of the folder is a patient\n"
        "  vigil serve --legacy-open eeg,lists --legacy-senders p1,p2 --legacy-zone Europe/Berlin"
    );
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

namespace {

void check_slots(const ServeConfig& config, std::vector<std::string>& faults) {
    using namespace process;
    process::check_slots(faults, "--intake-slots", config.intake_slots, most_intake_slots);
    process::check_slots(faults, "--legacy-slots", config.legacy_slots, most_legacy_slots);
    process::check_slots(faults, "--predict-slots", config.predict_slots, most_predict_slots);
    process::check_slots(faults, "--query-slots", config.query_slots, most_query_slots);
}

} // namespace

std::vector<std::string> faults_of(const ServeConfig& config) {
    std::vector<std::string> faults;
    const auto require = [&](bool holds, std::string sentence) {
        if (!holds) {
            faults.push_back(std::move(sentence));
        }
    };
    check_slots(config, faults);
    std::error_code failed;
    require(config.threads >= 1 && config.threads <= 64, "--threads must be 1 to 64.");
    require(
        config.port == 0 || config.port != config.monitor_port,
        "--port and --monitor-port must differ."
    );
    require(
        log_level_of(config.log_level).has_value(),
        "--log-level must be debug, info, warning or error."
    );
    require(
        config.play.empty() || config.play == "synthetic" ||
            std::filesystem::is_directory(config.play, failed),
        std::format("--play must be \"synthetic\" or a folder; there is no folder {}.", config.play)
    );
    require(
        config.models.empty() || std::filesystem::is_directory(config.models, failed),
        std::format("--models: there is no folder {}.", config.models.string())
    );
    require(
        config.test_every_s >= 90 && config.test_every_s <= 86'400,
        "--test-every must be 90 to 86400: the test patient rests between seizures."
    );
    if (!config.second_way.empty()) {
        if (const auto read = ward::read_second_way(config.second_way); !read) {
            faults.push_back("--second-way: " + read.error().detail);
        }
    }
    require(config.start_s >= 0, "--start must be 0 or more.");
    require(
        config.queue_entries >= 50'000 && config.queue_entries <= 1'000'000,
        "--queue-entries must be 50000 (one health export) to 1000000."
    );
    require(
        config.segment_mib >= 1 && config.segment_mib <= 4096,
        "--segment-mib must be 1 to 4096."
    );
    require(config.keep_journal.count() >= 0, "--keep-journal must be 0 or more.");
    process::check_legacy_open(faults, config.legacy_open);
    for (const auto& patient : config.legacy_senders) {
        require(
            access::is_patient_id(patient),
            std::format("--legacy-senders: \"{}\" is not a patient id.", patient)
        );
    }
    require(
        config.legacy_heart.empty() || access::is_patient_id(config.legacy_heart),
        "--legacy-heart is not a patient id."
    );
    try {
        static_cast<void>(std::chrono::locate_zone(config.legacy_zone));
    } catch (const std::runtime_error&) {
        faults.push_back(std::format("--legacy-zone: there is no time zone {}.", config.legacy_zone)
        );
    }
    return faults;
}

} // namespace vigil
