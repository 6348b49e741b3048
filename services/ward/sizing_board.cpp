#include "ward/sizing_board.hpp"

#include "base/json_text.hpp"
#include "queueing/dispatch.hpp"
#include "queueing/loss.hpp"

#include <charconv>
#include <cmath>
#include <map>
#include <optional>

namespace vigil::ward {

namespace {

constexpr std::uint64_t most_pods = 5;
constexpr int steps = 24;             // of a curve
constexpr double lowest_share = 1e-5; // where a curve begins

struct Line {
    std::string_view metric;
    std::string_view route;
    double value = 0;
};

/// `name{route="..."} value`, or none: another line.
std::optional<Line> line_of(std::string_view text) {
    constexpr std::string_view opening = "{route=\"";
    constexpr std::string_view closing = "\"} ";
    constexpr std::string_view prefix = "vigil_http_";
    const auto begin = text.find(opening);
    const auto end = text.find(closing);
    if (begin == std::string_view::npos || end == std::string_view::npos ||
        !text.starts_with(prefix)) {
        return std::nullopt;
    }
    Line line{
        .metric = text.substr(prefix.size(), begin - prefix.size()),
        .route = text.substr(begin + opening.size(), end - begin - opening.size())
    };
    const auto value = text.substr(end + closing.size());
    const auto read = std::from_chars(value.data(), value.data() + value.size(), line.value);
    return read.ec == std::errc{} ? std::optional(line) : std::nullopt;
}

double blocking_of(const RouteCounts& counts, std::uint64_t pods, double erlangs) {
    const queueing::Pods service{
        .pods = pods,
        .slots = static_cast<std::uint64_t>(counts.slots),
        .cores = counts.slots
    };
    return queueing::blocking(service, erlangs)
        .transform([](const auto& found) { return found.share; })
        .value_or(1.0);
}

/// Each from where it refuses `lowest_share` to one and a half times all the slots.
void add_curves(JsonText& json, const RouteCounts& counts) {
    const double most = 1.5 * static_cast<double>(most_pods) * counts.slots;
    const double first =
        queueing::offered_for(static_cast<std::uint64_t>(counts.slots), counts.slots, lowest_share)
            .value_or(counts.slots);
    json.key("curves").open_array();
    for (std::uint64_t pods = 1; pods <= most_pods; ++pods) {
        const double low = static_cast<double>(pods) * first;
        json.open_object().member("pods", pods).key("points").open_array();
        for (int step = 0; step <= steps; ++step) {
            const double load = low * std::pow(most / low, static_cast<double>(step) / steps);
            json.open_array().value(load).value(blocking_of(counts, pods, load)).close_array();
        }
        json.close_array().close_object();
    }
    json.close_array();
}

} // namespace

std::vector<RouteCounts> route_counts(std::string_view metrics_text) {
    const std::map<std::string_view, double RouteCounts::*> members{
        {"slots", &RouteCounts::slots},
        {"arrivals_total", &RouteCounts::arrivals},
        {"slots_refused_total", &RouteCounts::refused},
        {"in_service", &RouteCounts::in_service},
        {"service_seconds_count", &RouteCounts::served},
        {"service_seconds_sum", &RouteCounts::service_sum_s},
    };
    std::map<std::string, RouteCounts, std::less<>> routes;
    while (!metrics_text.empty()) {
        const auto end = metrics_text.find('\n');
        const auto line = line_of(metrics_text.substr(0, end));
        metrics_text.remove_prefix(end == std::string_view::npos ? metrics_text.size() : end + 1);
        const auto member = line ? members.find(line->metric) : members.end();
        if (member != members.end()) {
            auto& counts = routes[std::string(line->route)];
            counts.route = line->route;
            counts.*(member->second) = line->value;
        }
    }
    std::vector<RouteCounts> all;
    for (auto& [name, counts] : routes) {
        if (counts.arrivals > 0 && counts.slots >= 1) {
            all.push_back(std::move(counts));
        }
    }
    return all;
}

std::string sizing_json(const std::vector<RouteCounts>& routes, double running_s) {
    JsonText json;
    json.open_object().member("running_s", running_s).key("routes").open_array();
    for (const auto& counts : routes) {
        const double per_s = running_s > 0 ? counts.arrivals / running_s : 0;
        const double service_s = counts.served > 0 ? counts.service_sum_s / counts.served : 0;
        const double erlangs = per_s * service_s;
        json.open_object().member("route", counts.route);
        json.member("slots", static_cast<std::uint64_t>(counts.slots));
        json.member("arrivals", static_cast<std::uint64_t>(counts.arrivals));
        json.member("refused", static_cast<std::uint64_t>(counts.refused));
        json.member("in_service", static_cast<std::int64_t>(counts.in_service));
        json.member("rate_per_s", per_s).member("service_s", service_s);
        json.member("erlangs", erlangs);
        json.member("refused_share", counts.refused / counts.arrivals);
        json.member("model_share", erlangs > 0 ? blocking_of(counts, 1, erlangs) : 0.0);
        add_curves(json, counts);
        json.close_object();
    }
    json.close_array().close_object();
    return std::move(json).text();
}

} // namespace vigil::ward
