#include "vigil/size/sizing.hpp"

#include "queueing/loss.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <format>
#include <ranges>

namespace vigil::size {

using queueing::Dispatch;

namespace {

std::unexpected<Error>
wrong(const ServiceLoad& load, std::string_view detail, std::string_view field) {
    return fail(
        ErrorCode::invalid_argument,
        std::format("{}: {}", load.name, detail),
        std::string(field)
    );
}

Result<ServiceLoad> checked(ServiceLoad load) {
    if (!(load.arrivals_per_s > 0) || !std::isfinite(load.arrivals_per_s)) {
        return wrong(
            load,
            std::format(
                "an arrival rate of {:g} a second sizes nothing; give what was measured, above 0",
                load.arrivals_per_s
            ),
            "arrival-rate"
        );
    }
    if (!(load.service_s > 0) || !std::isfinite(load.service_s)) {
        return wrong(
            load,
            std::format(
                "a service time of {:g} s needs no slot; give the mean that a request is worked "
                "on, above 0",
                load.service_s
            ),
            "service-time"
        );
    }
    constexpr std::uint64_t most_slots = 100'000;
    if (load.slots == 0 || load.slots > most_slots) {
        return wrong(load, std::format("a pod has 1 to {} slots", most_slots), "slots");
    }
    if (!(load.cores >= 0) || !std::isfinite(load.cores)) {
        return wrong(load, "a pod cannot have less than no core", "cores");
    }
    if (load.cores == 0) {
        load.cores = static_cast<double>(load.slots);
    }
    return load;
}

double offered_of(const ServiceLoad& load) {
    return load.arrivals_per_s * load.service_s;
}

std::vector<std::string> assumptions(const ServiceSize& size, const Sizing& sizing) {
    std::vector<std::string> all{
        "requests come one by one at random (Poisson); devices in step do not: --simulate "
        "--senders synchronised"
    };
    const bool own = size.load.cores >= static_cast<double>(size.load.slots);
    all.emplace_back(
        own ? "every slot in use has a core of its own"
            : std::format(
                  "the {} slots of a pod share {:g} cores equally",
                  size.load.slots,
                  size.load.cores
              )
    );
    all.emplace_back(
        queueing::holds_for_any_time(pods_of(size.load, sizing, size.needed.pods))
            ? "any distribution of the service time with that mean"
            : "exponential service times"
    );
    all.emplace_back("a pod refuses at once when its slots are in use, and no other pod is tried");
    if (sizing.attempts != 1U) {
        all.emplace_back("who was refused comes back much later than a service takes");
    } else {
        all.emplace_back("who was refused does not come back (--attempts)");
    }
    if (std::ranges::any_of(size.rows, &PodsRow::many_pods)) {
        all.emplace_back(
            sizing.dispatch == Dispatch::round_robin || sizing.dispatch == Dispatch::traefik
                ? "so many turns are taken as fewer, which refuse more; --simulate checks it"
                : "so many pods are taken as infinitely many; --simulate checks it"
        );
    }
    return all;
}

/// Fills in what plain Erlang B would have said.
Result<void> add_plain_erlang(ServiceSize& size, const Sizing& sizing) {
    const auto slots = queueing::slots_for(size.offered, sizing.target);
    if (!slots) {
        return std::unexpected(slots.error());
    }
    const std::uint64_t each = size.load.slots;
    size.erlang_pods = (*slots + each - 1) / each;
    size.erlang_blocking = queueing::erlang_b(size.erlang_pods * each, size.offered);
    return row_of(size.load, sizing, size.erlang_pods).transform([&](const PodsRow& row) {
        size.erlang_truth = row.blocking;
    });
}

template <class Number>
bool read(std::string_view text, Number& number) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failed == std::errc{} && end == text.data() + text.size();
}

} // namespace

Result<ServiceLoad> read_service(std::string_view text) {
    const auto refused = [&] {
        return fail(
            ErrorCode::invalid_argument,
            std::format("\"{}\" is no NAME=RATE,TIME,SLOTS or NAME=RATE,TIME,SLOTS,CORES", text),
            "service"
        );
    };
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string_view::npos) {
        return refused();
    }
    std::vector<std::string_view> words;
    for (const auto word : std::views::split(text.substr(equals + 1), ',')) {
        words.emplace_back(word);
    }
    ServiceLoad load{.name = std::string(text.substr(0, equals))};
    if (words.size() < 3 || words.size() > 4 || !read(words[0], load.arrivals_per_s) ||
        !read(words[1], load.service_s) || !read(words[2], load.slots) ||
        (words.size() == 4 && !read(words[3], load.cores))) {
        return refused();
    }
    return load;
}

queueing::Pods pods_of(const ServiceLoad& load, const Sizing& sizing, std::uint64_t pods) {
    const double cores = load.cores == 0 ? static_cast<double>(load.slots) : load.cores;
    return {
        .pods = pods,
        .slots = load.slots,
        .cores = cores,
        .dispatch = sizing.dispatch,
        .dispatchers = sizing.dispatchers
    };
}

Result<PodsRow> row_of(const ServiceLoad& load, const Sizing& sizing, std::uint64_t pods) {
    const auto service = pods_of(load, sizing, pods);
    const double offered = offered_of(load);
    PodsRow row{.pods = pods};
    if (sizing.attempts == 1U) {
        return queueing::blocking(service, offered).transform([&](const auto& found) {
            row.blocking = found.share;
            row.many_pods = found.many_pods;
            return row;
        });
    }
    if (!sizing.attempts && offered >= service.capacity()) {
        row.no_fixed_point = true;
        return row;
    }
    const auto refused = [&](double load_now) {
        return queueing::blocking(service, load_now).transform([&](const auto& found) {
            row.many_pods |= found.many_pods;
            return found.share;
        });
    };
    return queueing::retry_load(refused, service.capacity(), offered, sizing.attempts)
        .transform([&](const queueing::RetryLoad& found) {
            row.blocking = found.blocking;
            row.retries = found;
            return row;
        });
}

Result<ServiceSize> size_service(const ServiceLoad& given, const Sizing& sizing) {
    const auto load = checked(given);
    if (!load) {
        return std::unexpected(load.error());
    }
    const auto pods_under = [&](Dispatch dispatch) {
        auto same = sizing;
        same.dispatch = dispatch;
        const auto refused = [&](std::uint64_t pods) {
            return row_of(*load, same, pods).transform([](const PodsRow& row) {
                return row.blocking;
            });
        };
        return queueing::fewest_pods(refused, sizing.target);
    };
    ServiceSize size{.load = *load, .offered = offered_of(*load)};
    const auto needed = pods_under(sizing.dispatch);
    if (!needed) {
        return std::unexpected(needed.error());
    }
    std::vector<std::uint64_t> shown;
    if (sizing.pods && *sizing.pods + 1 < *needed) {
        shown.push_back(*sizing.pods);
    }
    for (std::uint64_t pods = std::max<std::uint64_t>(*needed, 2) - 1; pods <= *needed + 1;
         ++pods) {
        shown.push_back(pods);
    }
    if (sizing.pods && *sizing.pods > *needed + 1) {
        shown.push_back(*sizing.pods);
    }
    for (const auto pods : shown) {
        const auto row = row_of(*load, sizing, pods);
        if (!row) {
            return std::unexpected(row.error());
        }
        size.rows.push_back(*row);
        if (pods == *needed) {
            size.needed = *row;
        }
    }
    for (const auto& [dispatch, word] : queueing::dispatches) {
        const auto pods = pods_under(dispatch);
        size.by_dispatch.push_back({dispatch, pods ? std::optional(*pods) : std::nullopt});
    }
    if (auto added = add_plain_erlang(size, sizing); !added) {
        return std::unexpected(added.error());
    }
    size.assumptions = assumptions(size, sizing);
    return size;
}

} // namespace vigil::size
