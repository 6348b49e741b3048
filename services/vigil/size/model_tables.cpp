#include "vigil/size/model_tables.hpp"

#include "queueing/loss.hpp"
#include "queueing/nested.hpp"
#include "queueing/network.hpp"
#include "queueing/pulling.hpp"
#include "queueing/retries.hpp"
#include "queueing/simulation.hpp"
#include "vigil/size/day_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>
#include <string>
#include <tuple>

namespace vigil::size {

using queueing::Dispatch;
using queueing::Distribution;
using queueing::erlang_b;

namespace {

/// Two digits that count.
std::string share(double value) {
    const double percent = 100 * value;
    if (percent < 1e-5) {
        return percent > 0 ? "under 0.00001 %" : "0 %";
    }
    const int digits = std::max(0, 1 - static_cast<int>(std::floor(std::log10(percent))));
    return std::format("{:.{}f} %", percent, digits);
}

std::string row(const std::vector<std::string>& cells) {
    std::string text = "|";
    for (const auto& cell : cells) {
        text += " " + cell + " |";
    }
    return text + "\n";
}

std::string head(const std::vector<std::string>& cells) {
    return row(cells) + row(std::vector<std::string>(cells.size(), "---"));
}

std::string dispatch_table() {
    std::vector<std::string> names{"pods", "slots", "cores", "erlangs", "plain Erlang B"};
    for (const auto& traits : queueing::dispatches) {
        names.emplace_back(traits.name);
    }
    std::string text = head(names);

    struct Case {
        std::uint64_t pods;
        std::uint64_t slots;
        double cores;
        double offered;
    };

    for (const auto& [pods, slots, cores, offered] :
         {Case{4, 5, 5, 12},
          Case{5, 4, 4, 10},
          Case{10, 2, 2, 10},
          Case{5, 5, 2, 6},
          Case{4, 5, 1, 2.8}}) {
        std::vector<std::string> cells{
            std::to_string(pods),
            std::to_string(slots),
            std::format("{:g}", cores),
            std::format("{:g}", offered),
            share(erlang_b(pods * slots, offered)),
        };
        for (const auto& traits : queueing::dispatches) {
            const queueing::Pods service{
                .pods = pods,
                .slots = slots,
                .cores = cores,
                .dispatch = traits.dispatch
            };
            cells.push_back(share(queueing::blocking(service, offered).value().share));
        }
        text += row(cells);
    }
    return text;
}

std::string dispatchers_table() {
    constexpr std::array<std::uint64_t, 3> entries{1, 2, 3};
    std::vector<std::string> names{"pods", "slots", "erlangs"};
    for (const auto count : entries) {
        names.push_back(std::format("{} in turn", count));
    }
    names.emplace_back("traefik");
    names.emplace_back("random");
    std::string text = head(names);
    for (const auto& [pods, slots, offered] :
         {std::tuple{2, 1, 0.4}, {6, 1, 0.4}, {8, 1, 0.4}, {5, 4, 10.0}}) {
        std::vector<std::string> cells{
            std::to_string(pods),
            std::to_string(slots),
            std::format("{:g}", offered)
        };
        queueing::Pods service{
            .pods = static_cast<std::uint64_t>(pods),
            .slots = static_cast<std::uint64_t>(slots),
            .cores = static_cast<double>(slots),
            .dispatch = queueing::Dispatch::round_robin
        };
        for (const auto count : entries) {
            service.dispatchers = count;
            cells.push_back(share(queueing::blocking(service, offered).value().share));
        }
        service.dispatchers = 1;
        for (const auto dispatch : {queueing::Dispatch::traefik, queueing::Dispatch::random}) {
            service.dispatch = dispatch;
            cells.push_back(share(queueing::blocking(service, offered).value().share));
        }
        text += row(cells);
    }
    return text;
}

std::string shared_cores_table() {
    std::string text = head({"slots", "cores", "erlangs", "Erlang B", "shared cores"});
    for (const auto& [slots, cores] :
         {std::pair{5, 1},
          std::pair{10, 1},
          std::pair{20, 1},
          std::pair{5, 2},
          std::pair{8, 4},
          std::pair{20, 4}}) {
        const double offered = 0.7 * cores;
        const auto count = static_cast<std::uint64_t>(slots);
        text += row({
            std::to_string(slots),
            std::to_string(cores),
            std::format("{:g}", offered),
            share(erlang_b(count, offered)),
            share(queueing::shared_cores_blocking(count, cores, offered)),
        });
    }
    return text;
}

std::string senders_table() {
    struct Case {
        std::string_view what;
        std::variant<queueing::Renewal, queueing::Periodic, queueing::Burst> how;
    };

    const auto periodic = [](double phase_s, double jitter_s) {
        return queueing::Periodic{
            .senders = 16,
            .period_s = 1,
            .jitter_s = jitter_s,
            .phase_s = phase_s
        };
    };
    const std::array cases = {
        Case{
            "at random (Poisson)",
            queueing::Renewal{.gap_s = Distribution::exponential(1.0 / 16)}
        },
        Case{"every second, all at once", periodic(0, 0)},
        Case{"the same, each late by up to 50 ms", periodic(0, 0.05)},
        Case{"the same, each late by up to 250 ms", periodic(0, 0.25)},
        Case{"the same, each late by up to a second", periodic(0, 1)},
    };
    std::string text =
        head({"16 devices to 5 slots, 62.5 ms each, one erlang", "refused, simulated", "Erlang B"});
    for (const auto& [what, how] : cases) {
        const queueing::SimulationPlan plan{
            .stations =
                {{.name = "intake",
                  .pods = {.slots = 5, .cores = 5},
                  .service_s = Distribution::fixed(0.0625)}},
            .senders = {{.station = 0, .how = how}},
            .duration_s = 5000,
            .warm_up_s = 10,
        };
        const auto refused = queueing::simulate(plan).value().stations.front().blocking.value;
        text += row({std::string(what), share(refused), share(erlang_b(5, 1))});
    }
    return text;
}

std::string retries_table() {
    std::string text =
        head({"fresh erlangs on 10 slots", "nobody comes back", "up to 3 attempts", "for ever"});
    const auto pool = [](double offered) -> Result<double> { return erlang_b(10, offered); };
    for (const double fresh : {5.0, 8.0, 9.5, 10.0, 12.0}) {
        const auto three = queueing::retry_load(pool, 10, fresh, 3).value();
        const auto ever = queueing::retry_load(pool, 10, fresh, {});
        text += row({
            std::format("{:g}", fresh),
            share(erlang_b(10, fresh)) + " refused",
            std::format(
                "{} of attempts, {} never served",
                share(three.blocking),
                share(three.given_up)
            ),
            ever ? std::format(
                       "{} of attempts, {:.1f} erlangs in all",
                       share(ever->blocking),
                       ever->offered
                   )
                 : std::string("no fixed point"),
        });
    }
    return text;
}

std::string chain_table() {
    std::string text =
        head({"first pool", "second pool", "thinned Erlang B", "exact", "too high by"});

    struct Case {
        std::uint64_t first;
        double first_offered;
        std::uint64_t second;
        double second_offered;
    };

    for (const auto& [first, first_offered, second, second_offered] :
         {Case{40, 6, 5, 6},
          Case{5, 6, 5, 6},
          Case{5, 3, 5, 3},
          Case{5, 3, 8, 3},
          Case{5, 6, 5, 3},
          Case{5, 10, 5, 5}}) {
        const double carried = second_offered * (1 - erlang_b(first, first_offered));
        const double thinned = erlang_b(second, carried);
        const double exact = queueing::tandem_blocking({
                                                           .first_slots = first,
                                                           .first_offered = first_offered,
                                                           .second_slots = second,
                                                           .second_offered = second_offered,
                                                       })
                                 .value();
        text += row({
            std::format(
                "{} slots, {:g} erlangs, {} refused",
                first,
                first_offered,
                share(erlang_b(first, first_offered))
            ),
            std::format("{} slots, {:.3g} erlangs", second, carried),
            share(thinned),
            share(exact),
            std::format("{:.0f} %", 100 * std::abs(thinned / exact - 1)),
        });
    }
    return text;
}

std::string nested_table() {
    std::string text =
        head({"caller", "callee", "each for itself", "held during the call", "calls refused"});

    struct Case {
        std::uint64_t slots;
        double own;
        double nested;
        std::uint64_t callee;
    };

    for (const auto& [slots, own, nested, callee] :
         {Case{8, 1.5, 2.5, 8}, Case{8, 1.5, 2.5, 6}, Case{8, 2, 1, 4}, Case{20, 5, 8, 16}}) {
        const queueing::Caller caller{.slots = slots, .own = own, .nested = nested, .calls = 1};
        const auto loss = queueing::nested_loss({&caller, 1}, 0, callee).value().callers.front();
        text += row({
            std::format("{} slots, {:g} erlangs of its own", slots, own),
            std::format("{} slots, {:g} erlangs of calls", callee, nested),
            share(erlang_b(slots, own)),
            share(loss.refused),
            share(loss.calls_refused),
        });
    }
    return text;
}

std::string pulling_table() {
    std::string text = head(
        {"pods of 50 patients in 64 partitions",
         "hottest",
         "hottest at 50 % mean",
         "catches up after 10 min away in"}
    );
    for (const std::uint64_t owners : {1, 2, 3, 5, 8, 16}) {
        const double hottest = queueing::hottest_owner(50, owners, 64).value();
        const auto drain = queueing::drain_s(600, 0.5 * hottest);
        text += row({
            std::to_string(owners),
            std::format("{:.2f} times the mean", hottest),
            std::format("{:.0f} % busy", 50 * hottest),
            drain ? std::format("{:.0f} min", *drain / 60) : std::string("never"),
        });
    }
    return text;
}

} // namespace

std::vector<ModelTable> model_tables() {
    return {
        {"Dispatch", dispatch_table()},
        {"Several dispatchers", dispatchers_table()},
        {"Shared cores", shared_cores_table()},
        {"Senders", senders_table()},
        {"Retries", retries_table()},
        {"Services in line", chain_table()},
        {"Nested services", nested_table()},
        {"Pulling services", pulling_table()},
        {"A day under an autoscaler", day_table()},
    };
}

} // namespace vigil::size
