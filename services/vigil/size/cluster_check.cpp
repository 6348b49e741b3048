#include "vigil/size/cluster_check.hpp"

#include "vigil/size/answer.hpp"
#include "vigil/size/measured_model.hpp"

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <format>
#include <map>
#include <vector>

namespace vigil::size {

namespace {

constexpr std::size_t hour = 60;
constexpr std::size_t batch_minutes = 5; // an hour is enough of them
constexpr std::size_t fewest_batches = 10;
constexpr std::uint64_t enough_seen = 50; // minutes of an hour
constexpr double enough_refusals = 20;
constexpr double normal_95 = 1.96;
constexpr double normal_99_9 = 3.2905;

struct Hour {
    std::uint64_t pods = 0;
    double per_s = 0;
    double arrivals = 0;
};

/// The hours that can be compared, and their batches.
struct Compared {
    std::vector<Hour> hours;
    std::vector<queueing::Batch> batches;
};

using Counts = std::vector<std::optional<std::uint64_t>>;

std::optional<queueing::Batch>
counted(const Counts& arrivals, const Counts& refused, std::size_t from, std::size_t minutes) {
    queueing::Batch batch;
    std::uint64_t seen = 0;
    for (auto minute = from; minute < from + minutes; ++minute) {
        if (arrivals[minute] && refused[minute]) {
            batch.all += *arrivals[minute];
            batch.part += *refused[minute];
            ++seen;
        }
    }
    return seen * hour >= enough_seen * minutes ? std::optional(batch) : std::nullopt;
}

Compared compared(const ClusterRoute& route) {
    Compared found;
    const auto& arrivals = route.arrivals.requests.counts;
    const auto& refused = route.refused.requests.counts;
    const auto minutes = std::min(arrivals.size(), refused.size());
    for (std::size_t from = 0; from + hour <= minutes; from += hour) {
        const auto& pods = route.arrivals.pods;
        const auto first = pods.begin() + static_cast<std::ptrdiff_t>(from);
        const bool steady = std::all_of(first, first + hour, [&](auto count) {
            return count == *first && count > 0;
        });
        const auto whole = counted(arrivals, refused, from, hour);
        if (!steady || !whole || whole->all == 0) {
            continue;
        }
        const auto seen = seen_of(
            {.counts = Counts(
                 arrivals.begin() + static_cast<std::ptrdiff_t>(from),
                 arrivals.begin() + static_cast<std::ptrdiff_t>(from + hour)
             )}
        );
        found.hours.push_back(
            {.pods = *first,
             .per_s = static_cast<double>(seen.requests) / (60 * static_cast<double>(seen.minutes)),
             .arrivals = static_cast<double>(whole->all)}
        );
        for (std::size_t place = from; place < from + hour; place += batch_minutes) {
            if (const auto batch = counted(arrivals, refused, place, batch_minutes);
                batch && batch->all > 0) {
                found.batches.push_back(*batch);
            }
        }
    }
    return found;
}

using Models = std::map<std::uint64_t, MeasuredModel>; // by the number of pods

/// For rates up to `off` of themselves off the hours' own.
Result<Models> models_of(
    const std::vector<Hour>& hours,
    const ClusterRoute& route,
    const ServiceLoad& service,
    const Sizing& sizing,
    double off
) {
    std::map<std::uint64_t, std::pair<double, double>> rates; // lowest, highest
    for (const auto& one : hours) {
        auto& [lowest, highest] = rates.try_emplace(one.pods, one.per_s, one.per_s).first->second;
        lowest = std::min(lowest, one.per_s);
        highest = std::max(highest, one.per_s);
    }
    Models models;
    for (const auto& [pods, range] : rates) {
        auto model = MeasuredModel::make(
            service,
            sizing,
            pods,
            route.times,
            range.first * (1 - off),
            range.second * (1 + off)
        );
        if (!model) {
            return std::unexpected(model.error());
        }
        models.emplace(pods, *std::move(model));
    }
    return models;
}

/// What the model refuses over all hours, at loads that are `times` the measured ones.
Result<ModelShare> model_share(const std::vector<Hour>& hours, const Models& models, double times) {
    ModelShare refused;
    double all = 0;
    for (const auto& one : hours) {
        const auto share = models.at(one.pods).share(one.per_s * times);
        if (!share) {
            return std::unexpected(share.error());
        }
        refused.value += one.arrivals * share->value;
        refused.low += one.arrivals * share->low;
        refused.high += one.arrivals * share->high;
        all += one.arrivals;
    }
    return ModelShare{
        .value = refused.value / all,
        .low = refused.low / all,
        .high = refused.high / all
    };
}

} // namespace

Result<CheckedRoute>
check_route(const ClusterRoute& route, const ServiceLoad& service, const Sizing& given) {
    CheckedRoute checked{.name = route.load.service};
    const auto found = compared(route);
    checked.hours = found.hours.size();
    for (const auto& batch : found.batches) {
        checked.refused += batch.part;
        checked.arrivals += batch.all;
    }
    if (found.hours.empty() || found.batches.size() < fewest_batches) {
        return checked;
    }
    auto sizing = given;
    sizing.attempts = 1; // what came back was counted as it arrived
    const double of_rate = normal_99_9 / std::sqrt(static_cast<double>(checked.arrivals));
    const double of_time =
        normal_99_9 / normal_95 * route.load.service_half_width / route.load.service_s;
    const double off = std::min(0.9, std::hypot(of_rate, of_time));
    const auto models = models_of(found.hours, route, service, sizing, off);
    if (!models) {
        return std::unexpected(models.error());
    }
    const auto at = [&](double times) { return model_share(found.hours, *models, times); };
    const auto middle = at(1);
    const auto low = at(1 - off);
    const auto high = at(1 + off);
    for (const auto* share : {&middle, &low, &high}) {
        if (!*share) {
            return std::unexpected(share->error());
        }
    }
    checked.model = middle->value;
    checked.model_low = low->low;
    checked.model_high = high->high;
    checked.measured = queueing::share_estimate(found.batches);
    const boost::math::students_t scatter(static_cast<double>(found.batches.size() - 1));
    checked.measured_half_width =
        boost::math::quantile(scatter, 0.9995) * checked.measured.standard_error;
    const double expected = checked.model * static_cast<double>(checked.arrivals);
    if (expected < enough_refusals && static_cast<double>(checked.refused) < enough_refusals) {
        return checked;
    }
    const bool meet = checked.measured.value + checked.measured_half_width >= checked.model_low &&
                      checked.measured.value - checked.measured_half_width <= checked.model_high;
    checked.verdict = meet ? Verdict::agrees : Verdict::differs;
    return checked;
}

std::string check_text(const CheckedRoute& checked) {
    if (checked.verdict == Verdict::too_little) {
        return std::format(
            "{}: too little to check: {} of {} refused in {} whole hours with the same pods, {} "
            "by the model; ask for more (--hours) or wait\n",
            checked.name,
            checked.refused,
            checked.arrivals,
            checked.hours,
            percent(checked.model)
        );
    }
    return std::format(
        "{}: {} refused +-{}, by the model {} ({} to {}); {} arrivals in {} hours: {}\n",
        checked.name,
        percent(checked.measured.value),
        percent(checked.measured_half_width),
        percent(checked.model),
        percent(checked.model_low),
        percent(checked.model_high),
        checked.arrivals,
        checked.hours,
        checked.verdict == Verdict::agrees
            ? "the model is true of it"
            : "the model is NOT true of it (are --cores, --dispatch and --dispatchers right? do "
              "senders come in step?)"
    );
}

} // namespace vigil::size
