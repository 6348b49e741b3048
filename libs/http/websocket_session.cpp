#include "http/websocket_session.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <atomic>
#include <deque>
#include <exception>
#include <optional>

namespace vigil::http {

namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
constexpr auto as_result = asio::as_tuple(asio::deferred);
constexpr std::chrono::milliseconds close_limit{2'000
}; // for the other side's half of the closing handshake

class WebSocketSession final : public WebSocket,
                               public Session,
                               public std::enable_shared_from_this<WebSocketSession> {
public:
    WebSocketSession(
        std::shared_ptr<Loop> loop,
        Socket socket,
        Place place,
        std::shared_ptr<WebSocketPeer> peer,
        const RouteState& state,
        std::string request_id
    )
        : loop_(std::move(loop)),
          core_(*loop_->core),
          options_(state.route->options),
          place_(std::move(place)),
          peer_(std::move(peer)),
          request_id_(std::move(request_id)),
          stream_(std::move(socket)) {}

    static Task<void>
    run(std::shared_ptr<WebSocketSession> self, beast::http::request_header<> header);

    bool send(std::shared_ptr<const std::string> message) override;
    void close(std::uint16_t code, std::string reason) override;
    void pause_reading(bool paused) override;

    [[nodiscard]] std::size_t queued_bytes() const override {
        return queued_bytes_.load(std::memory_order_relaxed);
    }

    void sweep(SteadyTime now) override;

    void drain() override { close(1001, "the server is stopping"); }

    void abort() override;
    void wake() override;

private:
    using Waiter = asio::any_completion_handler<void()>;

    struct Closing {
        std::uint16_t code;
        std::string reason;
    };

    struct Work {
        std::shared_ptr<const std::string> message;
        std::optional<Closing> closing;
        bool ping = false;
    };

    Task<bool> accept(beast::http::request_header<> header);
    Task<void> read_all();
    Task<bool> read_message();
    Task<void> write_all(std::shared_ptr<WebSocketSession> self);
    Task<bool> write_one(Work work);
    std::optional<Work> next_work();
    auto wait(Waiter& waiter);
    void resume(Waiter& waiter);
    void request_wake();
    void sent(std::size_t bytes);
    void side_ended();
    bool paused();
    bool full_for_too_long(SteadyTime now);

    const std::shared_ptr<Loop> loop_;
    Core& core_;
    const RouteOptions& options_;
    std::optional<Place> place_;
    std::shared_ptr<WebSocketPeer> peer_;
    const std::string request_id_;
    websocket::stream<Socket, false> stream_; // without permessage-deflate

    // The loop's thread only.
    std::string message_;
    SteadyTime heard_;
    SteadyTime deadline_ = SteadyTime::max();
    bool ping_wanted_ = false;
    bool pinged_ = false;
    bool opened_ = false;
    bool ended_ = false; // the writer does not wait for more
    int sides_ = 2;
    Waiter writer_;
    Waiter reader_;

    std::atomic<std::size_t> queued_bytes_{0};
    std::mutex mutex_; // guards what send, close and pause_reading change
    std::deque<std::shared_ptr<const std::string>> queue_;
    std::optional<Closing> closing_;
    std::optional<SteadyTime> full_since_;
    bool paused_ = false;
    bool closed_ = false;
    bool wake_pending_ = false;
};

bool WebSocketSession::send(std::shared_ptr<const std::string> message) {
    const auto size = message->size();
    const std::scoped_lock lock(mutex_);
    if (closed_ || closing_) {
        return false;
    }
    if (queued_bytes() + size > options_.send_queue_bytes) {
        if (!full_since_) {
            full_since_ = core_.clock.steady();
        }
        return false;
    }
    full_since_.reset();
    queued_bytes_.fetch_add(size, std::memory_order_relaxed);
    queue_.push_back(std::move(message));
    request_wake();
    return true;
}

void WebSocketSession::close(std::uint16_t code, std::string reason) {
    const std::scoped_lock lock(mutex_);
    if (closed_ || closing_) {
        return;
    }
    reason.resize(std::min<std::size_t>(reason.size(), 120)
    ); // RFC 6455 section 5.5: a control frame has at most 125 bytes
    closing_ = Closing{.code = code, .reason = std::move(reason)};
    request_wake();
}

void WebSocketSession::pause_reading(bool paused) {
    const std::scoped_lock lock(mutex_);
    paused_ = paused;
    if (!paused) {
        request_wake();
    }
}

// Under mutex_.
void WebSocketSession::request_wake() {
    if (!std::exchange(wake_pending_, true)) {
        loop_->wake(shared_from_this());
    }
}

void WebSocketSession::wake() {
    {
        const std::scoped_lock lock(mutex_);
        wake_pending_ = false;
        if (closing_) {
            deadline_ = std::min(deadline_, loop_->now() + close_limit);
        }
    }
    resume(writer_);
    if (!paused()) {
        resume(reader_);
    }
}

bool WebSocketSession::paused() {
    const std::scoped_lock lock(mutex_);
    return paused_ && !closed_;
}

auto WebSocketSession::wait(Waiter& waiter) {
    return asio::async_initiate<const asio::deferred_t&, void()>(
        [&waiter](auto handler) { waiter = Waiter(std::move(handler)); },
        asio::deferred
    );
}

void WebSocketSession::resume(Waiter& waiter) {
    if (waiter) {
        std::exchange(waiter, nullptr)();
    }
}

Task<void> WebSocketSession::run(
    std::shared_ptr<WebSocketSession> self,
    beast::http::request_header<> header
) {
    self->loop_->add(*self);
    self->heard_ = self->loop_->now();
    self->deadline_ = self->heard_ + self->core_.config.header_timeout;
    try {
        if (co_await self->accept(std::move(header))) {
            self->deadline_ = SteadyTime::max();
            asio::co_spawn(
                self->loop_->context.get_executor(),
                self->write_all(self),
                asio::detached
            );
            self->opened_ = true;
            self->peer_->on_open(self);
            if (self->core_.draining) {
                self->drain();
            }
            co_await self->read_all();
        } else {
            --self->sides_;
        }
    } catch (const std::bad_alloc&) {
        std::terminate();
    } catch (const std::exception& thrown) {
        self->core_.log.error(
            "websocket_failed",
            {{"request_id", self->request_id_}, {"cause", thrown.what()}}
        );
        self->close(1011, "an error of the server");
    }
    self->side_ended();
}

Task<bool> WebSocketSession::accept(beast::http::request_header<> header) {
    stream_.binary(true);
    stream_.auto_fragment(false);
    stream_.read_message_max(options_.max_body);
    stream_.set_option(
        websocket::stream_base::decorator([id = request_id_](websocket::response_type& response) {
            response.set(beast::http::field::server, "vigil");
            response.set("X-Request-Id", id);
        })
    );
    // Read calls alone see pings and pongs; that somebody is there is all that they say.
    stream_.control_callback([this](websocket::frame_type, beast::string_view) {
        heard_ = loop_->now();
        pinged_ = false;
    });
    const beast::http::request<beast::http::empty_body> request(std::move(header));
    const auto [error] = co_await stream_.async_accept(request, as_result);
    co_return !error;
}

Task<void> WebSocketSession::read_all() {
    while (true) {
        while (paused()) {
            co_await wait(reader_);
        }
        if (!co_await read_message()) {
            co_return;
        }
    }
}

Task<bool> WebSocketSession::read_message() {
    message_.clear();
    BodyBudget::Share share(core_.bodies);
    auto buffer = asio::dynamic_buffer(message_, options_.max_body);
    do {
        const auto [error, count] = co_await stream_.async_read_some(buffer, 64 << 10, as_result);
        if (error) {
            co_return false;
        }
        heard_ = loop_->now();
        pinged_ = false;
        if (!share.grow_to(message_.size())) {
            core_.count(Refusal::memory);
            close(1013, "too many messages are being read");
            co_return true;
        }
    } while (!stream_.is_message_done());
    if (!stream_.got_binary()) {
        close(1003, "messages are binary");
        co_return true;
    }
    share.release();
    bool closing = false;
    {
        const std::scoped_lock lock(mutex_);
        closing = closing_.has_value();
    }
    if (!closing) {
        peer_->on_message(std::exchange(message_, {}));
    }
    co_return true;
}

std::optional<WebSocketSession::Work> WebSocketSession::next_work() {
    const std::scoped_lock lock(mutex_);
    if (closing_) {
        queue_.clear();
        queued_bytes_ = 0;
        closed_ = true;
        return Work{.message = nullptr, .closing = *closing_};
    }
    if (!queue_.empty()) {
        Work work{.message = std::move(queue_.front()), .closing = std::nullopt};
        queue_.pop_front();
        return work;
    }
    if (std::exchange(ping_wanted_, false)) {
        return Work{.message = nullptr, .closing = std::nullopt, .ping = true};
    }
    return std::nullopt;
}

Task<void> WebSocketSession::write_all(std::shared_ptr<WebSocketSession> self) {
    while (true) {
        auto work = next_work();
        if (!work && ended_) {
            break;
        }
        if (!work) {
            co_await wait(writer_);
            continue;
        }
        if (!co_await write_one(std::move(*work))) {
            break;
        }
    }
    self->side_ended();
}

Task<bool> WebSocketSession::write_one(Work work) {
    if (work.closing) {
        deadline_ = loop_->now() + close_limit;
        resume(reader_);
        const websocket::close_reason reason(
            websocket::close_code{work.closing->code},
            work.closing->reason
        );
        co_await stream_.async_close(reason, as_result);
        co_return false;
    }
    if (work.ping) {
        const auto [error] = co_await stream_.async_ping({}, as_result);
        co_return !error;
    }
    deadline_ = loop_->now() + core_.config.write_timeout;
    const auto [error, count] =
        co_await stream_.async_write(asio::buffer(*work.message), as_result);
    sent(work.message->size());
    co_return !error;
}

void WebSocketSession::sent(std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    if (!closing_) {
        deadline_ = SteadyTime::max();
    }
    queued_bytes_.fetch_sub(std::min(bytes, queued_bytes()), std::memory_order_relaxed);
    if (queued_bytes() < options_.send_queue_bytes / 2) {
        full_since_.reset();
    }
}

// Reader and writer end one after the other; the last one ends the session.
void WebSocketSession::side_ended() {
    if (--sides_ > 0) {
        ended_ = true;
        {
            const std::scoped_lock lock(mutex_);
            closed_ = true;
        }
        deadline_ = std::min(deadline_, loop_->now() + close_limit);
        resume(writer_);
        resume(reader_);
        return;
    }
    loop_->remove(*this);
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
    {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        queue_.clear();
        queued_bytes_ = 0;
    }
    if (const auto peer = std::exchange(peer_, nullptr); opened_) {
        peer->on_close();
    }
    place_.reset();
}

bool WebSocketSession::full_for_too_long(SteadyTime now) {
    const std::scoped_lock lock(mutex_);
    return full_since_ && now - *full_since_ >= options_.slow_reader_limit;
}

void WebSocketSession::sweep(SteadyTime now) {
    if (now >= deadline_) {
        if (queued_bytes() != 0) {
            core_.count(Refusal::slow_reader);
        }
        abort();
        return;
    }
    // Beast closes by itself what breaks the protocol, and then waits for the other side to do so
    // too.
    if (opened_ && !stream_.is_open()) {
        deadline_ = std::min(deadline_, now + close_limit);
    }
    if (full_for_too_long(now)) {
        {
            const std::scoped_lock lock(mutex_);
            full_since_.reset();
        }
        core_.count(Refusal::slow_reader);
        close(1013, "this side reads too slowly");
    }
    const auto silent = now - heard_;
    if (silent >= core_.config.idle_timeout && !paused()) {
        abort();
    } else if (silent >= core_.config.idle_timeout / 2 && !pinged_) {
        pinged_ = ping_wanted_ = true;
        resume(writer_);
    }
}

void WebSocketSession::abort() {
    deadline_ = SteadyTime::max();
    ended_ = true;
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
    {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
    }
    const auto self = shared_from_this();
    resume(writer_);
    resume(reader_);
}

} // namespace

void open_websocket(
    std::shared_ptr<Loop> loop,
    Socket socket,
    Place place,
    beast::http::request_header<> header,
    std::shared_ptr<WebSocketPeer> peer,
    const RouteState& state,
    std::string request_id
) {
    auto executor = loop->context.get_executor();
    auto session = std::make_shared<WebSocketSession>(
        std::move(loop),
        std::move(socket),
        std::move(place),
        std::move(peer),
        state,
        std::move(request_id)
    );
    asio::co_spawn(executor, WebSocketSession::run(session, std::move(header)), asio::detached);
}

} // namespace vigil::http
