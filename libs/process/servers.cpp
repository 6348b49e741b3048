#include "process/servers.hpp"

#include "base/json_text.hpp"

#include <algorithm>
#include <format>
#include <ranges>
#include <utility>

namespace vigil::process {

namespace {

constexpr std::size_t monitor_connections = 64;

} // namespace

Servers::Servers(
    ServersConfig config,
    http::Router router,
    http::Authenticator authenticator,
    const Clock& clock,
    Log& log,
    Metrics& metrics
)
    : config_(std::move(config)), metrics_(metrics) {
    server_ = std::make_unique<http::Server>(
        http::ServerConfig{
            .address = config_.address,
            .port = config_.port,
            .threads = config_.threads
        },
        std::move(router),
        std::move(authenticator),
        clock,
        log,
        metrics
    );
    monitor_ = std::make_unique<http::Server>(
        http::ServerConfig{
            .address = config_.address,
            .port = config_.monitor_port,
            .max_connections = monitor_connections
        },
        monitor_routes(),
        [](const http::Request&) { return http::Principal{}; },
        clock,
        log,
        monitor_metrics_
    );
}

Result<void> Servers::start(std::vector<Check> checks, std::function<bool()> live) {
    checks_ = std::move(checks);
    live_ = std::move(live);
    for (const auto& check : checks_) {
        check_gauges_.push_back(&metrics_.gauge(
            "vigil_check_holds",
            "1 while a line of /readyz holds, by check",
            {{"check", check.name}}
        ));
    }
    return monitor_->start().and_then([&] { return server_->start(); });
}

void Servers::drain(std::chrono::milliseconds limit) {
    draining_ = true;
    server_->drain(limit);
}

bool Servers::ready() const {
    return !draining_ && std::ranges::all_of(checks_, [](const Check& check) {
        return !check.counts || check.holds();
    });
}

void Servers::show_ready(http::Reply reply) const {
    const bool is_ready = ready();
    JsonText json;
    json.open_object().member("ready", is_ready).member("draining", draining_.load());
    for (const auto& check : checks_) {
        json.member(check.name, check.holds());
    }
    json.close_object();
    reply(http::Response::json(std::move(json).text(), is_ready ? 200 : 503));
}

void Servers::show_checks() const {
    for (const auto& [check, gauge] : std::views::zip(checks_, check_gauges_)) {
        gauge->Set(check.holds() ? 1 : 0);
    }
}

http::Router Servers::monitor_routes() {
    http::Router router;
    const http::RouteOptions open{.access = http::Access::open};
    router.add(http::Verb::get, "/livez", open, [this](http::Request, http::Reply reply) {
        const bool is_live = !live_ || live_();
        reply(http::Response::json(
            is_live ? R"({"live":true})" : R"({"live":false})",
            is_live ? 200 : 503
        ));
    });
    router.add(http::Verb::get, "/readyz", open, [this](http::Request, http::Reply reply) {
        show_ready(std::move(reply));
    });
    router.add(http::Verb::get, "/metrics", open, [this](http::Request, http::Reply reply) {
        show_checks();
        reply(
            {.status = 200,
             .content_type = "text/plain; version=0.0.4",
             .body = metrics_.text(),
             .headers = {}}
        );
    });
    return router;
}

std::string Servers::url_of(std::uint16_t port) const {
    const auto host = config_.address == "0.0.0.0" ? std::string("127.0.0.1") : config_.address;
    return std::format("http://{}:{}", host, port);
}

std::string Servers::base_url() const {
    return url_of(server_->port());
}

std::string Servers::monitor_url() const {
    return url_of(monitor_->port());
}

} // namespace vigil::process
