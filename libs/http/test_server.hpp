// What the tests of libs/http share: a server on a free port with a log that is kept, and a raw
// socket that may misbehave.
#pragma once

#include "http/client.hpp"
#include "http/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <mutex>
#include <string>
#include <utility>

namespace vigil::http {

using std::chrono::milliseconds;

class KeptLog final : public Log {
public:
    KeptLog() : Log("test", "0") { level(LogLevel::warning); }

    [[nodiscard]] std::string text() {
        const std::scoped_lock lock(mutex_);
        return text_;
    }

protected:
    void line(const std::string& text) override {
        const std::scoped_lock lock(mutex_);
        text_ += text;
    }

private:
    std::mutex mutex_;
    std::string text_;
};

/// "Bearer device", "Bearer staff", "Bearer clinician", "Bearer administrator" or the cookie
/// "who=staff".
inline Result<Principal> know(const Request& request) {
    auto text = std::string(request.header("authorization"));
    if (text.empty()) {
        const auto cookie = std::string(request.header("cookie"));
        if (cookie.empty()) {
            return Principal{};
        }
        text = "Bearer " + cookie.substr(cookie.find('=') + 1);
    }
    using Kind = Principal::Kind;
    if (text == "Bearer device") {
        return Principal{.kind = Kind::device, .id = "key-1", .patient = "p1"};
    }
    if (text == "Bearer staff" || text == "Bearer clinician" || text == "Bearer administrator") {
        return Principal{
            .kind = Kind::staff,
            .id = "anna",
            .patient = {},
            .clinician = text != "Bearer staff",
            .administrator = text == "Bearer administrator"
        };
    }
    return fail(ErrorCode::unauthenticated, "This key is not known.");
}

struct TestServer {
    explicit TestServer(Router router, ServerConfig config = {})
        : server(std::move(config), std::move(router), know, clock, log, metrics) {
        if (auto started = server.start(); !started) {
            throw std::runtime_error(started.error().detail);
        }
    }

    [[nodiscard]] unsigned port() const { return server.port(); }

    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(server.port());
    }

    [[nodiscard]] Client client(milliseconds timeout = milliseconds{10'000}) const {
        return Client(url(), timeout);
    }

    SystemClock clock;
    KeptLog log;
    Metrics metrics;
    Server server;
};

inline std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

inline Router small_echo(std::size_t max_body = 1000) {
    Router router;
    router.add(
        Verb::post,
        "/echo",
        {.access = Access::open, .max_body = max_body},
        [](Request request, Reply reply) { reply(Response::json(std::move(request.body))); }
    );
    router.add(Verb::post, "/staff", {.max_body = max_body}, [](Request, Reply reply) {
        reply(Response::json("{}"));
    });
    return router;
}

/// A socket that sends whatever bytes it is told to.
class RawSocket {
public:
    explicit RawSocket(std::uint16_t port, int receive_buffer = 0)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (receive_buffer != 0) {
            ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }

    RawSocket(RawSocket&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_) {}

    RawSocket& operator=(RawSocket&&) = delete;

    ~RawSocket() {
        if (socket_ >= 0) {
            ::close(socket_);
        }
    }

    [[nodiscard]] bool connected() const { return connected_; }

    bool send(std::string_view bytes) {
        return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size());
    }

    /// What comes until `enough` bytes, `until` is seen, the other side closes, or the time is
    /// over.
    std::string receive(
        milliseconds limit = milliseconds{5'000},
        std::string_view until = {},
        std::size_t enough = SIZE_MAX
    ) {
        std::string text;
        const auto end = std::chrono::steady_clock::now() + limit;
        char bytes[16384];
        while (text.size() < enough && (until.empty() || text.find(until) == std::string::npos)) {
            const auto left =
                std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
            pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
            if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
                timed_out_ = true;
                return text;
            }
            const auto count =
                ::recv(socket_, bytes, std::min(sizeof bytes, enough - text.size()), 0);
            if (count <= 0) {
                closed_ = true;
                return text;
            }
            text.append(bytes, static_cast<std::size_t>(count));
        }
        return text;
    }

    /// Whether the other side closes within the limit; what comes before is dropped.
    bool closes_within(milliseconds limit) {
        receive(limit);
        return closed_;
    }

    [[nodiscard]] bool closed() const { return closed_; }

private:
    int socket_;
    bool connected_ = false;
    bool closed_ = false;
    bool timed_out_ = false;
};

} // namespace vigil::http
