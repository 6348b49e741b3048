#include "http/websocket_session.hpp"

#include "http/open_websocket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/http/empty_body.hpp>

#include <exception>

namespace vigil::http {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

namespace {

constexpr auto as_result = asio::as_tuple(asio::deferred);

} // namespace

auto WebSocketSession::wait(Waiter& waiter) {
    return asio::async_initiate<const asio::deferred_t&, void()>(
        [&waiter](auto handler) { waiter = Waiter(std::move(handler)); },
        asio::deferred
    );
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
