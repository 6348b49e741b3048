#include "vigil/evaluate/evaluate_command.hpp"

#include "vigil/evaluate/ecg_run.hpp"
#include "vigil/evaluate/models.hpp"
#include "vigil/evaluate/progress.hpp"
#include "vigil/evaluate/run.hpp"
#include "vigil/recordings/recording_file.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <cmath>
#include <iostream>
#include <memory>

namespace vigil::evaluate {

namespace {

constexpr int done = 0;
constexpr int incomplete = 1;
constexpr int unusable = 2;
constexpr std::uintmax_t largest_results = std::uintmax_t{256} << 20;

struct Arguments {
    std::string recordings;
    std::string reference;
    std::string hypothesis;
    std::vector<std::string> szcore;
    std::string ecg;
    std::string noise_seeds;
    std::vector<std::string> channels;
    std::string write_events;
    std::string json;
    std::string html;
    std::string against;
    std::string model = std::string(model_names.front());
    ModelOptions options;
    double high = 0.5;
    double low = 0.25;
    unsigned smooth = 5;
    double minimum_s = 5;
    bool quiet = false;
};

int wrong(const Error& error) {
    std::cerr << "vigil evaluate: " << error.detail
              << (error.field.empty() ? "" : " (--" + error.field + ")") << '\n';
    return unusable;
}

Result<ScoreOptions> score_options(const Arguments& arguments) {
    for (const auto& [score, field] :
         {std::pair{arguments.high, "high"}, std::pair{arguments.low, "low"}}) {
        // written so that NaN is refused too
        if (!(score >= 0 && score <= 1)) {
            return fail(ErrorCode::invalid_argument, "a score lies between 0 and 1", field);
        }
    }
    if (!(arguments.minimum_s >= 0 && arguments.minimum_s <= 86'400)) {
        return fail(ErrorCode::invalid_argument, "0 to 86,400 seconds", "minimum");
    }
    const auto q16 = [](double score) {
        return static_cast<std::uint32_t>(std::lround(score * 65536));
    };
    ScoreOptions options{
        .parameters =
            {
                .smoothed_windows = arguments.smooth,
                .high_q16 = q16(arguments.high),
                .minimum_us = std::llround(arguments.minimum_s * 1e6),
                .low_q16 = q16(arguments.low),
            },
        .channels = arguments.channels,
    };
    if (auto checked = detect::check(options.parameters); !checked) {
        return std::unexpected(checked.error());
    }
    return options;
}

/// One recording to one table, as the benchmark's container is called.
int szcore(const Arguments& arguments) {
    const auto options = score_options(arguments);
    if (!options) {
        return wrong(options.error());
    }
    const auto recording = recordings::open_recording_file(arguments.szcore[0]);
    if (!recording) {
        return wrong(recording.error());
    }
    const auto model = open_model(arguments.model, arguments.options);
    if (!model) {
        return wrong(model.error());
    }
    Progress progress(std::cerr, ::isatty(STDERR_FILENO) == 1, arguments.quiet);
    const auto scored = score_recording(**recording, **model, *options, [&](double share) {
        progress.show(0, 1, (*recording)->info().name, share);
    });
    progress.end();
    if (!scored) {
        return wrong(scored.error());
    }
    const auto written =
        write_file(arguments.szcore[1], events_table(*scored, options->parameters));
    return written ? done : wrong(written.error());
}

Result<Results> results_of(
    const Arguments& arguments,
    const std::string& model_name,
    const std::string& write_events
) {
    auto score = score_options(arguments);
    if (!score) {
        return std::unexpected(score.error());
    }
    const auto model = open_model(model_name, arguments.options);
    if (!model) {
        return std::unexpected(model.error());
    }
    Progress progress(std::cerr, ::isatty(STDERR_FILENO) == 1, arguments.quiet);
    auto results = evaluate_recordings(
        {
            .recordings = arguments.recordings,
            .reference = arguments.reference.empty() ? arguments.recordings : arguments.reference,
            .write_events = write_events,
            .score = std::move(*score),
        },
        **model,
        [&progress](std::size_t number, std::size_t of, const std::string& name, double share) {
            progress.show(number, of, name, share);
        }
    );
    progress.end();
    return results;
}

/// What the candidate is compared with: another model over the same recordings, whose table is
/// printed, or the results that a file holds.
Result<EarlierResults> active_results(const Arguments& arguments) {
    if (is_model(arguments.against)) {
        auto results = results_of(arguments, arguments.against, {});
        if (!results) {
            return std::unexpected(results.error());
        }
        std::cout << results_table(*results) << '\n';
        return EarlierResults{results->detector, std::move(results->patients)};
    }
    auto results = recordings::read_file(arguments.against, largest_results).and_then(read_results);
    if (!results) {
        auto error = results.error();
        error.detail = arguments.against + ": " + error.detail;
        return std::unexpected(error);
    }
    return results;
}

/// Both forms to the files that were asked for; the worse of both statuses.
template <class Outcome>
int write_forms(
    const Arguments& arguments,
    const Outcome& results,
    std::string (*json)(const Outcome&),
    std::string (*html)(const Outcome&),
    int status
) {
    for (const auto& [file, form] :
         {std::pair{arguments.json, json}, std::pair{arguments.html, html}}) {
        if (file.empty()) {
            continue;
        }
        if (auto written = write_file(file, form(results)); !written) {
            wrong(written.error());
            status = std::max(status, incomplete);
        }
    }
    return status;
}

int ecg(const Arguments& arguments) {
    EcgOptions options{.folder = arguments.ecg, .channels = arguments.channels};
    if (!arguments.noise_seeds.empty()) {
        auto seeds = parse_seeds(arguments.noise_seeds);
        if (!seeds) {
            return wrong(seeds.error());
        }
        options.noise_seeds = std::move(*seeds);
    }
    Progress progress(std::cerr, ::isatty(STDERR_FILENO) == 1, arguments.quiet);
    const auto results = evaluate_ecg(
        options,
        [&progress](std::size_t number, std::size_t of, const std::string& name, double share) {
            progress.show(number, of, name, share);
        }
    );
    progress.end();
    if (!results) {
        return wrong(results.error());
    }
    std::cout << ecg_table(*results);
    const int status = results->left_out.empty() ? done : incomplete;
    return write_forms(arguments, *results, &ecg_json, &ecg_html, status);
}

int status_of(const Results& results) {
    if (results.gate && results.gate->outcome == GateOutcome::not_enough_data) {
        return unusable;
    }
    const bool failed = results.gate && results.gate->outcome != GateOutcome::passed;
    const bool complete = results.left_out.empty() && results.without_hypothesis.empty();
    return failed || !complete ? incomplete : done;
}

/// errors  invalid_argument: options that do not go together
Result<void> check_inputs(const Arguments& arguments) {
    const bool tables = !arguments.hypothesis.empty();
    if (arguments.recordings.empty() == !tables || (tables && arguments.reference.empty())) {
        return fail(
            ErrorCode::invalid_argument,
            "name a folder of recordings, or --hypothesis and --reference, or --szcore, or --ecg; "
            "see --help"
        );
    }
    if (is_model(arguments.against) && tables) {
        return fail(
            ErrorCode::invalid_argument,
            "tables are compared with a file of results; a model needs recordings",
            "against"
        );
    }
    for (const auto& name : {arguments.model, arguments.against}) {
        if (!arguments.against.empty() && !tables && is_model(name) && !could_run_live(name)) {
            return fail(
                ErrorCode::invalid_argument,
                name +
                    " knows here what comes after: the gate compares detectors as they would "
                    "run live",
                "against"
            );
        }
    }
    if (is_model(arguments.against) && arguments.against == arguments.model) {
        return fail(ErrorCode::invalid_argument, "a model is not compared with itself", "against");
    }
    return {};
}

int evaluate(const Arguments& arguments) {
    if (!arguments.szcore.empty()) {
        return szcore(arguments);
    }
    if (!arguments.ecg.empty()) {
        return ecg(arguments);
    }
    if (auto checked = check_inputs(arguments); !checked) {
        return wrong(checked.error());
    }
    // before hours of work, not after them
    Result<EarlierResults> active;
    if (!arguments.against.empty()) {
        active = active_results(arguments);
        if (!active) {
            return wrong(active.error());
        }
    }
    auto results = arguments.hypothesis.empty()
                       ? results_of(arguments, arguments.model, arguments.write_events)
                       : evaluate_tables(arguments.hypothesis, arguments.reference);
    if (!results) {
        return wrong(results.error());
    }
    if (!arguments.against.empty()) {
        auto judged = gate(results->patients, active->patients);
        if (!judged) {
            return wrong(judged.error());
        }
        results->gate = std::move(*judged);
        results->active = active->detector;
    }
    std::cout << results_table(*results);
    return write_forms(arguments, *results, &results_json, &results_html, status_of(*results));
}

void add_inputs(CLI::App& command, Arguments& arguments) {
    command
        .add_option(
            "RECORDINGS",
            arguments.recordings,
            "Folder of recordings (.edf, .hea, .txt, .npy), such as a BIDS dataset"
        )
        ->check(CLI::ExistingDirectory);
    auto* reference = command
                          .add_option(
                              "--reference",
                              arguments.reference,
                              "Folder of the reference events, if not beside the recordings"
                          )
                          ->check(CLI::ExistingDirectory);
    command
        .add_option(
            "--hypothesis",
            arguments.hypothesis,
            "Folder of event tables of any detector, instead of recordings"
        )
        ->check(CLI::ExistingDirectory)
        ->needs(reference);
    command
        .add_option(
            "--szcore",
            arguments.szcore,
            "Write the events of one recording as SzCORE takes them: IN.edf OUT.tsv"
        )
        ->expected(2);
    auto* ecg = command
                    .add_option(
                        "--ecg",
                        arguments.ecg,
                        "Folder of electrocardiograms (.hea, .edf) with reference beats (.atr): "
                        "measure the beat detector instead"
                    )
                    ->check(CLI::ExistingDirectory)
                    ->excludes("RECORDINGS")
                    ->excludes("--hypothesis")
                    ->excludes("--szcore");
    command
        .add_option(
            "--noise-seeds",
            arguments.noise_seeds,
            "With --ecg: each record again with generated noise at 12, 6 and 0 dB; FIRST-LAST"
        )
        ->needs(ecg);
}

void add_outputs(CLI::App& command, Arguments& arguments) {
    command.add_option("--json", arguments.json, "Write the results as JSON to this file");
    command.add_option("--html", arguments.html, "Write a report with plots to this file");
    command
        .add_option(
            "--write-events",
            arguments.write_events,
            "Write each recording's events as a table below this folder"
        )
        ->excludes("--ecg");
    command
        .add_option(
            "--against",
            arguments.against,
            "Gate: the active model's name, or its JSON results on the same recordings"
        )
        ->excludes("--ecg");
    command.add_flag("--quiet", arguments.quiet, "No progress");
}

void add_model(CLI::App& command, Arguments& arguments) {
    command.add_option("--model", arguments.model, "The detector")
        ->check(CLI::IsMember(std::vector<std::string>(model_names.begin(), model_names.end())))
        ->capture_default_str()
        ->excludes("--ecg");
    command
        .add_option(
            "--models",
            arguments.options.models,
            "Folder of the models that `make models` fetched"
        )
        ->envname("VIGIL_MODELS")
        ->capture_default_str();
    command
        .add_option(
            "--lag",
            arguments.options.lag_s,
            "Seconds that sladky-2022-live waits, 0 to 20"
        )
        ->capture_default_str();
    command.add_option("--channels", arguments.channels, "Labels of the channels to score; all")
        ->delimiter(',')
        ->allow_extra_args(false);
    command.add_option("--high", arguments.high, "Score at which an event begins, 0 to 1")
        ->capture_default_str();
    command.add_option("--low", arguments.low, "Score below which it ends after 10 s")
        ->capture_default_str();
    command.add_option("--smooth", arguments.smooth, "Scores whose mean decides")
        ->capture_default_str();
    command.add_option("--minimum", arguments.minimum_s, "Seconds that an event must last")
        ->capture_default_str();
}

} // namespace

void add_evaluate_command(CLI::App& app, int& status, const std::filesystem::path& models) {
    auto arguments = std::make_shared<Arguments>();
    arguments->options.models = models;
    auto* command = app.add_subcommand(
        "evaluate",
        "Measure a detector against marked seizures, by SzCORE's rules, or against beats, by EC57's"
    );
    command->footer(
        "The reference of a recording X.edf is X_events.tsv or X.tsv (HED-SCORE; BIDS: without the "
        "_eeg of the name), or its entry in a *-summary.txt (CHB-MIT). A recording without one is "
        "named and left out.\n"
        "Exit status: 0 all evaluated, and the gate passed; 1 something left out or missing, or "
        "the "
        "gate failed; 2 wrong usage, nothing evaluated, or not enough data for the gate.\n"
        "Examples:\n"
        "  vigil evaluate bids/ --json results.json --html report.html\n"
        "  vigil evaluate chb-mit/ --high 0.7 --low 0.3\n"
        "  vigil evaluate --hypothesis detector-a/ --reference bids/      any detector's tables\n"
        "  vigil evaluate bids/ --model line-length                       the explainable "
        "baseline\n"
        "  vigil evaluate bids/ --against active.json                     may it be promoted?\n"
        "  vigil evaluate bids/ --model window-178 --against line-length  does it beat the "
        "baseline?\n"
        "  vigil evaluate --szcore recording.edf events.tsv\n"
        "  vigil evaluate --ecg mitdb/ --html report.html                 beats, by EC57's rules\n"
        "  vigil evaluate --ecg mitdb/ --noise-seeds 100-119              and with noise"
    );
    add_inputs(*command, *arguments);
    add_outputs(*command, *arguments);
    add_model(*command, *arguments);
    command->callback([arguments, &status] { status = evaluate(*arguments); });
}

} // namespace vigil::evaluate
