// How a connection answers: the answer itself, and what is done with a body that nobody wants. The
// last third of connection.hpp.
#include "http/connection.hpp"
#include "http/response_text.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>

namespace vigil::http {

namespace {

constexpr auto as_result = asio::as_tuple(asio::deferred);
constexpr std::uint64_t drained_body =
    64 << 10; // a refused body of at most this size is read away, to keep the connection
constexpr std::size_t lingered_bytes = 1 << 20;
constexpr std::chrono::milliseconds linger_limit{2'000};

// 503 by the thousand is what an overloaded server gives: the metrics count those; only one with a
// cause is logged.
LogLevel level_of(unsigned status, const std::string& cause) {
    if (status < 500 || (status == 503 && cause.empty())) {
        return LogLevel::debug;
    }
    return status == 503 ? LogLevel::warning : LogLevel::error;
}

} // namespace

Task<bool> Connection::answer(Response response, bool keep_alive) {
    keep_alive = keep_alive && !core_.draining;
    enter(Phase::writing, core_.config.write_timeout);
    write_head(
        head_,
        response,
        {.request_id = id_,
         .date = loop_->date(),
         .keep_alive = keep_alive,
         .http_1_0 = parser_->get().version() == 10}
    );
    const bool with_body = !head_only_ && response.status != 204 && response.status != 304;
    const std::array buffers{
        asio::buffer(std::as_const(head_)),
        with_body ? asio::buffer(std::as_const(response.body)) : asio::const_buffer{}
    };
    const auto [error, count] = co_await asio::async_write(socket_, buffers, as_result);
    finished(response.status, response.cause);
    co_return !error && keep_alive;
}

void Connection::finished(unsigned status, const std::string& cause) {
    auto& state = state_ != nullptr ? *state_ : core_.unmatched();
    const auto digit = std::min<std::size_t>(status / 100, state.answered.size() - 1);
    state.answered[digit == 0 ? state.answered.size() - 1 : digit]->Increment();
    const std::chrono::duration<double> took = core_.clock.steady() - started_;
    state.duration->Observe(took.count());
    const auto trace = trace_.hex();
    core_.log.write(
        level_of(status, cause),
        "http_request",
        {{"request_id", id_},
         {"trace_id", std::string_view(trace.data(), trace.size())},
         {"route",
          state.route != nullptr ? std::string_view(state.route->pattern) : std::string_view("none")
         },
         {"status", status},
         {"seconds", took.count()},
         {"cause", cause}}
    );
}

Task<bool> Connection::refuse() {
    auto response = std::move(*refusal_);
    refusal_.reset();
    if (close_after_refusal_) {
        co_await answer(std::move(response), false);
        co_await linger();
        co_return false;
    }
    if (parser_->is_done()) {
        co_return co_await answer(std::move(response), parser_->keep_alive());
    }
    const auto remaining = parser_->content_length_remaining();
    if (!remaining || *remaining > drained_body || expects_continue_) {
        co_await answer(std::move(response), false);
        co_await linger();
        co_return false;
    }
    const bool kept = co_await answer(std::move(response), parser_->keep_alive());
    co_return kept&& co_await discard(*remaining);
}

Task<bool> Connection::discard(std::uint64_t bytes) {
    enter(Phase::lingering, core_.config.body_timeout);
    while (bytes != 0) {
        const auto here = std::min<std::uint64_t>(bytes, buffer_.size());
        buffer_.consume(here);
        bytes -= here;
        if (bytes != 0 && co_await read_more(first_read) != Step::ok) {
            co_return false;
        }
    }
    co_return true;
}

// Closing with unread bytes sends a reset that may overtake the answer: read them away, within
// bounds. source  RFC 9112 section 9.6
Task<void> Connection::linger() {
    if (aborted_) {
        co_return;
    }
    enter(Phase::lingering, linger_limit);
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    for (std::size_t read = 0; read < lingered_bytes;) {
        buffer_.clear();
        if (co_await read_more(first_read) != Step::ok) {
            co_return;
        }
        read += buffer_.size();
    }
}

} // namespace vigil::http
