// A connection that is plain or TLS as its address says. Used by the clients; Boost.Beast inside.
#pragma once

#include "base/error.hpp"
#include "http/address.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <utility>

namespace vigil::http {

/// Whom a client believes: the certificates in `ca_file`, or the system's where it is empty;
/// TLS 1.2 at least.
///
/// errors  invalid_argument: the file holds no certificates
[[nodiscard]] Result<void>
trust(boost::asio::ssl::context& tls, const std::filesystem::path& ca_file);

/// What Beast calls an AsyncStream.
/// threads one at a time
class AnyStream {
public:
    using executor_type = boost::asio::io_context::executor_type;
    using next_layer_type = boost::beast::basic_stream<boost::asio::ip::tcp, executor_type>;

    explicit AnyStream(const executor_type& executor) : plain_(executor) {}

    /// Runs `context` until it is connected; TLS with the system's certificates where the address
    /// says so.
    ///
    /// errors  unavailable, safe to try again: nobody there, or one who is not believed
    Result<void> connect(
        boost::asio::io_context& context,
        const Address& address,
        std::chrono::milliseconds timeout
    );

    [[nodiscard]] executor_type get_executor() { return plain_.get_executor(); }

    /// What has the socket and the timer.
    [[nodiscard]] next_layer_type& next_layer() { return plain_; }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto handler, const Buffers& into) {
                if (secure_) {
                    secure_->async_read_some(into, std::move(handler));
                } else {
                    plain_.async_read_some(into, std::move(handler));
                }
            },
            token,
            buffers
        );
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto handler, const Buffers& from) {
                if (secure_) {
                    secure_->async_write_some(from, std::move(handler));
                } else {
                    plain_.async_write_some(from, std::move(handler));
                }
            },
            token,
            buffers
        );
    }

    /// How a WebSocket ends its connection.
    template <class Handler>
    friend void async_teardown(boost::beast::role_type role, AnyStream& stream, Handler&& handler) {
        using boost::beast::websocket::async_teardown;
        if (stream.secure_) {
            async_teardown(role, *stream.secure_, std::forward<Handler>(handler));
        } else {
            async_teardown(role, stream.plain_, std::forward<Handler>(handler));
        }
    }

private:
    next_layer_type plain_;
    std::optional<boost::asio::ssl::context> tls_;
    std::optional<boost::asio::ssl::stream<next_layer_type&>> secure_;
};

} // namespace vigil::http
