#include "http/connection.hpp"

#include "http/open_websocket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/write.hpp>

#include <exception>

namespace vigil::http {

namespace beast = boost::beast;

namespace {

constexpr auto as_result = asio::as_tuple(asio::deferred);
constexpr std::size_t large_read = 64 << 10;
constexpr std::size_t kept_buffer = 8 << 10; // a connection that waits holds no more

} // namespace

Connection::Connection(std::shared_ptr<Loop> loop, Socket socket, Place place)
    : loop_(std::move(loop)),
      core_(*loop_->core),
      socket_(std::move(socket)),
      place_(std::move(place)),
      buffer_(core_.config.max_header_bytes + large_read) {}

Task<void> Connection::run(std::shared_ptr<Connection> self) {
    self->loop_->add(*self);
    try {
        while (co_await self->serve_one()) {
        }
    } catch (const std::bad_alloc&) {
        std::terminate();
    } catch (const std::exception& thrown) {
        self->core_.log.error("http_connection_failed", {{"cause", thrown.what()}});
    }
    self->end();
}

void Connection::end() {
    loop_->remove(*this);
    boost::system::error_code ignored;
    socket_.close(ignored);
    place_.reset();
}

void Connection::enter(Phase phase, std::chrono::milliseconds limit) {
    phase_ = phase;
    timed_out_ = false;
    deadline_ = loop_->now() + limit;
}

Task<bool> Connection::serve_one() {
    auto step = co_await read_header();
    if (step == Step::ok) {
        step = examine();
    }
    if (step == Step::ok && wants_upgrade_) {
        co_return co_await upgrade();
    }
    if (step == Step::ok && !parser_->is_done()) {
        step = co_await read_body();
    }
    if (step == Step::ok && gzip_) {
        step = unpack_body();
    }
    if (step == Step::ok && !state_->slots.take()) {
        core_.count(Refusal::in_flight);
        step = refuse_with(slots_full(state_->slots.most(), id_));
    }
    if (step == Step::gone) {
        co_return false;
    }
    if (step == Step::refuse) {
        co_return co_await refuse();
    }
    auto response = co_await let_handle();
    if (aborted_) {
        co_return false;
    }
    co_return co_await answer(std::move(response), parser_->keep_alive());
}

Task<Connection::Step> Connection::read_more(std::size_t most) {
    const auto [error, count] = co_await socket_.async_read_some(buffer_.prepare(most), as_result);
    buffer_.commit(count);
    if (!error) {
        co_return Step::ok;
    }
    const bool silent = phase_ == Phase::header && buffer_.size() == 0;
    co_return timed_out_ && !silent && !aborted_ && (phase_ != Phase::idle) ? refuse_timeout()
                                                                            : Step::gone;
}

Task<Connection::Step> Connection::read_header() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(core_.config.max_header_bytes));
    parser_->body_limit(boost::none); // the route's own, set by examine() on the body itself
    if (!first_ && buffer_.size() == 0) {
        if (core_.draining) {
            co_return Step::gone;
        }
        if (buffer_.capacity() > kept_buffer) {
            buffer_.shrink_to_fit();
        }
        enter(Phase::idle, core_.config.idle_timeout);
    } else {
        enter(Phase::header, core_.config.header_timeout);
    }
    first_ = false;
    while (true) {
        while (buffer_.size() >= 2 &&
               std::string_view(static_cast<const char*>(buffer_.data().data()), 2) == "\r\n") {
            buffer_.consume(2
            ); // RFC 9112 section 2.2: an empty line before a request is passed over
        }
        if (buffer_.size() != 0) {
            boost::system::error_code error;
            buffer_.consume(parser_->put(buffer_.data(), error));
            if (parser_->is_header_done()) {
                co_return Step::ok;
            }
            if (error && error != beast::http::error::need_more) {
                co_return refuse_bytes(error);
            }
        }
        // Read into what is there first; a header that is longer than most grows the buffer up to
        // the header's limit.
        const auto room = buffer_.capacity() - buffer_.size();
        if (const auto step = co_await read_more(room >= 512 ? room : first_read);
            step != Step::ok) {
            co_return step;
        }
        if (phase_ == Phase::idle) {
            enter(Phase::header, core_.config.header_timeout);
        }
    }
}

Task<Connection::Step> Connection::read_body() {
    enter(Phase::body, core_.config.body_timeout);
    if (expects_continue_ && buffer_.size() == 0) {
        static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        const auto [error, count] =
            co_await asio::async_write(socket_, asio::buffer(go_on), as_result);
        if (error) {
            co_return Step::gone;
        }
    }
    parser_->eager(true);
    while (true) {
        if (buffer_.size() != 0) {
            boost::system::error_code error;
            buffer_.consume(parser_->put(buffer_.data(), error));
            if (parser_->is_done()) {
                co_return Step::ok;
            }
            if (error && error != beast::http::error::need_more) {
                co_return refuse_bytes(error);
            }
        }
        if (buffer_.size() >= core_.config.max_header_bytes) { // an endless chunk header
            co_return refuse_bytes(beast::http::make_error_code(beast::http::error::bad_chunk));
        }
        const auto remaining = parser_->content_length_remaining();
        const auto wanted =
            remaining ? std::min<std::uint64_t>(*remaining, large_read) : large_read / 4;
        if (const auto step = co_await read_more(std::max<std::size_t>(wanted, 512));
            step != Step::ok) {
            co_return step;
        }
    }
}

auto Connection::answered() {
    return asio::async_initiate<const asio::deferred_t&, void()>(
        [this](auto handler) {
            resume_ = asio::any_completion_handler<void()>(std::move(handler));
        },
        asio::deferred
    );
}

Task<Response> Connection::let_handle() {
    std::uint64_t generation = 0;
    {
        const std::scoped_lock lock(mutex_);
        generation = ++generation_;
        open_ = true;
        answer_.reset();
    }
    const auto& options = state_->route->options;
    enter(Phase::handling, options.deadline);
    request_.deadline = deadline_;
    auto& body = parser_->get().body();
    request_.body = std::move(body.data);
    body.share.release();
    const Ticket ticket{
        .generation = generation,
        .route = state_->index,
        .taken = core_.clock.steady()
    };
    try {
        std::get<Handler>(state_->route->handler)(
            std::move(request_),
            Reply([self = shared_from_this(), ticket](Response response) {
                self->take_answer(ticket, std::move(response));
            })
        );
    } catch (const std::bad_alloc&) {
        std::terminate();
    } catch (const std::exception& thrown) {
        // Unwinding has destroyed the Reply, and that has answered 500.
        core_.log.error(
            "http_handler_failed",
            {{"route", state_->route->pattern}, {"request_id", id_}, {"cause", thrown.what()}}
        );
    }
    bool wait = false;
    {
        const std::scoped_lock lock(mutex_);
        wait = waiting_ = !answer_.has_value();
    }
    if (wait) {
        co_await answered();
    }
    const std::scoped_lock lock(mutex_);
    co_return answer_ ? std::move(*answer_) : Response{};
}

bool Connection::offer(std::uint64_t generation, Response response) {
    const std::scoped_lock lock(mutex_);
    if (generation != generation_ || !open_) {
        return false;
    }
    open_ = false;
    answer_ = std::move(response);
    return std::exchange(waiting_, false);
}

void Connection::take_answer(Ticket ticket, Response response) {
    core_.state_at(ticket.route).slots.give_back(core_.clock, ticket.taken);
    if (offer(ticket.generation, std::move(response))) {
        loop_->wake(shared_from_this());
    }
}

void Connection::wake() {
    if (resume_) {
        std::exchange(resume_, nullptr)();
    }
}

Task<bool> Connection::upgrade() {
    Result<std::shared_ptr<WebSocketPeer>> peer;
    try {
        peer = std::get<WebSocketHandler>(state_->route->handler)(request_);
    } catch (const std::bad_alloc&) {
        std::terminate();
    } catch (const std::exception& thrown) {
        peer = fail(ErrorCode::internal, "The request was not answered.", "", thrown.what());
    }
    if (!peer) {
        co_return co_await answer(problem(peer.error(), id_), parser_->keep_alive());
    }
    finished(101, {});
    auto message = parser_->release();
    open_websocket(
        loop_,
        std::move(socket_),
        std::move(*place_),
        std::move(message.base()),
        std::move(*peer),
        *state_,
        id_
    );
    co_return false;
}

void Connection::sweep(SteadyTime now) {
    if (now < deadline_) {
        return;
    }
    boost::system::error_code ignored;
    switch (phase_) {
        case Phase::idle:
        case Phase::header:
        case Phase::body:
            timed_out_ = true;
            socket_.cancel(ignored);
            break;
        case Phase::handling: {
            const auto late = fail(
                ErrorCode::overloaded,
                "There was no answer in time; the request may yet be carried out."
            );
            auto response = problem(late.error(), id_);
            response.cause =
                "deadline of " + std::to_string(state_->route->options.deadline.count()) + " ms";
            if (offer(generation_, std::move(response))) {
                core_.count(Refusal::deadline);
                wake();
            }
            break;
        }
        case Phase::writing:
            core_.count(Refusal::slow_reader);
            [[fallthrough]];
        case Phase::lingering:
            deadline_ = SteadyTime::max();
            socket_.close(ignored);
            break;
    }
}

void Connection::drain() {
    if (phase_ == Phase::idle) {
        abort();
    }
}

void Connection::abort() {
    aborted_ = true;
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (phase_ == Phase::handling && offer(generation_, Response{})) {
        wake();
    }
}

} // namespace vigil::http
