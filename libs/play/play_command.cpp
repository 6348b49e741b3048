#include "play/play_command.hpp"

#include "play/play.hpp"
#include "play/progress.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <format>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

namespace vigil::play {

namespace {

std::atomic<int> signals_seen{0};
static_assert(std::atomic<int>::is_always_lock_free);

struct Arguments {
    PlayOptions options;
    std::string keys_file;
    double block_ms = 250;
    double drain_s = 60;
    double timeout_s = 10;
    double memory_mb = 64;
    double spool_mb = 4096;
    bool list = false;
    bool quiet = false;
};

int wrong(const Error& error) {
    std::cerr << "vigil play: " << error.detail
              << (error.field.empty() ? "" : " (--" + error.field + ")") << '\n';
    return 2;
}

/// Interrupted once, a run ends its streams; twice, it ends at once as the system does it.
class StopOnSignal {
public:
    StopOnSignal() {
        signals_seen = 0;
        for (const int signal : {SIGINT, SIGTERM}) {
            before_.push_back(std::signal(signal, [](int number) {
                ++signals_seen;
                std::signal(number, SIG_DFL);
            }));
        }
    }

    ~StopOnSignal() {
        std::signal(SIGINT, before_[0]);
        std::signal(SIGTERM, before_[1]);
    }

    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;

private:
    std::vector<void (*)(int)> before_;
};

double longest_s(const std::vector<PlayedPatient>& patients) {
    double longest = 0;
    for (const auto& patient : patients) {
        longest = std::max(
            longest,
            static_cast<double>(patient.source->length()) / patient.source->rate().hertz()
        );
    }
    return longest;
}

Result<void> take_keys(const Arguments& arguments, PlayOptions& options) {
    if (arguments.keys_file.empty()) {
        return {};
    }
    std::ifstream file(arguments.keys_file);
    if (!file) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("{} cannot be read", arguments.keys_file),
            "keys"
        );
    }
    auto keys = read_keys(file);
    if (!keys) {
        return std::unexpected(keys.error());
    }
    options.keys = std::move(*keys);
    return {};
}

int play_patients(
    const Arguments& arguments,
    const PlayOptions& options,
    std::vector<PlayedPatient> patients
) {
    const SystemClock clock;
    SystemRandom random;
    std::stop_source stop;
    const StopOnSignal signals;
    Progress progress(std::cerr, ::isatty(STDERR_FILENO) == 1);
    auto summary =
        run(options,
            std::move(patients),
            clock,
            random,
            stop.get_token(),
            [&](const PlaySummary& now) {
                if (signals_seen > 0) {
                    stop.request_stop();
                }
                if (!arguments.quiet) {
                    progress.show(now, clock.steady());
                }
            });
    progress.end();
    if (!summary) {
        return wrong(summary.error());
    }
    std::cout << summary_text(*summary);
    if (summary->waiting > 0 && !options.spool_folder.empty()) {
        std::cout << std::format(
            "what was not delivered waits in {} for the next run\n",
            options.spool_folder
        );
    }
    if (summary->set_aside > 0) {
        std::cout << std::format(
            "{} on which the server failed every time are kept in {}/*.aside; the next run tries "
            "them again\n",
            summary->set_aside,
            options.spool_folder
        );
    }
    return summary->exit_status();
}

int play(const Arguments& arguments) {
    auto options = arguments.options;
    std::vector<std::string> notes;
    auto patients = open_patients(options, notes);
    for (const auto& note : notes) {
        std::cerr << "vigil play: " << note << '\n';
    }
    if (!patients) {
        return wrong(patients.error());
    }
    if (arguments.list) {
        for (const auto& patient : *patients) {
            std::cout << patient.id << '\n';
        }
        return 0;
    }
    if (options.once && options.duration_s <= 0) {
        options.duration_s = longest_s(*patients);
    }
    if (auto taken = take_keys(arguments, options); !taken) {
        return wrong(taken.error());
    }
    return play_patients(arguments, options, std::move(*patients));
}

void add_source_options(CLI::App& command, PlayOptions& options) {
    command
        .add_option(
            "--recordings",
            options.recordings,
            "Folder to play, each file a patient: .edf, .hea, .txt, .npy"
        )
        ->check(CLI::ExistingDirectory);
    command.add_option("--start", options.start_s, "Seconds into each recording that is longer")
        ->check(CLI::NonNegativeNumber);
    command.add_flag(
        "--once",
        options.once,
        "End with the recordings; else they begin again as new streams"
    );
    static const std::map<std::string, v1::EegBlock::SignalKind> kinds{
        {"scalp", v1::EegBlock::SCALP},
        {"intracranial", v1::EegBlock::INTRACRANIAL}
    };
    static const std::map<std::string, v1::EegBlock::Reference> references{
        {"average", v1::EegBlock::AVERAGE},
        {"bipolar", v1::EegBlock::BIPOLAR},
        {"common", v1::EegBlock::COMMON}
    };
    command
        .add_option(
            "--signal-kind",
            options.signal_kind,
            "Where the electrodes are, said with every block: scalp or intracranial"
        )
        ->transform(CLI::Transformer(kinds));
    command
        .add_option(
            "--reference",
            options.reference,
            "What channels are measured against, said likewise: average, bipolar or common"
        )
        ->transform(CLI::Transformer(references));
    command.add_option("--patients", options.ward.patients, "Synthetic patients")
        ->capture_default_str();
    command
        .add_option(
            "--channels",
            options.ward.channels,
            "Channels of each synthetic patient; 0: 4 to 8"
        )
        ->capture_default_str();
    command.add_option("--seed", options.ward.seed, "Of the synthetic ward")->capture_default_str();
    command
        .add_option(
            "--first-seizure",
            options.ward.first_seizure_s,
            "Seconds until the first patient's seizure"
        )
        ->capture_default_str();
    command
        .add_option(
            "--seizure-every",
            options.ward.seizure_every_s,
            "Seconds between a patient's seizures, at least 90"
        )
        ->capture_default_str();
}

void add_pace_options(CLI::App& command, Arguments& arguments) {
    auto& options = arguments.options;
    command
        .add_option("--speed", options.speed, "Times real time; 0: as fast as the server takes it")
        ->capture_default_str();
    command
        .add_option(
            "--duration",
            options.duration_s,
            "Seconds of signal per patient; 0: until stopped"
        )
        ->capture_default_str();
    command.add_option("--block", arguments.block_ms, "Milliseconds in a block")
        ->capture_default_str();
    command
        .add_option(
            "--heart-every",
            options.heart_every_s,
            "Seconds between values of heart rate; 0: none"
        )
        ->capture_default_str();
}

void add_way_options(CLI::App& command, Arguments& arguments) {
    auto& options = arguments.options;
    command
        .add_option(
            "--to",
            options.url,
            "The intake's address; of https the system's certificates are believed, or those in "
            "the file that SSL_CERT_FILE names"
        )
        ->capture_default_str();
    command
        .add_option("--keys", arguments.keys_file, "File of device keys: lines of \"PATIENT KEY\"");
    command.add_flag("--websocket", options.websocket, "Send live blocks by WebSocket");
    command.add_flag(
        "--legacy",
        options.legacy,
        "Send as the old contract: POST /eeg and /heartbeat, times in UTC"
    );
    command
        .add_option(
            "--legacy-first-user",
            options.legacy_first_user,
            "fk_user of the first patient"
        )
        ->capture_default_str();
    command
        .add_option(
            "--connections",
            options.live_connections,
            "Of the live lane; 0: one a patient, at most 16"
        )
        ->capture_default_str();
    command
        .add_option("--backfill-connections", options.backfill_connections, "Of the backfill lane")
        ->capture_default_str();
}

void add_patience_options(CLI::App& command, Arguments& arguments) {
    auto& options = arguments.options;
    command.add_option(
        "--spool",
        options.spool_folder,
        "Folder for what memory has no room for while the server is away, and for what a run could "
        "not deliver; not encrypted, files of mode 0600"
    );
    command.add_option("--spool-mb", arguments.spool_mb, "Most of it in files")
        ->capture_default_str();
    command.add_option("--memory-mb", arguments.memory_mb, "Most of it in memory")
        ->capture_default_str();
    command.add_option("--timeout", arguments.timeout_s, "Seconds to wait for an answer")
        ->capture_default_str();
    command
        .add_option("--drain", arguments.drain_s, "Seconds to try what is undelivered at the end")
        ->capture_default_str();
}

void add_options(CLI::App& command, Arguments& arguments) {
    add_way_options(command, arguments);
    add_source_options(command, arguments.options);
    add_pace_options(command, arguments);
    add_patience_options(command, arguments);
    command.add_flag("--list", arguments.list, "Print the patients that would be played, and end");
    command.add_flag("--quiet", arguments.quiet, "No progress, only the summary");
}

} // namespace

Result<std::map<std::string, std::string>> read_keys(std::istream& lines) {
    std::map<std::string, std::string> keys;
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        std::istringstream words(line);
        std::string patient;
        std::string key;
        std::string more;
        words >> patient >> key >> more;
        if (patient.empty() || patient.starts_with('#')) {
            continue;
        }
        if (key.empty() || !more.empty() || !keys.emplace(patient, key).second) {
            return fail(
                ErrorCode::invalid_argument,
                std::format("line {} is not \"PATIENT KEY\", or names a patient again", number),
                "keys"
            );
        }
    }
    return keys;
}

void add_play_command(CLI::App& app, int& status) {
    auto arguments = std::make_shared<Arguments>();
    auto* command = app.add_subcommand("play", "Send recordings or a synthetic ward to an intake");
    command->footer(
        "Exit status: 0 all accepted, 1 something refused, set aside, lost or undelivered, 2 wrong "
        "usage.\n"
        "An item on which the server fails, while it takes others, is tried 8 times, then set "
        "aside: kept in the --spool folder for the next run, without one lost; the summary names "
        "it.\n"
        "Examples:\n"
        "  vigil play --list                                     patients of the synthetic ward\n"
        "  vigil play --keys keys.txt                            plays it in real time until "
        "Ctrl-C\n"
        "  vigil play --keys keys.txt --recordings eeg --start 2985 --once\n"
        "  vigil play --keys keys.txt --patients 100 --channels 23 --duration 60 --speed 0     for "
        "load\n"
        "  SSL_CERT_FILE=ca.crt vigil play --keys keys.txt --to https://realtime-data.com\n"
        "  vigil play --legacy --patients 64 --duration 60 --speed 0 --connections 64"
    );
    add_options(*command, *arguments);
    command->callback([arguments, &status] {
        using std::chrono::milliseconds;
        auto& options = arguments->options;
        options.block = milliseconds(std::llround(arguments->block_ms));
        options.timeout = milliseconds(std::llround(arguments->timeout_s * 1000));
        options.drain = milliseconds(std::llround(arguments->drain_s * 1000));
        options.memory_bytes = static_cast<std::size_t>(std::max(0.0, arguments->memory_mb) * 1e6);
        options.spool_bytes = static_cast<std::size_t>(std::max(0.0, arguments->spool_mb) * 1e6);
        status = play(*arguments);
    });
}

} // namespace vigil::play
