#include "base/json_text.hpp"
#include "vigil/size/answer.hpp"

namespace vigil::size {

namespace {

void add(JsonText& json, const PodsRow& row) {
    json.open_object().member("pods", row.pods);
    if (row.no_fixed_point) {
        json.key("blocking").null().member("no_fixed_point", true);
    } else {
        json.member("blocking", row.blocking);
    }
    if (row.retries) {
        json.member("offered_with_retries", row.retries->offered);
        json.member("attempts", row.retries->attempts).member("given_up", row.retries->given_up);
    }
    json.member("many_pods_limit", row.many_pods).close_object();
}

void add_storm(JsonText& json, const queueing::StationResult& result) {
    json.member("blocking", result.blocking.value).member("attempts", result.attempts);
    json.member("requests", result.requests).member("served", served(result));
    json.member("last_end_s", result.last_end_s);
}

void add(JsonText& json, const Simulated& simulated) {
    const auto& result = simulated.result;
    json.open_object().member("pods", simulated.pods);
    if (simulated.returning) {
        add_storm(json, result);
        if (simulated.in_step) {
            json.key("without_jitter").open_object();
            add_storm(json, *simulated.in_step);
            json.close_object();
        }
        json.member("events", simulated.events).close_object();
        return;
    }
    json.member("blocking", result.blocking.value)
        .member("half_width_95", result.blocking.half_width);
    json.member("lost", result.lost.value).member("requests", result.requests);
    json.member("refused", result.refused).member("slots_used", result.slots_used);
    json.member("p99_response_s", result.p99_response_s);
    if (simulated.poisson && simulated.enough) {
        json.member("formula_in_99_9_interval", simulated.agrees);
    }
    json.member("events", simulated.events).close_object();
}

void add(JsonText& json, const MeasuredLoad& load) {
    json.key("measured").open_object().member("attempts", load.attempts);
    json.member("refused", load.refused).member("websockets", load.websockets);
    json.member("first_attempts", load.first_share);
    json.member("rate_per_s", load.rate_per_s).member("rate_half_width_95", load.rate_half_width);
    json.member("peak_per_s", load.peak_per_s).member("peak_from_unix_s", load.peak_from_s);
    json.member("service_s", load.service_s)
        .member("service_half_width_95", load.service_half_width);
    json.member("squared_variation", load.variation);
    if (load.dispersion) {
        json.member("dispersion", *load.dispersion).member("poisson", load.poisson);
    }
    json.key("profile_per_s").open_array();
    for (const auto& rate : load.profile.per_s) {
        if (rate) {
            json.value(*rate);
        } else {
            json.null();
        }
    }
    json.close_array();
    if (load.profile.peak) {
        json.member("peak_hour", *load.profile.peak);
    }
    if (load.cluster) {
        const auto& facts = *load.cluster;
        json.member("slots", facts.slots).member("pods_now", facts.pods);
        json.member("now_per_s", facts.now_per_s).member("failed_share", facts.failed_share);
        json.member("squared_variation_low", facts.variation_low);
        json.member("squared_variation_high", facts.variation_high);
        json.member("unseen_minutes", facts.unseen_minutes);
    }
    json.close_object();
}

void add(JsonText& json, const Answer& answer) {
    const auto& size = answer.size;
    const auto& load = size.load;
    json.open_object().member("name", load.name);
    json.member("arrivals_per_s", load.arrivals_per_s).member("service_s", load.service_s);
    json.member("slots", load.slots).member("cores", load.cores).member("offered", size.offered);
    json.member("pods", size.needed.pods);
    if (answer.measured) {
        add(json, *answer.measured);
    }
    if (answer.average_pods) {
        json.member("pods_at_mean_rate", *answer.average_pods);
    }
    json.key("rows").open_array();
    for (const auto& row : size.rows) {
        add(json, row);
    }
    json.close_array().key("pods_by_dispatch").open_object();
    for (const auto& [dispatch, pods] : size.by_dispatch) {
        json.key(queueing::name(dispatch));
        if (pods) {
            json.value(*pods);
        } else {
            json.null();
        }
    }
    json.close_object().key("plain_erlang_b").open_object();
    json.member("pods", size.erlang_pods).member("blocking", size.erlang_blocking);
    json.member("blocking_by_this_model", size.erlang_truth).close_object();
    json.key("simulated").open_array();
    for (const auto& one : answer.simulated) {
        add(json, one);
    }
    json.close_array().key("assumptions").open_array();
    for (const auto& assumption : size.assumptions) {
        json.value(assumption);
    }
    json.close_array().close_object();
}

} // namespace

std::string answers_json(std::span<const Answer> answers, const Sizing& sizing) {
    JsonText json;
    json.open_object().member("target_blocking", sizing.target);
    json.member("dispatch", queueing::name(sizing.dispatch));
    json.member("dispatchers", sizing.dispatchers).key("services").open_array();
    for (const auto& answer : answers) {
        add(json, answer);
    }
    json.close_array().close_object();
    return std::move(json).text() + "\n";
}

} // namespace vigil::size
