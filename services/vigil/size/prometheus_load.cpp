#include "vigil/size/prometheus_load.hpp"

#include "vigil/size/service_histogram.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <format>
#include <limits>
#include <map>

namespace vigil::size {

namespace {

constexpr double two_sided_95 = 1.96;
constexpr std::int64_t minute_s = 60;
constexpr std::size_t hour = 60;

using Key = std::pair<std::string, std::string>; // job, route

Key key_of(const Series& series) {
    auto job = series.label("job");
    return {job.empty() ? "service" : std::move(job), series.label("route")};
}

double only_value(const Series& series) {
    return series.points.empty() ? std::numeric_limits<double>::quiet_NaN()
                                 : series.points.rbegin()->second;
}

/// What Prometheus knows of one route.
struct Raw {
    std::vector<const Series*> arrivals;
    std::vector<const Series*> refused;
    std::vector<TimeBucket> buckets; // cumulative
    double served = std::numeric_limits<double>::quiet_NaN();
    double service_sum_s = std::numeric_limits<double>::quiet_NaN();
    double failed = 0;
    std::vector<double> slots; // of each pod
};

struct Answers {
    std::vector<Series> arrivals;
    std::vector<Series> refused;
    std::vector<Series> buckets;
    std::vector<Series> sums;
    std::vector<Series> counts;
    std::vector<Series> failed;
    std::vector<Series> slots;
};

Result<Answers> ask_all(Prometheus& prometheus, const AskedTime& time) {
    Answers answers;
    const std::string service_time = "vigil_http_service_seconds";
    const auto range = std::format("[{}s]", time.until_s - time.from_s);
    const auto keep = [](Result<std::vector<Series>> answer, std::vector<Series>& place) {
        return answer.transform([&](std::vector<Series> all) { place = std::move(all); });
    };
    const auto total = [&](const std::string& by, const std::string& metric) {
        return prometheus.at(
            std::format("sum by (job, {}) (increase({}{}))", by, metric, range),
            time.until_s
        );
    };
    return keep(prometheus.over("vigil_http_arrivals_total", time), answers.arrivals)
        .and_then([&] {
            return keep(prometheus.over("vigil_http_slots_refused_total", time), answers.refused);
        })
        .and_then([&] {
            return keep(total("route, le", service_time + "_bucket"), answers.buckets);
        })
        .and_then([&] { return keep(total("route", service_time + "_sum"), answers.sums); })
        .and_then([&] { return keep(total("route", service_time + "_count"), answers.counts); })
        .and_then([&] {
            return keep(
                total("route", "vigil_http_requests_total{status=\"5xx\"}"),
                answers.failed
            );
        })
        .and_then([&] {
            return keep(prometheus.at("vigil_http_slots", time.until_s), answers.slots);
        })
        .transform([&] { return std::move(answers); });
}

double upper_of(const std::string& text) {
    double upper = std::numeric_limits<double>::infinity();
    std::from_chars(text.data(), text.data() + text.size(), upper);
    return upper;
}

std::map<Key, Raw> by_route(const Answers& answers) {
    std::map<Key, Raw> routes;
    for (const auto& series : answers.arrivals) {
        if (!series.label("route").empty()) {
            routes[key_of(series)].arrivals.push_back(&series);
        }
    }
    const auto each = [&](const std::vector<Series>& all, auto&& take) {
        for (const auto& series : all) {
            if (const auto found = routes.find(key_of(series)); found != routes.end()) {
                take(found->second, series);
            }
        }
    };
    each(answers.refused, [](Raw& raw, const Series& one) { raw.refused.push_back(&one); });
    each(answers.buckets, [](Raw& raw, const Series& one) {
        raw.buckets.push_back({.upper_s = upper_of(one.label("le")), .count = only_value(one)});
    });
    each(answers.sums, [](Raw& raw, const Series& one) { raw.service_sum_s = only_value(one); });
    each(answers.counts, [](Raw& raw, const Series& one) { raw.served = only_value(one); });
    each(answers.failed, [](Raw& raw, const Series& one) { raw.failed = only_value(one); });
    each(answers.slots, [](Raw& raw, const Series& one) { raw.slots.push_back(only_value(one)); });
    return routes;
}

std::vector<TimeBucket> parted(std::vector<TimeBucket> cumulative) {
    std::ranges::sort(cumulative, {}, &TimeBucket::upper_s);
    double before = 0;
    for (auto& bucket : cumulative) {
        const double all = std::isfinite(bucket.count) ? std::max(bucket.count, before) : before;
        bucket.count = all - before;
        before = all;
    }
    return cumulative;
}

/// Fills in what the pods tell, with sentences on what is missing or odd.
ClusterFacts facts_of(const Raw& raw, const CountedMinutes& arrivals, double attempts) {
    ClusterFacts facts;
    const auto& minutes = arrivals.requests.counts;
    facts.pods = arrivals.pods.empty() ? 0 : arrivals.pods.back();
    const auto seen = seen_of(arrivals.requests);
    facts.unseen_minutes = minutes.size() - seen.minutes;
    if (facts.unseen_minutes > 0) {
        facts.remarks.push_back(std::format(
            "{} of {} minutes were not seen whole (Prometheus or a pod was away, or not there "
            "yet): the rates are those of the others",
            facts.unseen_minutes,
            minutes.size()
        ));
    }
    const auto last = std::min(minutes.size(), hour);
    const MinuteCounts newest{
        .first_minute = arrivals.requests.first_minute,
        .counts = {minutes.end() - static_cast<std::ptrdiff_t>(last), minutes.end()}
    };
    const auto now = rate_of(newest);
    facts.now_per_s = now ? now->per_s : 0;
    facts.failed_share =
        attempts > 0 && std::isfinite(raw.failed) ? std::min(1.0, raw.failed / attempts) : 0;
    const auto slots = std::ranges::minmax_element(raw.slots);
    if (!raw.slots.empty() && *slots.min >= 1) {
        facts.slots = static_cast<std::uint64_t>(*slots.min);
        if (*slots.max > *slots.min) {
            facts.remarks.push_back(std::format(
                "its pods have {:g} to {:g} slots: the fewest count; give all the same",
                *slots.min,
                *slots.max
            ));
        }
    }
    return facts;
}

/// errors  not_found, with the name alone: no request came; unprocessable: a sentence
Result<ClusterRoute> measured(const Key& key, const Raw& raw, const AskedTime& time) {
    ClusterRoute route{
        .service = key.first,
        .route = key.second,
        .arrivals = counted_minutes(raw.arrivals, time),
        .refused = counted_minutes(raw.refused, time)
    };
    auto& load = route.load;
    load.service = key.first + " " + key.second;
    const auto nothing = [&](std::string_view what) {
        return fail(
            ErrorCode::unprocessable,
            load.service + ": " + std::string(what),
            "prometheus"
        );
    };
    const auto rate = rate_of(route.arrivals.requests);
    load.attempts = seen_of(route.arrivals.requests).requests;
    load.refused = seen_of(route.refused.requests).requests;
    if (!rate || load.attempts == 0) {
        return fail(ErrorCode::not_found, load.service, "prometheus");
    }
    if (!(raw.served > 0) || !std::isfinite(raw.service_sum_s)) {
        return nothing(
            "no request was served in the time, or its times are NaN, so that its service time is "
            "unknown; give --arrival-rate and --service-time instead"
        );
    }
    load.service_s = raw.service_sum_s / raw.served;
    const auto buckets = parted(raw.buckets);
    const auto variation = variation_of(buckets, load.service_s);
    if (!variation) {
        return nothing("its service time has no buckets or is zero; are all series scraped?");
    }
    route.times = times_of(buckets, load.service_s);
    load.rate_per_s = rate->per_s;
    load.rate_half_width = rate->half_width;
    load.variation = variation->estimate;
    load.service_half_width =
        two_sided_95 * load.service_s * std::sqrt(variation->estimate / raw.served);
    load.profile = day_profile(route.arrivals.requests);
    add_busiest_hour(load, route.arrivals.requests);
    load.cluster = facts_of(raw, route.arrivals, static_cast<double>(load.attempts));
    load.cluster->variation_low = variation->low;
    load.cluster->variation_high = variation->high;
    return route;
}

} // namespace

Result<ClusterLoads>
measure_prometheus(Prometheus& prometheus, std::int64_t now_s, std::uint32_t hours) {
    const auto until_s = now_s / minute_s * minute_s;
    const AskedTime time{
        .from_s = until_s - std::int64_t{hours} * 3600,
        .until_s = until_s,
        .step_s = minute_s
    };
    const auto answers = ask_all(prometheus, time);
    if (!answers) {
        return std::unexpected(answers.error());
    }
    const auto routes = by_route(*answers);
    if (routes.empty()) {
        return fail(
            ErrorCode::unprocessable,
            std::format(
                "Prometheus has no vigil_http_arrivals_total of the last {} h; does it scrape "
                "Vigil's monitor port (/metrics), and did Vigil run then?",
                hours
            ),
            "prometheus"
        );
    }
    ClusterLoads loads{.warnings = prometheus.warnings()};
    std::string idle;
    for (const auto& [key, raw] : routes) {
        auto route = measured(key, raw, time);
        if (route) {
            loads.routes.push_back(std::move(*route));
        } else if (route.error().code == ErrorCode::not_found) {
            idle += (idle.empty() ? "" : ", ") + route.error().detail;
        } else {
            loads.unmeasured.push_back(route.error().detail);
        }
    }
    if (!idle.empty()) {
        loads.unmeasured.push_back(
            std::format("no request came in the last {} h (--hours) to {}", hours, idle)
        );
    }
    if (loads.routes.empty()) {
        return fail(ErrorCode::unprocessable, loads.unmeasured.front(), "prometheus");
    }
    return loads;
}

} // namespace vigil::size
