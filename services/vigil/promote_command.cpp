#include "vigil/promote_command.hpp"

#include "detect/model_card.hpp"
#include "recordings/recording_file.hpp"
#include "vigil/administrator.hpp"
#include "vigil/evaluate/results.hpp"
#include "vigil/promote/promotion.hpp"

#include <CLI/CLI.hpp>
#include <pwd.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>

namespace vigil {

namespace {

constexpr std::uintmax_t largest_file = std::uintmax_t{256} << 20;

struct Arguments {
    Place place;
    std::string card;
    std::string file;
    std::string results;
    std::string against;
    std::string because;
    std::string decided_by;
};

int refused(const Error& error) {
    std::cerr << "vigil promote: " << error.detail
              << (error.field.empty() ? "" : " (" + error.field + ")") << '\n';
    return 1;
}

/// The account's name, where nobody else is named.
std::string account() {
    const auto* const entry = ::getpwuid(::getuid());
    return entry != nullptr && entry->pw_name != nullptr ? entry->pw_name : "unknown";
}

Result<PromotionFiles> read_files(const Arguments& arguments) {
    PromotionFiles files;
    for (const auto& [path, into] :
         {std::pair{&arguments.card, &files.card},
          {&arguments.results, &files.results},
          {&arguments.against, &files.active},
          {&arguments.file, &files.file}}) {
        if (path->empty()) {
            continue;
        }
        auto read = recordings::read_file(*path, largest_file);
        if (!read) {
            auto error = read.error();
            error.detail = *path + ": " + error.detail;
            return std::unexpected(error);
        }
        *into = std::move(*read);
    }
    return files;
}

int promote(const Arguments& arguments) {
    const auto files = read_files(arguments);
    if (!files) {
        return refused(files.error());
    }
    const auto judged = judge_promotion(*files);
    if (!judged) {
        return refused(judged.error());
    }
    std::cout << judged->detector << evaluate::gate_lines(judged->gate, judged->active);
    switch (judged->gate.outcome) {
        case evaluate::GateOutcome::failed:
            std::cerr << "vigil promote: the gate failed; nothing was recorded\n";
            return 1;
        case evaluate::GateOutcome::not_enough_data:
            std::cerr << "vigil promote: the gate has not enough data; nothing was recorded\n";
            return 2;
        case evaluate::GateOutcome::passed:
            break;
    }
    const auto by = arguments.decided_by.empty() ? account() : arguments.decided_by;
    return show(
        Administrator(arguments.place)
            .call(
                http::Verb::post,
                "/v1/admin/promotions",
                promotion_body(*judged, arguments.because, by)
            ),
        ""
    );
}

} // namespace

void add_promote_commands(CLI::App& app, int& status) {
    const auto arguments = std::make_shared<Arguments>();
    auto* command = app.add_subcommand(
        "promote",
        "Record that a model may take the place of another, where the gate lets it pass"
    );
    add_place(*command, arguments->place);
    command->add_option("CARD", arguments->card, "The candidate's card.json")
        ->required()
        ->check(CLI::ExistingFile);
    command->add_option("--results", arguments->results, "The candidate's results, as JSON")
        ->required()
        ->check(CLI::ExistingFile);
    command->add_option("--against", arguments->against, "Results of the active model, as JSON")
        ->required()
        ->check(CLI::ExistingFile);
    command->add_option("--because", arguments->because, "Why")->required();
    command->add_option("--by", arguments->decided_by, "Who decided; else the account's name");
    command->add_option("--file", arguments->file, "The network's file, where it has one")
        ->check(CLI::ExistingFile);
    command->footer(
        "Both results are made by `vigil evaluate RECORDINGS --model NAME --json FILE` on the same "
        "recordings; their figures are worked out anew from their events. It records, and changes "
        "no program.\n"
        "Exit status: 0 recorded; 1 the gate failed, or something was refused; 2 wrong usage, or "
        "not enough data for the gate.\n"
        "Example:\n  vigil promote models/m/card.json --file models/m/m.onnx --results m.json "
        "--against active.json --because \"fewer false alarms\""
    );
    command->callback([arguments, &status] { status = promote(*arguments); });
    auto* list = app.add_subcommand("promotions", "List the promotions, the oldest first");
    add_place(*list, arguments->place);
    list->callback([arguments, &status] {
        status = show(
            Administrator(arguments->place).call(http::Verb::get, "/v1/admin/promotions", ""),
            ""
        );
    });
}

} // namespace vigil
