#include "process/away.hpp"

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "base/version.hpp"
#include "process/servers.hpp"
#include "process/stop_signal.hpp"

#include <format>
#include <iostream>
#include <string>

namespace vigil::process {

namespace {

constexpr int deepest_path = 8; // of those that Vigil has: /v1/patients/{id}/... has six

/// Every path with every verb, and nobody is let in: the refusal is what all are told, before a
/// body is read.
http::Router only_refusals() {
    http::Router router;
    const auto nothing = [](http::Request, http::Reply) {};
    const http::RouteOptions closed{.access = http::Access::staff};
    for (const auto verb : {http::Verb::get, http::Verb::post, http::Verb::put, http::Verb::del}) {
        router.add(verb, "/", closed, nothing);
        std::string pattern;
        for (int depth = 1; depth <= deepest_path; ++depth) {
            pattern += std::format("/{{{}}}", depth);
            router.add(verb, pattern, closed, nothing);
        }
    }
    return router;
}

Result<http::Principal> come_again(const http::Request&) {
    return fail(
        ErrorCode::unavailable,
        "What answers this is being started or cannot be reached; try again."
    );
}

} // namespace

int serve_away(const ClusterConfig& config) {
    StopSignal stop;
    raise_descriptor_limit();
    Log log("away", program_version);
    log.level(log_level_of(config.log_level).value_or(LogLevel::info));
    const SystemClock clock;
    Metrics metrics;
    Servers servers(config.servers, only_refusals(), come_again, clock, log, metrics);
    if (const auto started = servers.start({}, {}); !started) {
        log.error("start_failed", started.error());
        std::cerr << "away: " << started.error().detail << '\n';
        return 1;
    }
    log.info("started", {{"address", servers.base_url()}, {"monitor", servers.monitor_url()}});
    log.info("stopping", {{"signal", stop.wait()}});
    servers.drain(config.drain);
    log.info("stopped");
    return 0;
}

} // namespace vigil::process
