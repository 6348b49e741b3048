// One HTTP connection: reads requests, lets handlers answer them, writes the answers, one after the
// other. Used by the server.
#pragma once

#include "http/bounded_body.hpp"
#include "http/loop.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace vigil::http {

/// threads the loop's; Reply's calls come from any
class Connection final : public Session, public std::enable_shared_from_this<Connection> {
public:
    Connection(std::shared_ptr<Loop> loop, Socket socket, Place place);

    static Task<void> run(std::shared_ptr<Connection> self);

    void sweep(SteadyTime now) override;
    void drain() override;
    void abort() override;
    void wake() override;

private:
    using Parser = boost::beast::http::request_parser<BoundedBody>;
    enum class Phase : std::uint8_t { idle, header, body, handling, writing, lingering };
    static constexpr std::size_t first_read = 2 << 10; // a header and a small body come in one read
    enum class Step : std::uint8_t { ok, refuse, gone }; // refuse: answer `refusal_`

    /// Of one request and the slot that it holds until its handler answers, also where that is
    /// after the deadline or after the client has gone.
    struct Ticket {
        std::uint64_t generation : 48;
        std::uint64_t route : 16;
        SteadyTime taken;
    };

    Task<bool> serve_one();
    Task<Step> read_header();
    Task<Step> read_body();
    Task<Step> read_more(std::size_t most);
    Task<Response> let_handle();
    Task<bool> answer(Response response, bool keep_alive);
    Task<bool> refuse();
    Task<bool> discard(std::uint64_t bytes);
    Task<void> linger();
    Task<bool> upgrade();

    Step start_request();
    Step examine();
    Step take_fields();
    Step check_framing();
    Step check_body_announcement();
    Step unpack_body();
    Step refuse_with(Response response, bool close = false);
    Step refuse_bytes(const boost::system::error_code& error);
    Step refuse_timeout();

    void enter(Phase phase, std::chrono::milliseconds limit);
    void take_answer(Ticket ticket, Response response);
    bool offer(std::uint64_t generation, Response response);
    void finished(unsigned status, const std::string& cause);
    void end();
    auto answered();

    const std::shared_ptr<Loop> loop_;
    Core& core_;
    Socket socket_;
    std::optional<Place> place_;
    boost::beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    Phase phase_ = Phase::header;
    SteadyTime deadline_;
    bool first_ = true;
    bool timed_out_ = false;
    bool aborted_ = false;

    // The request in progress.
    Request request_;
    std::string id_;
    TraceId trace_;
    SteadyTime started_;
    RouteState* state_ = nullptr;
    std::optional<Response> refusal_;
    bool close_after_refusal_ = false;
    bool head_only_ = false;
    bool wants_upgrade_ = false;
    bool expects_continue_ = false;
    bool gzip_ = false;
    std::string head_;

    std::mutex mutex_; // guards the answer, which may come from any thread
    std::uint64_t generation_ = 0;
    bool open_ = false;    // an answer is still awaited
    bool waiting_ = false; // the coroutine sleeps until wake()
    std::optional<Response> answer_;
    asio::any_completion_handler<void()> resume_;
};

} // namespace vigil::http
