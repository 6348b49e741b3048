// A way to the server that breaks where a test wants it to. Used by mariadb_faults_test.cpp.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string_view>
#include <thread>
#include <vector>

namespace vigil::store::suite {

/// threads  its own for each connection, all ended by the destructor
class BreakingProxy {
public:
    enum class Break : std::uint8_t {
        never,
        before_commit, // the server does not get the COMMIT
        after_commit,  // it does, and its answer is lost
    };

    explicit BreakingProxy(int server_port) : server_port_(server_port) {
        listening_ = ::socket(AF_INET, SOCK_STREAM, 0);
        auto address = loopback(0);
        ::bind(listening_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        ::listen(listening_, 16);
        socklen_t size = sizeof address;
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        threads_.emplace_back([this] { accept(); });
    }

    BreakingProxy(const BreakingProxy&) = delete;
    BreakingProxy& operator=(const BreakingProxy&) = delete;

    ~BreakingProxy() {
        stop_ = true;
        threads_.front().join();
        for (std::size_t i = 1; i < threads_.size(); ++i) {
            threads_[i].join();
        }
        ::close(listening_);
    }

    [[nodiscard]] int port() const { return port_; }

    /// At the next COMMIT; once.
    void break_at(Break where) { break_ = where; }

    /// New connections are closed at once.
    void refuse(bool on) { refuse_ = on; }

    [[nodiscard]] int broken() const { return broken_; }

private:
    static sockaddr_in loopback(int port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        return address;
    }

    [[nodiscard]] bool readable(int one, int other, std::array<bool, 2>& ready) const {
        std::array<pollfd, 2> watched{pollfd{one, POLLIN, 0}, pollfd{other, POLLIN, 0}};
        while (!stop_) {
            if (::poll(watched.data(), other < 0 ? 1 : 2, 20) > 0) {
                ready = {watched[0].revents != 0, watched[1].revents != 0};
                return true;
            }
        }
        return false;
    }

    void accept() {
        std::array<bool, 2> ready{};
        while (readable(listening_, -1, ready)) {
            const int client = ::accept(listening_, nullptr, nullptr);
            if (refuse_) {
                ::close(client);
                continue;
            }
            const int server = ::socket(AF_INET, SOCK_STREAM, 0);
            auto address = loopback(server_port_);
            ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address);
            threads_.emplace_back([this, client, server] {
                carry(client, server);
                ::close(client);
                ::close(server);
            });
        }
    }

    void carry(int client, int server) {
        std::vector<char> bytes(1 << 16);
        std::array<bool, 2> ready{};
        while (readable(client, server, ready)) {
            const int from = ready[0] ? client : server;
            const int to = ready[0] ? server : client;
            const auto count = ::recv(from, bytes.data(), bytes.size(), 0);
            if (count <= 0) {
                return;
            }
            const std::string_view text(bytes.data(), static_cast<std::size_t>(count));
            auto where = Break::never;
            if (from == client && text.ends_with("COMMIT")) {
                where = break_.exchange(Break::never);
            }
            if (where == Break::before_commit) {
                ++broken_;
                return;
            }
            ::send(to, bytes.data(), text.size(), MSG_NOSIGNAL);
            if (where == Break::after_commit) {
                ::recv(server, bytes.data(), bytes.size(), 0); // it has committed
                ++broken_;
                return;
            }
        }
    }

    int server_port_;
    int listening_ = -1;
    int port_ = 0;
    std::atomic<bool> stop_ = false;
    std::atomic<bool> refuse_ = false;
    std::atomic<Break> break_ = Break::never;
    std::atomic<int> broken_ = 0;
    std::vector<std::thread> threads_; // the first one adds the others
};

} // namespace vigil::store::suite
