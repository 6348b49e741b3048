// What all connections of one server share: its configuration, its routes with their counts, and
// the budget for bodies.
#pragma once

#include "http/body_budget.hpp"
#include "http/server.hpp"
#include "http/slots.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace vigil::http {

/// One route's slots and counts.
struct RouteState {
    const Router::Route* route = nullptr;
    std::uint16_t index = 0;
    Slots slots;
    std::array<prometheus::Counter*, 6> answered{}; // by the status' first digit
    prometheus::Histogram* duration = nullptr;
};

/// Why something was turned away: the label `reason` of vigil_http_refused_total.
enum class Refusal : std::uint8_t {
    connections, // max_connections or max_connections_per_peer
    malformed,   // not HTTP, or framing that two readers could see differently
    header_size,
    body_size,    // also after decompression
    memory,       // max_body_bytes_in_memory
    slow_request, // header_timeout or body_timeout
    slow_reader,  // write_timeout, or a WebSocket's queue that stayed full
    access,
    in_flight,
    deadline, // the handler had not answered
    last = deadline,
};

/// threads any, where not said otherwise
class Core {
public:
    Core(
        ServerConfig configuration,
        Router table,
        Authenticator who,
        const Clock& time,
        Log& lines,
        Metrics& metrics
    );

    [[nodiscard]] RouteState& state_of(const Router::Route* route);

    [[nodiscard]] RouteState& state_at(std::size_t index) { return states_[index]; }

    [[nodiscard]] RouteState& unmatched() { return states_.back(); }

    void count(Refusal why) { refused_[static_cast<std::size_t>(why)]->Increment(); }

    /// Sets the gauges; called now and then from a server's thread.
    void show();
    /// How often deadlines are looked at: a tenth of the shortest one, between 2 and 50 ms.
    [[nodiscard]] std::chrono::milliseconds tick() const;
    /// False at a limit. Each success is followed by one leave().
    [[nodiscard]] bool enter(const std::string& peer);
    void leave(const std::string& peer);

    [[nodiscard]] std::size_t connections() const { return connections_.load(); }

    bool wait_until_empty(std::chrono::milliseconds limit);
    /// After the last request: answers that come later touch nothing that is not the core's own.
    void close();

    const ServerConfig config;
    const Router router;
    const Authenticator authenticator;
    const Clock& clock;
    Log& log;
    BodyBudget bodies;
    std::atomic<bool> draining{false};

private:
    std::deque<RouteState> states_; // the router's, then the fallback's and the one for no route
    std::array<prometheus::Counter*, static_cast<std::size_t>(Refusal::last) + 1> refused_{};
    prometheus::Gauge& connections_gauge_;
    prometheus::Gauge& in_flight_gauge_;
    std::atomic<std::size_t> connections_{0};
    std::mutex peers_mutex_;
    std::condition_variable empty_;
    std::map<std::string, std::size_t> peers_;
};

/// One connection's place under max_connections.
class Place {
public:
    Place(std::shared_ptr<Core> core, std::string peer)
        : core_(std::move(core)), peer_(std::move(peer)) {}

    Place(Place&&) noexcept = default;
    Place& operator=(Place&&) = delete;

    ~Place() {
        if (core_) {
            core_->leave(peer_);
        }
    }

    [[nodiscard]] const std::string& peer() const { return peer_; }

private:
    std::shared_ptr<Core> core_;
    std::string peer_;
};

} // namespace vigil::http
