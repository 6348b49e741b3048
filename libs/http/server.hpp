// The HTTP and WebSocket server that every service runs: limits, deadlines, framing guard, drain,
// metrics. Boost.Beast inside.
#pragma once

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "http/message.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace vigil::http {

/// The headers that a Request carries, beside every one that begins with "x-"; the rest is the
/// connection's own business.
inline constexpr std::array<std::string_view, 12> request_headers{
    "accept",
    "accept-encoding",
    "authorization",
    "automation-id",
    "automation-name",
    "content-type",
    "cookie",
    "host",
    "if-none-match",
    "origin",
    "session-id",
    "traceparent",
};

struct ServerConfig {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0; // 0: a free one, see port()
    unsigned threads = 1;
    std::size_t max_connections = 4096; // more are accepted and closed at once with 503
    std::size_t max_header_bytes = 16 << 10;
    std::size_t max_connections_per_peer = 4096;
    std::chrono::milliseconds header_timeout{10'000
    }; // from the first byte (or accept) to the end of the header
    std::chrono::milliseconds body_timeout{30'000}; // from the header to the end of the body
    std::chrono::milliseconds idle_timeout{75'000}; // between requests
    std::chrono::milliseconds write_timeout{30'000};
    std::size_t max_body_bytes_in_memory = 256 << 20; // of all requests being read: beyond it 503
    std::size_t max_decompression_ratio = 200;        // a gzip body that grows more is refused
};

class Server {
public:
    Server(
        ServerConfig config,
        Router router,
        Authenticator authenticator,
        const Clock& clock,
        Log& log,
        Metrics& metrics
    );
    ~Server(); // stops at once if drain() was not called

    /// Listens and serves until drain(); returns when the port is open.
    /// errors  unavailable: the address cannot be listened on (the detail says why and what to do)
    Result<void> start();
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::size_t connections() const;

    /// Stops accepting, lets running requests finish, closes WebSockets with 1001; returns when all
    /// are gone or the limit passed.
    void drain(std::chrono::milliseconds limit);

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

} // namespace vigil::http
