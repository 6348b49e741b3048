#include "vigil/size/size_command.hpp"

#include "vigil/size/answer.hpp"
#include "vigil/size/model_tables.hpp"
#include "vigil/size/pulling_size.hpp"

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

constexpr const char* refusing = "refusing";
constexpr const char* pulling = "pulling";
constexpr const char* streams = "streams";

struct Arguments {
    std::string kind = refusing;
    PullingLoad pulling;
    StreamsLoad streams;
    ServiceLoad load;
    std::vector<std::string> services;
    Sizing sizing;
    std::uint64_t pods = 0;
    std::uint32_t attempts = 1;
    std::string dispatch = std::string(queueing::name(queueing::Dispatch::random));
    bool simulate = false;
    SimulationOptions simulation;
    std::string svg;
    bool json = false;
    bool tables = false;
};

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
    const auto loads = loads_of(arguments);
    if (!loads) {
        return wrong(err, loads.error());
    }
    if (!arguments.svg.empty() && loads->size() > 1) {
        return wrong(
            err,
            {.code = ErrorCode::invalid_argument,
             .detail = "a chart shows one service; size the others apart",
             .field = "svg"}
        );
    }
    std::vector<Answer> answers;
    for (const auto& load : *loads) {
        auto answer = answer_for(load, arguments);
        if (!answer) {
            return wrong(err, answer.error());
        }
        answers.push_back(std::move(*answer));
    }
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

std::vector<std::string> dispatch_names() {
    std::vector<std::string> names;
    for (const auto& traits : queueing::dispatches) {
        names.emplace_back(traits.name);
    }
    return names;
}

void add_load_options(CLI::App& command, Arguments& arguments) {
    auto& load = arguments.load;
    command.add_option(
        "--arrival-rate",
        load.arrivals_per_s,
        "Requests a second, refused ones counted in"
    );
    command.add_option(
        "--service-time",
        load.service_s,
        "Seconds a request is worked on, on a core of its own"
    );
    command.add_option("--slots", load.slots, "Requests that a pod holds at once")
        ->capture_default_str();
    command.add_option(
        "--cores",
        load.cores,
        "Of a pod, shared by its slots; without it each slot has one"
    );
    command.add_option("--name", load.name, "What the answer calls it")->capture_default_str();
    command.add_option(
        "--service",
        arguments.services,
        "Several services, each as NAME=RATE,TIME,SLOTS[,CORES], in place of the options above"
    );
    command
        .add_option(
            "--target-blocking",
            arguments.sizing.target,
            "Share that may be refused, above 0 and below 1"
        )
        ->capture_default_str();
    command
        .add_option(
            "--dispatch",
            arguments.dispatch,
            "Who gets a request: " + CLI::detail::join(dispatch_names())
        )
        ->check(CLI::IsMember(dispatch_names()))
        ->capture_default_str();
    command.add_option("--pods", arguments.pods, "What runs now, to see what it refuses")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000}));
    command
        .add_option(
            "--attempts",
            arguments.attempts,
            "Of a request that is refused; 0: it never gives up"
        )
        ->capture_default_str();
}

void add_kind_options(CLI::App& command, Arguments& arguments) {
    command
        .add_option(
            "--kind",
            arguments.kind,
            "refusing: requests that a full pod refuses; pulling: owners that work off the "
            "journal; streams: a connection for each patient"
        )
        ->check(CLI::IsMember({refusing, pulling, streams}))
        ->capture_default_str();
    auto& load = arguments.pulling;
    command.add_option("--patients", load.patients, "Of pullers and streams")
        ->capture_default_str();
    command.add_option("--partitions", load.partitions, "Of pullers")->capture_default_str();
    command.add_option("--outage", load.outage_s, "Seconds after which pullers must catch up")
        ->capture_default_str();
    command
        .add_option(
            "--headroom",
            load.headroom,
            "How busy the hottest puller, or a pod with streams, may be"
        )
        ->capture_default_str();
    command.add_option(
        "--cpu",
        arguments.streams.cpu_s,
        "CPU seconds that a second of a patient's stream costs"
    );
}

void add_simulation_options(CLI::App& command, Arguments& arguments) {
    auto& options = arguments.simulation;
    command.add_flag("--simulate", arguments.simulate, "Simulate the answer too");
    command
        .add_option(
            "--senders",
            options.senders,
            "poisson; periodic: devices with spread phases; synchronised: all at once"
        )
        ->check(CLI::IsMember(
            {std::string(poisson_senders),
             std::string(periodic_senders),
             std::string(synchronised_senders)}
        ))
        ->capture_default_str();
    command.add_option("--devices", options.devices, "How many periodic or synchronised ones")
        ->capture_default_str();
    command.add_option("--jitter", options.jitter_s, "Seconds by which each send is late at most")
        ->capture_default_str();
    command
        .add_option("--spread", options.spread_s, "Seconds within which synchronised devices begin")
        ->capture_default_str();
    command
        .add_option(
            "--variation",
            options.variation,
            "Squared, of the service time: 0 fixed, 1 exponential, else lognormal"
        )
        ->capture_default_str();
    command
        .add_option(
            "--retry-after",
            options.retry_after_s,
            "Seconds before the second attempt, doubled each time"
        )
        ->capture_default_str();
    command.add_option("--requests", options.requests, "How many are simulated")
        ->capture_default_str();
    command.add_option("--seed", options.seed, "The same seed gives the same answer")
        ->capture_default_str();
}

} // namespace

void add_size_command(CLI::App& app, int& status, std::ostream& out, std::ostream& err) {
    auto arguments = std::make_shared<Arguments>();
    auto* command = app.add_subcommand(
        "size",
        "How many pods a service needs, what they refuse, and what that assumes"
    );
    command->footer(
        "Pods that refuse at once are not one pool: by default any pod gets a request, busy or "
        "not, as kube-proxy does it. docs/sizing.md says what "
        "the models are and where plain Erlang B is wrong.\n"
        "Exit status: 0 answered, 1 no number of pods is enough or a file could not be written, 2 "
        "wrong usage.\n"
        "Examples:\n"
        "  vigil size --arrival-rate 40 --service-time 0.3 --slots 5\n"
        "  vigil size --arrival-rate 40 --service-time 0.3 --slots 5 --cores 2 --dispatch "
        "two-distinct --simulate\n"
        "  vigil size --arrival-rate 16 --service-time 0.0625 --slots 5 --simulate --senders "
        "synchronised --devices 16\n"
        "  vigil size --service intake=200,0.004,8,2 --service predict=12,0.15,4,4 --json\n"
        "  vigil size --kind pulling --arrival-rate 50 --service-time 0.05 --patients 50 "
        "--partitions 64 --outage 600\n"
        "  vigil size --kind streams --patients 400 --cpu 0.006 --cores 2\n"
        "  vigil size --arrival-rate 9 --service-time 1 --slots 1 --dispatch least-busy --svg "
        "fig3.svg    the paper's Fig. 3"
    );
    add_kind_options(*command, *arguments);
    add_load_options(*command, *arguments);
    add_simulation_options(*command, *arguments);
    command->add_option(
        "--svg",
        arguments->svg,
        "Write refused share over load for many numbers of pods"
    );
    command->add_flag("--json", arguments->json, "Print JSON");
    command->add_flag("--tables", arguments->tables, "Print the tables of docs/sizing.md");
    command->callback([arguments, &status, &out, &err] { status = size(*arguments, out, err); });
}

} // namespace vigil::size
