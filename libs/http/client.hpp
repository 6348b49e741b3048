// The HTTP and WebSocket client that `vigil play` and the tests use: blocking, keep-alive, with
// deadlines. Boost.Beast inside.
#pragma once

#include "base/error.hpp"
#include "http/message.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace vigil::http {

/// One connection to "http://host:port" or "https://host:port", opened when first used and again
/// after the server closed it. Of https it believes the certificates of the system, or of the file
/// that SSL_CERT_FILE names. threads one at a time
class Client {
public:
    explicit Client(
        std::string base_url,
        std::chrono::milliseconds timeout = std::chrono::milliseconds{10'000}
    );
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    /// Any answer of the server is a Response, whatever its status.
    /// errors  unavailable: no connection, retry safe; timeout or unavailable with Retry::in_doubt:
    /// the request was on its way
    Result<Response> request(
        Verb verb,
        const std::string& target,
        std::string body = {},
        const std::vector<std::pair<std::string, std::string>>& headers = {}
    );

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

/// A WebSocket for binary messages, TLS as with Client.
/// threads one reads and one writes
class WebSocketClient {
public:
    static Result<WebSocketClient> open(
        const std::string& base_url,
        const std::string& target,
        const std::vector<std::pair<std::string, std::string>>& headers = {},
        std::chrono::milliseconds timeout = std::chrono::milliseconds{10'000}
    );
    ~WebSocketClient();
    WebSocketClient(WebSocketClient&&) noexcept;
    WebSocketClient& operator=(WebSocketClient&&) noexcept;

    Result<void> send(const std::string& message);
    /// errors  timeout: nothing came; unavailable: closed (the cause says the close code)
    Result<std::string> receive(std::chrono::milliseconds timeout);
    void close();

private:
    struct Inside;
    explicit WebSocketClient(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

} // namespace vigil::http
