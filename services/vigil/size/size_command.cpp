#include "vigil/size/size_command.hpp"

#include "vigil/size/answer.hpp"
#include "vigil/size/kustomize_patch.hpp"
#include "vigil/size/measured_answers.hpp"
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
        auto load = arguments.load;
        load.slots = arguments.slots.value_or(1);
        return std::vector{load};
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

bool measures(const Arguments& arguments) {
    return !arguments.access_log.empty() || !arguments.prometheus.empty();
}

Result<MeasuredAnswers> answers_for(const Arguments& arguments) {
    if (measures(arguments)) {
        return measured_answers(arguments);
    }
    const auto loads = loads_of(arguments);
    if (!loads) {
        return std::unexpected(loads.error());
    }
    MeasuredAnswers all;
    for (const auto& load : *loads) {
        auto answer = answer_for(load, arguments.sizing, arguments);
        if (!answer) {
            return std::unexpected(answer.error());
        }
        all.answers.push_back(std::move(*answer));
    }
    return all;
}

Result<void> write_file(const std::string& file, const std::string& text) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out) {
        return fail(
            ErrorCode::unavailable,
            std::format("{} cannot be written; is its folder there, and is there room?", file)
        );
    }
    return {};
}

Result<void> write_files(const Arguments& arguments, const std::vector<Answer>& answers) {
    const auto to = [](const std::string& file) {
        return [&file](const std::string& text) { return write_file(file, text); };
    };
    Result<void> written;
    if (!arguments.svg.empty()) {
        if (answers.size() > 1) {
            return fail(
                ErrorCode::invalid_argument,
                "a chart shows one service; choose it with --only, or size the others apart",
                "svg"
            );
        }
        written = blocking_chart(answers.front(), arguments.sizing).and_then(to(arguments.svg));
    }
    if (written && !arguments.kustomize.empty()) {
        const Spread spread{
            .nodes = arguments.nodes,
            .unavailable_percent = arguments.unavailable_percent
        };
        written =
            kustomize_patch(answers, arguments.sizing, spread).and_then(to(arguments.kustomize));
    }
    return written;
}

/// 1 where one differs, 2 where none could be compared.
int verdict_of(const std::vector<CheckedRoute>& checked) {
    const auto is = [](Verdict verdict) {
        return [verdict](const CheckedRoute& one) { return one.verdict == verdict; };
    };
    if (std::ranges::any_of(checked, is(Verdict::differs))) {
        return no_answer;
    }
    return std::ranges::any_of(checked, is(Verdict::agrees)) ? answered : unusable;
}

int size_pullers(const Arguments& arguments, std::ostream& out, std::ostream& err) {
    auto load = arguments.pulling;
    load.name = arguments.load.name;
    load.entries_per_s = arguments.load.arrivals_per_s;
    load.service_s = arguments.load.service_s;
    load.variation = arguments.simulation.variation.value_or(1);
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
    if (!refuses && (arguments.simulate || !arguments.svg.empty() || !arguments.services.empty() ||
                     !arguments.kustomize.empty() || measures(arguments))) {
        return wrong(
            err,
            {.code = ErrorCode::invalid_argument,
             .detail = "--simulate, --svg, --service, --kustomize and what measures are for "
                       "services that refuse",
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
    const auto found = answers_for(arguments);
    if (!found) {
        return wrong(err, found.error());
    }
    for (const auto& sentence : found->sentences) {
        err << "vigil size: " << sentence << '\n';
    }
    if (const auto written = write_files(arguments, found->answers); !written) {
        return wrong(err, written.error());
    }
    if (arguments.check) {
        for (const auto& checked : found->checked) {
            out << check_text(checked);
        }
        return verdict_of(found->checked);
    }
    if (arguments.json) {
        out << answers_json(found->answers, arguments.sizing);
        return answered;
    }
    for (const auto& answer : found->answers) {
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
