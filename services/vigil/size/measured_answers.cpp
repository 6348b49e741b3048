#include "vigil/size/measured_answers.hpp"

#include "queueing/loss.hpp"
#include "queueing/retries.hpp"
#include "vigil/size/prometheus_load.hpp"

#include <chrono>
#include <format>
#include <fstream>

namespace vigil::size {

namespace {

/// The seconds of work behind a measured service time, which is longer where slots share cores.
/// Where nobody knows how many pods there were it stays as it is: the safe side.
Result<double> own_service_s(const MeasuredLoad& load, const ServiceLoad& service) {
    const bool shared = service.cores > 0 && service.cores < static_cast<double>(service.slots);
    if (!shared || !load.cluster || load.cluster->pods == 0) {
        return load.service_s;
    }
    const auto pods = static_cast<double>(load.cluster->pods);
    const double taken = 1 - static_cast<double>(load.refused) / static_cast<double>(load.attempts);
    const double used = load.rate_per_s * taken * load.service_s / pods;
    return queueing::offered_for_use(service.slots, service.cores, used)
        .transform([&](double offered) { return offered * pods / load.rate_per_s; });
}

/// Where the formula takes exponential times and others were measured.
void add_remark_on_times(
    MeasuredLoad& load,
    const ServiceLoad& service,
    const Sizing& sizing,
    std::uint64_t pods
) {
    constexpr double much = 0.3;
    const bool exponential =
        load.cluster->variation_low < 1 + much && load.cluster->variation_high > 1 - much;
    if (!exponential && !queueing::holds_for_any_time(pods_of(service, sizing, pods))) {
        load.cluster->remarks.push_back(std::format(
            "the formula of {} takes exponential times, of squared variation 1: --simulate "
            "draws those that were measured",
            queueing::name(sizing.dispatch)
        ));
    }
}

/// What was counted is every attempt, and the model makes its own repeats of what it refuses.
double first_share(const MeasuredLoad& load, const Sizing& sizing) {
    const double refused = static_cast<double>(load.refused) /
                           static_cast<double>(std::max<std::uint64_t>(load.attempts, 1));
    return queueing::first_attempts(refused, sizing.attempts);
}

Result<Answer> answer_from(const MeasuredLoad& load, const Arguments& arguments) {
    auto service = arguments.load;
    auto sizing = arguments.sizing;
    service.name = load.service;
    service.slots = arguments.slots.value_or(1);
    if (load.cluster) {
        const auto& facts = *load.cluster;
        service.slots = arguments.slots.value_or(std::max<std::uint64_t>(facts.slots, 1));
        if (!sizing.pods && facts.pods > 0) {
            sizing.pods = facts.pods;
        }
    }
    const auto own = own_service_s(load, service);
    if (!own) {
        return std::unexpected(own.error());
    }
    service.service_s = *own;
    const double first = first_share(load, sizing);
    service.arrivals_per_s = load.rate_per_s * first;
    const auto on_average = size_service(service, sizing);
    if (!on_average) {
        return std::unexpected(on_average.error());
    }
    service.arrivals_per_s = load.peak_per_s * first;
    return answer_for(service, sizing, arguments).transform([&](Answer answer) {
        answer.measured = load;
        answer.measured->first_share = first;
        if (answer.measured->cluster) {
            add_remark_on_times(*answer.measured, service, sizing, answer.size.needed.pods);
        }
        answer.average_pods = on_average->needed.pods;
        answer.with_profile = arguments.profile;
        answer.pods_now = sizing.pods;
        return answer;
    });
}

Result<MeasuredAnswers> from_log(const Arguments& arguments) {
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
    MeasuredAnswers all{.sentences = measured->unmeasured};
    for (const auto& load : measured->loads) {
        if (!arguments.only.empty() && load.service != arguments.only) {
            continue;
        }
        auto answer = answer_from(load, arguments);
        if (!answer) {
            return std::unexpected(answer.error());
        }
        all.answers.push_back(std::move(*answer));
    }
    return all;
}

Result<MeasuredAnswers> from_prometheus(const Arguments& arguments) {
    Prometheus prometheus(arguments.prometheus);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto measured = measure_prometheus(
        prometheus,
        std::chrono::duration_cast<std::chrono::seconds>(now).count(),
        arguments.hours
    );
    if (!measured) {
        return std::unexpected(measured.error());
    }
    MeasuredAnswers all;
    for (const auto& warning : measured->warnings) {
        all.sentences.push_back("Prometheus warns: " + warning);
    }
    all.sentences
        .insert(all.sentences.end(), measured->unmeasured.begin(), measured->unmeasured.end());
    for (const auto& route : measured->routes) {
        if (!arguments.only.empty() && route.load.service != arguments.only) {
            continue;
        }
        auto asked = arguments;
        asked.simulation.times_s = route.times.likely_s;
        auto answer = answer_from(route.load, asked);
        if (!answer) {
            return std::unexpected(answer.error());
        }
        if (arguments.check) {
            auto checked = check_route(route, answer->size.load, arguments.sizing);
            if (!checked) {
                return std::unexpected(checked.error());
            }
            all.checked.push_back(std::move(*checked));
        }
        all.answers.push_back(std::move(*answer));
    }
    return all;
}

} // namespace

Result<Answer>
answer_for(const ServiceLoad& load, const Sizing& sizing, const Arguments& arguments) {
    auto size = size_service(load, sizing);
    if (!size) {
        return std::unexpected(size.error());
    }
    Answer answer{.size = std::move(*size)};
    answer.pods_now = sizing.pods;
    if (!arguments.simulate) {
        return answer;
    }
    for (const auto& row : answer.size.rows) {
        if (row.pods != answer.size.needed.pods && sizing.pods != row.pods) {
            continue;
        }
        const auto simulated =
            simulate_service(answer.size.load, sizing, row, arguments.simulation);
        if (!simulated) {
            return std::unexpected(simulated.error());
        }
        answer.simulated.push_back(*simulated);
    }
    return answer;
}

Result<MeasuredAnswers> measured_answers(const Arguments& arguments) {
    auto all = arguments.prometheus.empty() ? from_log(arguments) : from_prometheus(arguments);
    if (all && all->answers.empty()) {
        return fail(
            ErrorCode::invalid_argument,
            std::format(
                "nothing of the name \"{}\" was measured; without --only all names are printed",
                arguments.only
            ),
            "only"
        );
    }
    return all;
}

} // namespace vigil::size
