// One open WebSocket on its loop: reads messages for the service's peer, writes its queue, closes.
// Used by connections.
#pragma once

#include "http/loop.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace vigil::http {

/// threads WebSocket's calls any, Session's calls the loop's
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
    run(std::shared_ptr<WebSocketSession> self, boost::beast::http::request_header<> header);

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

    Task<bool> accept(boost::beast::http::request_header<> header);
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
    boost::beast::websocket::stream<Socket, false> stream_; // without permessage-deflate

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

    // For the other side's half of the closing handshake.
    static constexpr std::chrono::milliseconds close_limit{2'000};
};

} // namespace vigil::http
