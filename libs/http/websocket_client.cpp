// The WebSocket half of client.hpp: one thread reads and writes, callers wait for it.
#include "http/address.hpp"
#include "http/any_stream.hpp"
#include "http/client.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace vigil::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
constexpr std::size_t longest_message = 64 << 20; // bytes

ErrorCode code_of(unsigned status) {
    switch (status) {
        case 400:
            return ErrorCode::invalid_argument;
        case 401:
            return ErrorCode::unauthenticated;
        case 403:
            return ErrorCode::forbidden;
        case 404:
        case 405:
            return ErrorCode::not_found;
        case 503:
            return ErrorCode::overloaded;
        default:
            return ErrorCode::unavailable;
    }
}

} // namespace

struct WebSocketClient::Inside {
    explicit Inside(std::chrono::milliseconds limit)
        : timeout(limit), stream(context.get_executor()) {}

    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside();

    Result<void> shake_hands(
        const Address& address,
        const std::string& target,
        const std::vector<std::pair<std::string, std::string>>& headers
    );
    void start();
    void read_next();
    void write(std::shared_ptr<const std::string> message);
    void broke(const boost::system::error_code& error);
    template <class Start>
    boost::system::error_code run(Start begin);
    [[nodiscard]] std::unexpected<Error> closed() const;

    std::chrono::milliseconds timeout;
    asio::io_context context{1};
    websocket::stream<AnyStream, false> stream;
    beast::flat_buffer buffer;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
    std::jthread thread;

    std::mutex mutex; // guards what follows
    std::condition_variable changed;
    std::optional<std::string> arrived;
    std::optional<std::string> ended; // why
    bool writing = false;
    bool closing = false;
};

template <class Start>
boost::system::error_code WebSocketClient::Inside::run(Start begin) {
    boost::system::error_code outcome;
    begin([&outcome](const boost::system::error_code& error, auto&&...) { outcome = error; });
    context.restart();
    context.run();
    return outcome;
}

WebSocketClient::Inside::~Inside() {
    if (thread.joinable()) {
        asio::post(context, [this] { stream.next_layer().next_layer().close(); });
        work.reset();
        thread.join();
    }
}

Result<void> WebSocketClient::Inside::shake_hands(
    const Address& address,
    const std::string& target,
    const std::vector<std::pair<std::string, std::string>>& headers
) {
    stream.set_option(websocket::stream_base::decorator([&headers](websocket::request_type& request
                                                        ) {
        for (const auto& [name, value] : headers) {
            request.set(name, value);
        }
    }));
    websocket::response_type answer;
    stream.next_layer().next_layer().expires_after(timeout);
    const auto error = run([&](auto done) {
        stream.async_handshake(answer, address.authority, address.prefix + target, std::move(done));
    });
    if (error == websocket::error::upgrade_declined) {
        const auto code = code_of(answer.result_int());
        return fail(
            code,
            "The server refused the WebSocket with " + std::to_string(answer.result_int()) + ".",
            "",
            answer.body(),
            code == ErrorCode::overloaded || code == ErrorCode::unavailable ? Retry::safe
                                                                            : Retry::never
        );
    }
    if (error) {
        return fail(
            ErrorCode::unavailable,
            "The WebSocket could not be opened.",
            "",
            error.message(),
            Retry::safe
        );
    }
    stream.set_option(websocket::stream_base::decorator([](websocket::request_type&) {}));
    return {};
}

void WebSocketClient::Inside::start() {
    stream.binary(true);
    stream.auto_fragment(false);
    stream.read_message_max(longest_message);
    stream.next_layer().next_layer().expires_never();
    context.restart();
    work.emplace(context.get_executor());
    read_next();
    thread = std::jthread([this] { context.run(); });
}

// One message is read ahead, so that pings are answered; the next one only when this one was taken.
void WebSocketClient::Inside::read_next() {
    stream.async_read(buffer, [this](const boost::system::error_code& error, std::size_t) {
        if (error) {
            broke(error);
            return;
        }
        const std::scoped_lock lock(mutex);
        arrived = beast::buffers_to_string(buffer.data());
        buffer.clear();
        changed.notify_all();
    });
}

void WebSocketClient::Inside::write(std::shared_ptr<const std::string> message) {
    stream.async_write(
        asio::buffer(*message),
        [this, message](const boost::system::error_code& error, std::size_t) {
            if (error) {
                broke(error);
            }
            const std::scoped_lock lock(mutex);
            writing = false;
            changed.notify_all();
        }
    );
}

void WebSocketClient::Inside::broke(const boost::system::error_code& error) {
    const std::scoped_lock lock(mutex);
    if (!ended) {
        const auto& reason = stream.reason();
        ended = reason.code != 0 ? "close code " + std::to_string(reason.code) + ": " +
                                       std::string(reason.reason.data(), reason.reason.size())
                                 : error.message();
    }
    changed.notify_all();
}

std::unexpected<Error> WebSocketClient::Inside::closed() const {
    return fail(ErrorCode::unavailable, "The WebSocket is closed.", "", *ended, Retry::in_doubt);
}

WebSocketClient::WebSocketClient(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

WebSocketClient::~WebSocketClient() = default;
WebSocketClient::WebSocketClient(WebSocketClient&&) noexcept = default;
WebSocketClient& WebSocketClient::operator=(WebSocketClient&&) noexcept = default;

Result<WebSocketClient> WebSocketClient::open(
    const std::string& base_url,
    const std::string& target,
    const std::vector<std::pair<std::string, std::string>>& headers,
    std::chrono::milliseconds timeout
) {
    const auto address = parse_address(base_url);
    if (!address) {
        return std::unexpected(address.error());
    }
    auto inside = std::make_unique<Inside>(timeout);
    auto& connection = inside->stream.next_layer();
    auto opened = connection.connect(inside->context, *address, timeout).and_then([&] {
        return inside->shake_hands(*address, target, headers);
    });
    if (!opened) {
        return std::unexpected(std::move(opened.error()));
    }
    inside->start();
    return WebSocketClient(std::move(inside));
}

Result<void> WebSocketClient::send(const std::string& message) {
    auto& inside = *inside_;
    std::unique_lock lock(inside.mutex);
    if (inside.ended) {
        return inside.closed();
    }
    inside.writing = true;
    asio::post(inside.context, [&inside, copy = std::make_shared<const std::string>(message)] {
        inside.write(copy);
    });
    const bool done = inside.changed.wait_for(lock, inside.timeout, [&] {
        return !inside.writing || inside.ended;
    });
    if (inside.ended) {
        return inside.closed();
    }
    if (!done) {
        // Half a message cannot be taken back.
        inside.ended = "a message was not taken in time";
        asio::post(inside.context, [&inside] { inside.stream.next_layer().next_layer().close(); });
        return fail(
            ErrorCode::timeout,
            "The server did not take the message in time.",
            "",
            "",
            Retry::in_doubt
        );
    }
    return {};
}

Result<std::string> WebSocketClient::receive(std::chrono::milliseconds timeout) {
    auto& inside = *inside_;
    std::unique_lock lock(inside.mutex);
    inside.changed.wait_for(lock, timeout, [&] { return inside.arrived || inside.ended; });
    if (inside.arrived) {
        auto message = std::move(*inside.arrived);
        inside.arrived.reset();
        asio::post(inside.context, [&inside] { inside.read_next(); });
        return message;
    }
    if (inside.ended) {
        return inside.closed();
    }
    return fail(ErrorCode::timeout, "No message in time.", "", "", Retry::safe);
}

void WebSocketClient::close() {
    auto& inside = *inside_;
    std::unique_lock lock(inside.mutex);
    if (inside.ended || inside.closing) {
        return;
    }
    inside.closing = true;
    asio::post(inside.context, [&inside] {
        inside.stream.async_close(
            websocket::close_code::normal,
            [&inside](const boost::system::error_code& error) { inside.broke(error); }
        );
    });
    inside.changed.wait_for(lock, inside.timeout, [&] { return inside.ended.has_value(); });
}

} // namespace vigil::http
