// The two ports of a program: the public one, and the monitor's with /livez, /readyz and /metrics.
// Used by every program that serves.
#pragma once

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "http/server.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vigil::process {

/// One line of /readyz.
struct Check {
    std::string name;
    std::function<bool()> holds;
    bool counts = true; // false: shown, and ready without it
};

struct ServersConfig {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::uint16_t monitor_port = 0; // 0: a free one, for both
    unsigned threads = 1;
};

/// Serves from start() on. What it was given outlives it.
/// threads any
class Servers {
public:
    Servers(
        ServersConfig config,
        http::Router router,
        http::Authenticator authenticator,
        const Clock& clock,
        Log& log,
        Metrics& metrics
    );
    Servers(const Servers&) = delete;

    /// `live`: false tells whoever watches to start the process anew.
    ///
    /// errors  unavailable: a port cannot be had
    Result<void> start(std::vector<Check> checks, std::function<bool()> live = {});
    /// Not ready from now on; what is in flight is finished for `limit` at most. The monitor stays,
    /// until the destructor.
    void drain(std::chrono::milliseconds limit);

    [[nodiscard]] std::string base_url() const;
    [[nodiscard]] std::string monitor_url() const;

private:
    [[nodiscard]] http::Router monitor_routes();
    [[nodiscard]] bool ready() const;
    void show_ready(http::Reply reply) const;
    void show_checks() const;
    [[nodiscard]] std::string url_of(std::uint16_t port) const;

    const ServersConfig config_;
    Metrics& metrics_;
    Metrics monitor_metrics_; // of the monitor's own server: shown nowhere
    std::vector<Check> checks_;
    std::vector<prometheus::Gauge*> check_gauges_; // of each
    std::function<bool()> live_;
    std::atomic<bool> draining_ = false;
    std::unique_ptr<http::Server> monitor_;
    std::unique_ptr<http::Server> server_;
};

} // namespace vigil::process
