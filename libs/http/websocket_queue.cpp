// What other threads and the sweep do to a WebSocket: queue, close, pause, end. The second half of
// websocket_session.hpp.
#include "http/websocket_session.hpp"

#include <algorithm>

namespace vigil::http {

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

void WebSocketSession::resume(Waiter& waiter) {
    if (waiter) {
        std::exchange(waiter, nullptr)();
    }
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

} // namespace vigil::http
