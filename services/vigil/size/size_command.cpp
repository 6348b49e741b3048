#include "vigil/size/size_command.hpp"

#include "vigil/size/answer.hpp"
#include "vigil/size/measured_load.hpp"
#include "vigil/size/model_tables.hpp"
#include "vigil/size/pulling_size.hpp"
#include "vigil/size/size_options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <format>
#include <fstream>
#include <memory>
#include <ostream>

namespace vigil::size {

namespace {

constexpr int answered = 0;
constexpr int no_answer = 1;
constexpr int unusable = 2;

int wrong(std::ostream& err, const Error& error) {
    err << "vigil size: " << error.detail << (error.field.empty() ? "" : " (--" + error.field + ")")
        << '\n';
    return error.code == ErrorCode::invalid_argument ? unusable : no_answer;
}

Result<std::vector<ServiceLoad>> loads_of(const Arguments& arguments) {
    if (arguments.services.empty()) {
        return std::vector{arguments.load};
    }
    std::vector<ServiceLoad> loads;
    for (const auto& text : arguments.services) {
        auto load = read_service(text);
        if (!load) {
            return std::unexpected(load.error());
        }
        loads.push_back(std::move(*load));
    }
    return loads;
}

Result<Answer> answer_for(const ServiceLoad& load, const Arguments& arguments) {
    auto size = size_service(load, arguments.sizing);
    if (!size) {
        return std::unexpected(size.error());
    }
    Answer answer{.size = std::move(*size)};
    if (!arguments.simulate) {
        return answer;
    }
    for (const auto& row : answer.size.rows) {
        if (row.pods != answer.size.needed.pods && arguments.sizing.pods != row.pods) {
            continue;
        }
        const auto simulated =
            simulate_service(answer.size.load, arguments.sizing, row, arguments.simulation);
        if (!simulated) {
            return std::unexpected(simulated.error());
        }
        answer.simulated.push_back(*simulated);
    }
    return answer;
}

/// What the log says of each service, sized for its busiest hour.
Result<std::vector<Answer>> answers_from_log(const Arguments& arguments, std::ostream& err) {
    std::ifstream file(arguments.access_log, std::ios::binary);
    if (!file) {
        return fail(
            ErrorCode::unavailable,
            std::format("{} cannot be read; is it there?", arguments.access_log),
            "access-log"
        );
    }
    const auto measured = measure_access_log(file);
    if (!measured) {
        return std::unexpected(measured.error());
    }
    for (const auto& sentence : measured->unmeasured) {
        err << "vigil size: " << sentence << '\n';
    }
    std::vector<Answer> answers;
    for (const auto& load : measured->loads) {
        auto service = arguments.load;
        service.name = load.service;
        service.service_s = load.service_s;
        service.arrivals_per_s = load.rate_per_s;
        const auto on_average = size_service(service, arguments.sizing);
        if (!on_average) {
            return std::unexpected(on_average.error());
        }
        service.arrivals_per_s = load.peak_per_s;
        auto at_peak = answer_for(service, arguments);
        if (!at_peak) {
            return std::unexpected(at_peak.error());
        }
        at_peak->measured = load;
        at_peak->average_pods = on_average->needed.pods;
        answers.push_back(std::move(*at_peak));
    }
    return answers;
}

Result<std::vector<Answer>> answers_for(const Arguments& arguments, std::ostream& err) {
    if (!arguments.access_log.empty()) {
        return answers_from_log(arguments, err);
    }
    const auto loads = loads_of(arguments);
    if (!loads) {
        return std::unexpected(loads.error());
    }
    std::vector<Answer> answers;
    for (const auto& load : *loads) {
        auto answer = answer_for(load, arguments);
        if (!answer) {
            return std::unexpected(answer.error());
        }
        answers.push_back(std::move(*answer));
    }
    return answers;
}

Result<void> write_chart(const std::string& file, const Answer& answer, const Sizing& sizing) {
    return blocking_chart(answer, sizing).and_then([&](const std::string& chart) -> Result<void> {
        std::ofstream out(file, std::ios::binary | std::ios::trunc);
        out << chart;
        out.close();
        if (!out) {
            return fail(
                ErrorCode::unavailable,
                std::format("{} cannot be written; is its folder there, and is there room?", file)
            );
        }
        return {};
    });
}

int size_pullers(const Arguments& arguments, std::ostream& out, std::ostream& err) {
    auto load = arguments.pulling;
    load.name = arguments.load.name;
    load.entries_per_s = arguments.load.arrivals_per_s;
    load.service_s = arguments.load.service_s;
    load.variation = arguments.simulation.variation;
    load.pods = arguments.pods > 0 ? std::optional(arguments.pods) : std::nullopt;
    const auto answer = size_pulling(load);
    if (!answer) {
        return wrong(err, answer.error());
    }
    out << (arguments.json ? pulling_json(*answer) : pulling_text(*answer));
    return answered;
}

int size_stream_holders(const Arguments& arguments, std::ostream& out, std::ostream& err) {
    auto load = arguments.streams;
    load.name = arguments.load.name;
    load.patients = arguments.pulling.patients;
    load.headroom = arguments.pulling.headroom;
    load.cores = arguments.load.cores > 0 ? arguments.load.cores : 1;
    const auto answer = size_streams(load);
    if (!answer) {
        return wrong(err, answer.error());
    }
    out << (arguments.json ? streams_json(*answer) : streams_text(*answer));
    return answered;
}

int size(Arguments arguments, std::ostream& out, std::ostream& err) {
    if (arguments.tables) {
        for (const auto& [title, markdown] : model_tables()) {
            out << title << "\n\n" << markdown << '\n';
        }
        return answered;
    }
    const bool refuses = arguments.kind == refusing;
    if (!refuses && (arguments.simulate || !arguments.svg.empty() || !arguments.services.empty())) {
        return wrong(
            err,
            {.code = ErrorCode::invalid_argument,
             .detail = "--simulate, --svg and --service are for services that refuse",
             .field = "kind"}
        );
    }
    if (!refuses) {
        return arguments.kind == pulling ? size_pullers(arguments, out, err)
                                         : size_stream_holders(arguments, out, err);
    }
    arguments.sizing.dispatch =
        std::ranges::find(queueing::dispatches, arguments.dispatch, &queueing::DispatchTraits::name)
            ->dispatch;
    arguments.sizing.pods = arguments.pods > 0 ? std::optional(arguments.pods) : std::nullopt;
    arguments.sizing.attempts =
        arguments.attempts > 0 ? std::optional(arguments.attempts) : std::nullopt;
    if (!arguments.svg.empty() &&
        (arguments.services.size() > 1 || !arguments.access_log.empty())) {
        return wrong(
            err,
            {.code = ErrorCode::invalid_argument,
             .detail = "a chart shows one service; size the others apart",
             .field = "svg"}
        );
    }
    const auto found = answers_for(arguments, err);
    if (!found) {
        return wrong(err, found.error());
    }
    const auto& answers = *found;
    if (!arguments.svg.empty()) {
        if (auto written = write_chart(arguments.svg, answers.front(), arguments.sizing);
            !written) {
            return wrong(err, written.error());
        }
    }
    if (arguments.json) {
        out << answers_json(answers, arguments.sizing);
        return answered;
    }
    for (const auto& answer : answers) {
        out << answer_text(answer, arguments.sizing);
    }
    return answered;
}

} // namespace

void add_size_command(CLI::App& app, int& status, std::ostream& out, std::ostream& err) {
    auto arguments = std::make_shared<Arguments>();
    auto* command = app.add_subcommand(
        "size",
        "How many pods a service needs, what they refuse, and what that assumes"
    );
    add_options(*command, *arguments);
    command->callback([arguments, &status, &out, &err] { status = size(*arguments, out, err); });
}

} // namespace vigil::size
