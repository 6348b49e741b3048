#include "http/server.hpp"

#include "http/connection.hpp"
#include "http/core.hpp"
#include "http/loop.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>

#include <latch>
#include <thread>

namespace vigil::http {

namespace {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
constexpr std::chrono::milliseconds out_of_descriptors{50}; // before accepting is tried again
constexpr std::chrono::milliseconds end_limit{5'000}; // for sessions whose sockets were closed

std::string turned_away() {
    return "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
           "Content-Length: 132\r\nRetry-After: " +
           retry_after_seconds() +
           "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
           R"({"type":"about:blank","title":"Too much at once","status":503,"code":"overloaded","detail":"Too many connections; try again later."})";
}

} // namespace

struct Server::Inside {
    Inside(
        ServerConfig config,
        Router router,
        Authenticator authenticator,
        const Clock& clock,
        Log& log,
        Metrics& metrics
    )
        : core(std::make_shared<Core>(
              std::move(config),
              std::move(router),
              std::move(authenticator),
              clock,
              log,
              metrics
          )) {}

    Result<void> listen();
    void accept_next();
    void take(Socket socket, const std::shared_ptr<Loop>& loop);
    void on_every_loop(void (Loop::*what)());
    void stop();

    std::shared_ptr<Core> core;
    std::vector<std::shared_ptr<Loop>> loops;
    std::optional<Acceptor> acceptor;
    std::optional<asio::basic_waitable_timer<
        std::chrono::steady_clock,
        asio::wait_traits<std::chrono::steady_clock>,
        Executor>>
        pause;
    std::uint16_t port = 0;
    std::size_t next = 0;
};

Result<void> Server::Inside::listen() {
    const auto& config = core->config;
    const auto where = config.address + ":" + std::to_string(config.port);
    boost::system::error_code error;
    const auto address = asio::ip::make_address(config.address, error);
    if (error) {
        return fail(
            ErrorCode::invalid_argument,
            "\"" + config.address + "\" is not an address; write one such as 127.0.0.1 or ::.",
            "address"
        );
    }
    const asio::ip::tcp::endpoint endpoint(address, config.port);
    acceptor.emplace(loops.front()->context);
    pause.emplace(loops.front()->context);
    acceptor->open(endpoint.protocol(), error);
    if (!error) {
        acceptor->set_option(asio::socket_base::reuse_address(true), error);
        acceptor->bind(endpoint, error);
    }
    if (!error) {
        acceptor->listen(asio::socket_base::max_listen_connections, error);
    }
    if (error == asio::error::address_in_use) {
        return fail(
            ErrorCode::unavailable,
            "Another program listens on " + where + "; stop it or choose another port.",
            "port",
            error.message()
        );
    }
    if (error) {
        return fail(
            ErrorCode::unavailable,
            "Cannot listen on " + where + ": " + error.message() +
                "; choose another address or port.",
            "",
            error.message()
        );
    }
    port = acceptor->local_endpoint().port();
    return {};
}

void Server::Inside::accept_next() {
    const auto loop = loops[next++ % loops.size()];
    acceptor->async_accept(
        loop->context,
        [this, loop](const boost::system::error_code& error, Socket socket) {
            if (!error) {
                take(std::move(socket), loop);
            }
            if (!acceptor->is_open()) {
                return;
            }
            if (error == asio::error::no_descriptors || error == asio::error::no_memory ||
                error == asio::error::no_buffer_space) {
                core->count(Refusal::connections);
                pause->expires_after(out_of_descriptors);
                pause->async_wait([this](const boost::system::error_code&) {
                    if (acceptor->is_open()) {
                        accept_next();
                    }
                });
                return;
            }
            accept_next();
        }
    );
}

void Server::Inside::take(Socket socket, const std::shared_ptr<Loop>& loop) {
    boost::system::error_code error;
    const auto remote = socket.remote_endpoint(error);
    if (error) {
        return;
    }
    auto peer = remote.address().to_string();
    socket.set_option(asio::ip::tcp::no_delay(true), error);
    if (!core->enter(peer)) {
        core->count(Refusal::connections);
        socket.non_blocking(true, error);
        socket.write_some(asio::buffer(turned_away()), error);
        return;
    }
    auto connection =
        std::make_shared<Connection>(loop, std::move(socket), Place(core, std::move(peer)));
    asio::co_spawn(
        loop->context.get_executor(),
        Connection::run(std::move(connection)),
        asio::detached
    );
}

// Returns when every loop has done it.
void Server::Inside::on_every_loop(void (Loop::*what)()) {
    std::latch done(static_cast<std::ptrdiff_t>(loops.size()));
    for (const auto& loop : loops) {
        loop->post([&done, what, raw = loop.get()] {
            (raw->*what)();
            done.count_down();
        });
    }
    done.wait();
}

void Server::Inside::stop() {
    on_every_loop(&Loop::abort_all);
    core->wait_until_empty(end_limit);
    for (const auto& loop : loops) {
        loop->stop();
    }
    core->close();
    acceptor.reset();
    pause.reset();
    loops.clear();
}

Server::Server(
    ServerConfig config,
    Router router,
    Authenticator authenticator,
    const Clock& clock,
    Log& log,
    Metrics& metrics
)
    : inside_(std::make_unique<Inside>(
          std::move(config),
          std::move(router),
          std::move(authenticator),
          clock,
          log,
          metrics
      )) {}

Server::~Server() {
    drain(std::chrono::milliseconds{0});
}

Result<void> Server::start() {
    const auto threads = std::max(inside_->core->config.threads, 1U);
    for (unsigned i = 0; i < threads; ++i) {
        inside_->loops.push_back(std::make_shared<Loop>(inside_->core));
    }
    if (auto listening = inside_->listen(); !listening) {
        inside_->acceptor.reset();
        inside_->pause.reset();
        inside_->loops.clear();
        return listening;
    }
    for (const auto& loop : inside_->loops) {
        loop->start();
    }
    inside_->loops.front()->post([inside = inside_.get()] { inside->accept_next(); });
    return {};
}

std::uint16_t Server::port() const {
    return inside_->port;
}

std::size_t Server::connections() const {
    return inside_->core->connections();
}

void Server::drain(std::chrono::milliseconds limit) {
    if (inside_->loops.empty()) {
        return;
    }
    inside_->core->draining = true;
    std::latch closed(1);
    inside_->loops.front()->post([this, &closed] {
        boost::system::error_code ignored;
        inside_->acceptor->close(ignored);
        inside_->pause->cancel();
        closed.count_down();
    });
    closed.wait();
    inside_->on_every_loop(&Loop::drain_all);
    inside_->core->wait_until_empty(limit);
    inside_->stop();
}

} // namespace vigil::http
