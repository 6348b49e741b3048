#include "vigil/synthesise/synthesise_command.hpp"

#include "base/version.hpp"
#include "vigil/evaluate/progress.hpp"
#include "vigil/evaluate/results.hpp"
#include "vigil/synthesise/synthesise.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <format>
#include <iostream>
#include <memory>
#include <ranges>
#include <utility>

namespace vigil::synthesise {

namespace {

constexpr const char* referential = "referential";
constexpr const char* bipolar = "bipolar";

struct Arguments {
    SynthesisOptions options;
    double hours = 1;
    std::string montage = referential;
    std::string artefacts = "usual";
    bool quiet = false;
};

int wrong(const Error& error) {
    const auto option =
        error.field.empty() || error.field == "out" ? std::string() : " (--" + error.field + ")";
    std::cerr << "vigil synthesise: " << error.detail << option << '\n';
    return error.code == ErrorCode::unavailable ? 1 : 2;
}

std::unexpected<Error> wrong_artefacts(std::string detail) {
    return fail(ErrorCode::invalid_argument, std::move(detail), "artefacts");
}

std::string kinds() {
    std::string names;
    for (const auto& traits : signal::artefact_traits()) {
        names += (names.empty() ? "" : ", ") + std::string(traits.name);
    }
    return names;
}

int synthesise(const Arguments& arguments) {
    auto options = arguments.options;
    options.plan.duration_s = std::round(arguments.hours * 3600);
    options.plan.montage =
        arguments.montage == bipolar ? signal::Montage::bipolar : signal::Montage::referential;
    const auto artefacts = read_artefacts(arguments.artefacts);
    if (!artefacts) {
        return wrong(artefacts.error());
    }
    options.plan.artefacts.per_hour = artefacts->per_hour;
    evaluate::Progress progress(std::cerr, ::isatty(STDERR_FILENO) == 1, arguments.quiet);
    const auto summary = synthesise::synthesise(
        options,
        [&progress](std::size_t number, std::size_t of, const std::string& name, double share) {
            progress.show(number, of, name, share);
        }
    );
    progress.end();
    if (!summary) {
        return wrong(summary.error());
    }
    std::cout << std::format(
        "{}: {} of {:g} h, {}, {}, {:.1f} MB; synthetic: never for a claim of accuracy\n",
        options.out.string(),
        evaluate::counted(options.patients, "patient"),
        arguments.hours,
        evaluate::counted(summary->seizures, "seizure"),
        evaluate::counted(summary->artefacts, "artefact"),
        static_cast<double>(summary->bytes) / 1e6
    );
    return 0;
}

void add_options(CLI::App& command, Arguments& arguments) {
    auto& options = arguments.options;
    auto& plan = options.plan;
    command.add_option("OUT", options.out, "Folder to make; it must not be there")->required();
    command.add_option("--patients", options.patients, "How many, each with a focus of its own")
        ->capture_default_str();
    command.add_option("--hours", arguments.hours, "Of each patient")->capture_default_str();
    command
        .add_option(
            "--seizures",
            plan.seizures_per_hour,
            "An hour, rounded to a whole number over the recording; 0: none"
        )
        ->capture_default_str();
    command.add_option("--rate", plan.rate_hz, "Samples a second, 128 to 2048")
        ->capture_default_str();
    command.add_option("--montage", arguments.montage, "referential: 19 channels; bipolar: 18")
        ->check(CLI::IsMember({referential, bipolar}))
        ->capture_default_str();
    command
        .add_option(
            "--artefacts",
            arguments.artefacts,
            "usual, none, or kinds, each with its number an hour or as often as usual: " + kinds()
        )
        ->capture_default_str();
    command.add_option("--mains", plan.artefacts.mains_hz, "Hertz of the mains' hum")
        ->capture_default_str();
    command.add_option("--seed", plan.seed, "The same seed makes the same files")
        ->capture_default_str();
    command.add_flag("--quiet", arguments.quiet, "No progress, only the summary");
}

} // namespace

Result<signal::ArtefactPlan> read_artefacts(const std::string& text) {
    if (text == "usual") {
        return signal::usual_artefacts();
    }
    signal::ArtefactPlan plan;
    if (text == "none") {
        return plan;
    }
    if (text.empty()) {
        return wrong_artefacts("no kind of artefact is named; none is a word of its own");
    }
    std::array<bool, signal::artefact_kinds> named{};
    for (const auto part : std::views::split(text, ',')) {
        const std::string_view word(part);
        const auto equals = word.find('=');
        const auto name = word.substr(0, equals);
        const auto& all = signal::artefact_traits();
        const auto at = std::ranges::find(all, name, &signal::ArtefactTraits::name);
        if (at == all.end()) {
            return wrong_artefacts(
                std::format("\"{}\" is no kind of artefact; there are {}", name, kinds())
            );
        }
        const auto kind = static_cast<std::size_t>(at - all.begin());
        if (std::exchange(named[kind], true)) {
            return wrong_artefacts(std::format("\"{}\" is named twice", name));
        }
        plan.per_hour[kind] = at->usual_per_hour;
        if (equals != std::string_view::npos) {
            const auto number = word.substr(equals + 1);
            const auto* end = number.data() + number.size();
            const auto [stopped, failed] = std::from_chars(number.data(), end, plan.per_hour[kind]);
            if (failed != std::errc{} || stopped != end) {
                return wrong_artefacts(std::format("\"{}\" is no number an hour", number));
            }
        }
    }
    return plan;
}

void add_synthesise_command(CLI::App& app, int& status) {
    auto arguments = std::make_shared<Arguments>();
    arguments->options.version = program_version;
    auto* command = app.add_subcommand(
        "synthesise",
        "Make hours of synthetic EEG with seizures and artefacts, as a BIDS folder"
    );
    command->footer(
        "For tests, delay and load; never for training and never for a claim of accuracy: header, "
        "folder and every report say that it is synthetic.\n"
        "Seizures come from the Epileptor (Jirsa et al. 2014), and their marks from the state that "
        "it reached. X_events.tsv has the seizures, X_artefacts.tsv the artefacts.\n"
        "Exit status: 0 written, 1 the disk refused, 2 wrong usage.\n"
        "Examples:\n"
        "  vigil synthesise night --hours 8 --patients 4\n"
        "  vigil synthesise quiet --hours 24 --seizures 0 --artefacts none    for false alarms\n"
        "  vigil synthesise jaw --montage bipolar --artefacts chewing=60,blink\n"
        "  vigil evaluate night --html report.html"
    );
    add_options(*command, *arguments);
    command->callback([arguments, &status] { status = synthesise(*arguments); });
}

} // namespace vigil::synthesise
