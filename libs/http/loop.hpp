// One thread of a server: its event loop, the sessions that live on it, and the sweep that enforces
// their deadlines.
#pragma once

#include "base/trace_context.hpp"
#include "http/core.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vigil::http {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
template <class T>
using Task = asio::awaitable<T, Executor>;

/// A connection or a WebSocket, as its loop sees it. All calls come on the loop's thread.
class Session {
public:
    virtual ~Session() = default;
    virtual void sweep(SteadyTime now) = 0; // ends what is over its deadline
    virtual void drain() = 0;               // finish what runs and end
    virtual void abort() = 0;               // end now
    virtual void wake() = 0;                // something came from another thread

private:
    friend class Loop;
    std::list<Session*>::iterator place_;
};

/// threads wake() any; start(), stop() and post() the server's owner; everything else the loop's
/// own thread
class Loop {
public:
    explicit Loop(std::shared_ptr<Core> shared);
    ~Loop();

    void start();
    void stop();
    void post(std::move_only_function<void()> work);

    void add(Session& session);
    void remove(Session& session);
    void drain_all();
    void abort_all();

    /// Lets `session->wake()` run on the loop's thread. Many calls cost one event.
    void wake(std::shared_ptr<Session> session);

    /// Of the last sweep: at most a tick old, and free.
    [[nodiscard]] SteadyTime now() const { return now_; }

    /// RFC 9110 section 5.6.7, refreshed by the sweep: "Tue, 24 Nov 2026 12:00:00 GMT".
    [[nodiscard]] std::string_view date() const { return date_; }

    /// Tells one request from another; not secret.
    [[nodiscard]] std::string request_id();
    /// Of a request that brought none: unlikely to be met twice, not secret, and no system call.
    [[nodiscard]] TraceId new_trace();

    asio::io_context context{1};
    const std::shared_ptr<Core> core;

private:
    std::uint64_t next_id();
    void arm();
    void sweep();
    void wake_waiting();

    using Timer = asio::basic_waitable_timer<
        std::chrono::steady_clock,
        asio::wait_traits<std::chrono::steady_clock>,
        Executor>;
    asio::executor_work_guard<Executor> work_;
    Timer timer_;
    std::chrono::milliseconds tick_;
    std::list<Session*> sessions_;
    SteadyTime now_;
    std::string date_;
    std::int64_t date_second_ = -1;
    std::uint64_t ids_;        // what the next id is made from
    std::uint64_t trace_salt_; // traces of two servers differ also where their ids meet
    std::mutex mutex_;
    std::vector<std::shared_ptr<Session>> waiting_;
    std::vector<std::shared_ptr<Session>> waking_;
    bool closed_ = false;
    std::jthread thread_;
};

} // namespace vigil::http
