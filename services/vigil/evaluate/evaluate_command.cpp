#include "vigil/evaluate/evaluate_command.hpp"

#include "recordings/recording_file.hpp"
#include "vigil/evaluate/ecg_run.hpp"
#include "vigil/evaluate/evaluate_options.hpp"
#include "vigil/evaluate/models.hpp"
#include "vigil/evaluate/progress.hpp"
#include "vigil/evaluate/run.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <iostream>
#include <memory>

namespace vigil::evaluate {

namespace {

constexpr int done = 0;
constexpr int incomplete = 1;
constexpr int unusable = 2;
constexpr std::uintmax_t largest_results = std::uintmax_t{256} << 20;

int wrong(const Error& error) {
    std::cerr << "vigil evaluate: " << error.detail
              << (error.field.empty() ? "" : " (--" + error.field + ")") << '\n';
    return unusable;
}

/// One recording to one table, as the benchmark's container is called.
int szcore(const Arguments& arguments) {
    const auto options = score_options(arguments, arguments.model);
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
    auto score = score_options(arguments, model_name);
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

} // namespace

void add_evaluate_command(CLI::App& app, int& status, const std::filesystem::path& models) {
    auto arguments = std::make_shared<Arguments>();
    arguments->options.models = models;
    auto* command = app.add_subcommand(
        "evaluate",
        "Measure a detector against marked seizures, by SzCORE's rules, or against beats, by EC57's"
    );
    add_options(*command, *arguments);
    command->callback([arguments, &status] { status = evaluate(*arguments); });
}

} // namespace vigil::evaluate
