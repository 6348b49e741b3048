#include "vigil/size/size_options.hpp"

#include <CLI/CLI.hpp>

#include <string_view>

namespace vigil::size {

namespace {

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
    command.add_option(
        "--slots",
        arguments.slots,
        "Requests that a pod holds at once; without it what Prometheus says, else 1"
    );
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
    command
        .add_option(
            "--dispatchers",
            arguments.sizing.dispatchers,
            "Of round-robin: how many take the pods in turn, each by itself, such as the "
            "replicas of an ingress controller"
        )
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1000}))
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
            "poisson; periodic: devices with spread phases; synchronised: all at once, again and "
            "again; returning: all at once after an outage (with --attempts), with and without "
            "jitter of Retry-After"
        )
        ->check(CLI::IsMember(
            {std::string(poisson_senders),
             std::string(periodic_senders),
             std::string(synchronised_senders),
             std::string(returning_senders)}
        ))
        ->capture_default_str();
    command
        .add_option(
            "--devices",
            options.devices,
            "How many periodic, synchronised or returning ones"
        )
        ->capture_default_str();
    command.add_option("--jitter", options.jitter_s, "Seconds by which each send is late at most")
        ->capture_default_str();
    command
        .add_option(
            "--spread",
            options.spread_s,
            "Seconds within which synchronised devices begin, or returning ones come"
        )
        ->capture_default_str();
    command.add_option(
        "--variation",
        options.variation,
        "Squared, of the service time: 0 fixed, 1 exponential, else lognormal. Without it the "
        "times that --prometheus measured, or exponential ones"
    );
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

void add_measured_options(CLI::App& command, Arguments& arguments) {
    auto* log = command.add_option(
        "--access-log",
        arguments.access_log,
        "Measure rates and service times in a log of ingress-nginx or Traefik"
    );
    auto* prometheus =
        command
            .add_option(
                "--prometheus",
                arguments.prometheus,
                "Measure them, slots and pods in the Prometheus at this address: http://host:9090"
            )
            ->excludes(log);
    command.add_option("--hours", arguments.hours, "How far back Prometheus is asked")
        ->check(CLI::Range(1, 168))
        ->capture_default_str()
        ->needs(prometheus);
    command.add_option("--only", arguments.only, "Of all that is measured the one of this name");
    command.add_flag("--profile", arguments.profile, "Print the rate in each hour of the day too");
    command
        .add_flag(
            "--check",
            arguments.check,
            "Compare what was refused with the model; exit status 1 where they differ, 2 where "
            "there is too little to tell"
        )
        ->needs(prometheus);
}

void add_output_options(CLI::App& command, Arguments& arguments) {
    command.add_option(
        "--svg",
        arguments.svg,
        "Write refused share over load for many numbers of pods"
    );
    command.add_flag("--json", arguments.json, "Print JSON");
    command.add_flag("--tables", arguments.tables, "Print the tables of docs/sizing.md");
    auto* kustomize = command.add_option(
        "--kustomize",
        arguments.kustomize,
        "Write a patch that sets minReplicas and maxReplicas of each service's autoscaler"
    );
    command
        .add_option("--nodes", arguments.nodes, "That the pods are spread over, one of them lost")
        ->check(CLI::Range(2, 10'000))
        ->capture_default_str()
        ->needs(kustomize);
    command
        .add_option(
            "--max-unavailable",
            arguments.unavailable_percent,
            "Percent of the pods that a rolling update takes away at once"
        )
        ->check(CLI::Range(0, 90))
        ->capture_default_str()
        ->needs(kustomize);
}

} // namespace

void add_options(CLI::App& command, Arguments& arguments) {
    command.footer(
        "Pods that refuse at once are not one pool: by default any pod gets a request, busy or "
        "not, as kube-proxy does it. docs/sizing.md says what "
        "the models are and where plain Erlang B is wrong.\n"
        "Exit status: 0 answered, 1 no number of pods is enough, a file could not be written or "
        "read, or --check found a difference, 2 wrong usage or too little for --check.\n"
        "Examples:\n"
        "  vigil size --arrival-rate 40 --service-time 0.3 --slots 5\n"
        "  vigil size --arrival-rate 40 --service-time 0.3 --slots 5 --cores 2 --dispatch "
        "two-distinct --simulate\n"
        "  vigil size --arrival-rate 16 --service-time 0.0625 --slots 5 --simulate --senders "
        "synchronised --devices 16\n"
        "  vigil size --arrival-rate 10 --service-time 0.1 --slots 10 --pods 1 --attempts 8 "
        "--simulate --senders returning --devices 400    all at once, after an outage\n"
        "  vigil size --service intake=200,0.004,8,2 --service predict=12,0.15,4,4 --json\n"
        "  vigil size --access-log ingress.log --slots 8 --cores 2    rates and times as measured, "
        "for the busiest hour\n"
        "  vigil size --prometheus http://localhost:9090 --cores 2 --kustomize sizing.yaml    of "
        "the "
        "running cluster\n"
        "  vigil size --prometheus http://localhost:9090 --cores 2 --check    is the model true of "
        "it?\n"
        "  vigil size --kind pulling --arrival-rate 50 --service-time 0.05 --patients 50 "
        "--partitions 64 --outage 600\n"
        "  vigil size --kind streams --patients 400 --cpu 0.006 --cores 2\n"
        "  vigil size --arrival-rate 9 --service-time 1 --slots 1 --dispatch least-busy --svg "
        "fig3.svg    the paper's Fig. 3"
    );
    add_kind_options(command, arguments);
    add_load_options(command, arguments);
    add_simulation_options(command, arguments);
    add_measured_options(command, arguments);
    add_output_options(command, arguments);
}

} // namespace vigil::size
