#include "http/core.hpp"

#include <algorithm>

namespace vigil::http {

namespace {

std::string_view verb_name(Verb verb) {
    switch (verb) {
        case Verb::get:
            return "GET";
        case Verb::post:
            return "POST";
        case Verb::put:
            return "PUT";
        case Verb::del:
            return "DELETE";
    }
    return "GET";
}

constexpr std::array refusal_names{
    "connections",
    "malformed",
    "header_size",
    "body_size",
    "memory",
    "slow_request",
    "slow_reader",
    "access",
    "in_flight",
    "deadline",
};

void prepare(RouteState& state, Metrics& metrics, const std::string& name) {
    for (std::size_t digit = 1; digit < state.answered.size(); ++digit) {
        state.answered[digit] = &metrics.counter(
            "vigil_http_requests_total",
            "Requests answered.",
            {{"route", name}, {"status", std::string(1, static_cast<char>('0' + digit)) + "xx"}}
        );
    }
    state.duration = &metrics.duration_seconds(
        "vigil_http_request_duration_seconds",
        "From a request's header to its answer's last byte.",
        {{"route", name}}
    );
    if (state.route != nullptr) {
        state.slots.open(state.route->options.slots);
        if (state.route->options.sized) {
            state.slots.measure(metrics, name);
        }
    }
}

} // namespace

Core::Core(
    ServerConfig configuration,
    Router table,
    Authenticator who,
    const Clock& time,
    Log& lines,
    Metrics& metrics
)
    : config(std::move(configuration)),
      router(std::move(table)),
      authenticator(std::move(who)),
      clock(time),
      log(lines),
      bodies(config.max_body_bytes_in_memory),
      connections_gauge_(
          metrics.gauge("vigil_http_connections", "Open connections, WebSockets included.")
      ),
      in_flight_gauge_(
          metrics.gauge("vigil_http_in_flight", "Requests whose handler has not answered.")
      ) {
    for (const auto& route : router.routes()) {
        auto& state = states_.emplace_back();
        state.route = &route;
        prepare(state, metrics, std::string(verb_name(route.verb)) + " " + route.pattern);
    }
    auto& page = states_.emplace_back();
    page.route = router.fallback_route();
    prepare(page, metrics, "page");
    prepare(states_.emplace_back(), metrics, "none");
    for (std::size_t i = 0; i < states_.size(); ++i) {
        states_[i].index = static_cast<std::uint16_t>(i);
    }
    for (std::size_t i = 0; i < refused_.size(); ++i) {
        refused_[i] = &metrics.counter(
            "vigil_http_refused_total",
            "Requests and connections turned away.",
            {{"reason", refusal_names[i]}}
        );
    }
}

RouteState& Core::state_of(const Router::Route* route) {
    const auto& routes = router.routes();
    if (!routes.empty() && route >= routes.data() && route < routes.data() + routes.size()) {
        return states_[static_cast<std::size_t>(route - routes.data())];
    }
    return states_[states_.size() - 2];
}

void Core::show() {
    std::size_t in_flight = 0;
    for (const auto& state : states_) {
        in_flight += state.slots.held();
    }
    in_flight_gauge_.Set(static_cast<double>(in_flight));
    connections_gauge_.Set(static_cast<double>(connections()));
}

std::chrono::milliseconds Core::tick() const {
    auto shortest = std::min(
        {config.header_timeout, config.body_timeout, config.idle_timeout, config.write_timeout}
    );
    for (const auto& route : router.routes()) {
        shortest = std::min({shortest, route.options.deadline, route.options.slow_reader_limit});
    }
    return std::clamp(shortest / 10, std::chrono::milliseconds{2}, std::chrono::milliseconds{50});
}

bool Core::enter(const std::string& peer) {
    const std::scoped_lock lock(peers_mutex_);
    if (connections_.load() >= config.max_connections) {
        return false;
    }
    auto& of_peer = peers_[peer];
    if (of_peer >= config.max_connections_per_peer) {
        return false;
    }
    ++of_peer;
    ++connections_;
    return true;
}

void Core::leave(const std::string& peer) {
    const std::scoped_lock lock(peers_mutex_);
    if (const auto found = peers_.find(peer); found != peers_.end() && --found->second == 0) {
        peers_.erase(found);
    }
    if (--connections_ == 0) {
        empty_.notify_all();
    }
}

void Core::close() {
    for (auto& state : states_) {
        state.slots.close();
    }
}

bool Core::wait_until_empty(std::chrono::milliseconds limit) {
    std::unique_lock lock(peers_mutex_);
    return empty_.wait_for(lock, limit, [this] { return connections_.load() == 0; });
}

} // namespace vigil::http
