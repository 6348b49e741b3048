#include "vigil/evaluate/evaluate_options.hpp"

#include <CLI/CLI.hpp>

#include <cmath>
#include <format>

namespace vigil::evaluate {

namespace {

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
    const Thresholds usual;
    const auto live = thresholds_of("sladky-2022-live");
    command.add_option(
        "--high",
        arguments.high,
        std::format(
            "Score at which an event begins, 0 to 1; {:g}, of sladky-2022-live {:g}",
            usual.high,
            live.high
        )
    );
    command.add_option(
        "--low",
        arguments.low,
        std::format(
            "Score below which it ends after 10 s; {:g}, of sladky-2022-live {:g}",
            usual.low,
            live.low
        )
    );
    command.add_option("--smooth", arguments.smooth, "Scores whose mean decides")
        ->capture_default_str();
    command.add_option("--minimum", arguments.minimum_s, "Seconds that an event must last")
        ->capture_default_str();
}

void add_help(CLI::App& command) {
    command.footer(
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
}

} // namespace

Result<ScoreOptions> score_options(const Arguments& arguments, std::string_view model) {
    const auto own = thresholds_of(model);
    const double high = arguments.high.value_or(own.high);
    const double low = arguments.low.value_or(own.low);
    for (const auto& [score, field] : {std::pair{high, "high"}, std::pair{low, "low"}}) {
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
                .high_q16 = q16(high),
                .minimum_us = std::llround(arguments.minimum_s * 1e6),
                .low_q16 = q16(low),
            },
        .channels = arguments.channels,
    };
    if (auto checked = detect::check(options.parameters); !checked) {
        return std::unexpected(checked.error());
    }
    return options;
}

void add_options(CLI::App& command, Arguments& arguments) {
    add_help(command);
    add_inputs(command, arguments);
    add_outputs(command, arguments);
    add_model(command, arguments);
}

} // namespace vigil::evaluate
