#include "vigil/size/answer.hpp"

#include <cmath>
#include <format>

namespace vigil::size {

namespace {

std::string counted(double count, std::string_view what) {
    return std::format("{:.6g} {}{}", count, what, count == 1 ? "" : "s");
}

std::string pods(std::uint64_t count) {
    return counted(static_cast<double>(count), "pod");
}

std::string refused(const PodsRow& row) {
    if (row.no_fixed_point) {
        return "no fixed point: refused senders come back more often without end";
    }
    std::string text = percent(row.blocking) + " refused";
    if (row.retries) {
        text += std::format(
            " of {:.2f} erlangs with those that come back, {} never served",
            row.retries->offered,
            percent(row.retries->given_up)
        );
    }
    return text;
}

std::string table(const ServiceSize& size, const std::optional<std::uint64_t>& now) {
    std::string text;
    for (const auto& row : size.rows) {
        text += std::format(
            "  {:>10}  {}{}{}\n",
            pods(row.pods),
            refused(row),
            row.pods == size.needed.pods ? "  <- needed" : "",
            now == row.pods ? "  <- runs now" : ""
        );
    }
    return text;
}

std::string dispatches(const ServiceSize& size) {
    std::string text;
    for (const auto& [dispatch, count] : size.by_dispatch) {
        text += std::format(
            "{}{} {}",
            text.empty() ? "" : ", ",
            queueing::name(dispatch),
            count ? std::to_string(*count) : "only --simulate can tell"
        );
    }
    return text;
}

std::string dispatch_text(const Sizing& sizing) {
    const auto name = std::string(queueing::name(sizing.dispatch));
    const bool several =
        sizing.dispatch == queueing::Dispatch::round_robin && sizing.dispatchers > 1;
    return several ? std::format("{} by {} dispatchers", name, sizing.dispatchers) : name;
}

/// What became of senders that came back all at once.
std::string storm(const queueing::StationResult& result) {
    return std::format(
        "{} of {} served, the last within {:.4g} s; {} of {} attempts refused",
        served(result),
        result.requests,
        result.last_end_s,
        percent(result.blocking.value),
        result.attempts
    );
}

std::string simulation(const Simulated& simulated) {
    const auto& result = simulated.result;
    if (simulated.returning) {
        return std::format("  returning   {}: {}\n", pods(simulated.pods), storm(result)) +
               (simulated.in_step ? "  no jitter   " + storm(*simulated.in_step) + "\n" : "");
    }
    std::string text = std::format(
        "  simulated   {}: {} refused, 95 % interval +-{}, {} requests",
        pods(simulated.pods),
        percent(result.blocking.value),
        percent(result.blocking.half_width),
        result.requests
    );
    if (simulated.poisson && !simulated.enough) {
        text += "; too few to check the formula (--requests)";
    } else if (simulated.poisson) {
        text += simulated.agrees ? "; the formula lies in the 99.9 % interval"
                                 : "; the formula lies OUTSIDE the 99.9 % interval";
    }
    return text + std::format(
                      "\n              {} never served; {:.1f} slots in use; 99 % of answers "
                      "within {:.4g} s\n",
                      percent(result.lost.value),
                      result.slots_used,
                      result.p99_response_s
                  );
}

} // namespace

std::string percent(double share) {
    const double value = 100 * share;
    if (value == 0 || value < 1e-4) {
        return std::format("{:.3g} %", value);
    }
    const int digits = std::max(0, 2 - static_cast<int>(std::floor(std::log10(value))));
    return std::format("{:.{}f} %", value, digits);
}

std::string answer_text(const Answer& answer, const Sizing& sizing) {
    const auto& size = answer.size;
    const auto& load = size.load;
    std::string text = answer.measured ? measured_text(*answer.measured) : std::string();
    if (answer.measured && answer.with_profile) {
        text += profile_text(answer.measured->profile);
    }
    text += std::format(
        "{}: {} ({:g} a second for {:g} s each), pods of {} and {}, {}\n",
        load.name,
        counted(size.offered, "erlang"),
        load.arrivals_per_s,
        load.service_s,
        counted(static_cast<double>(load.slots), "slot"),
        counted(load.cores, "core"),
        dispatch_text(sizing)
    );
    text += std::format(
        "  {} for at most {} refused\n",
        pods(size.needed.pods),
        percent(sizing.target)
    );
    if (answer.average_pods) {
        text += std::format(
            "  {} would do at the mean rate, these are for the busiest hour\n",
            pods(*answer.average_pods)
        );
    }
    text += table(size, answer.pods_now ? answer.pods_now : sizing.pods);
    text += "  by dispatch " + dispatches(size) + "\n";
    text += std::format(
        "  plain Erlang B would say {}: {} refused, and by this model it is {}\n",
        pods(size.erlang_pods),
        percent(size.erlang_blocking),
        percent(size.erlang_truth)
    );
    for (const auto& one : answer.simulated) {
        text += simulation(one);
    }
    text += "  assumes\n";
    for (const auto& assumption : size.assumptions) {
        text += "    - " + assumption + "\n";
    }
    return text;
}

} // namespace vigil::size
