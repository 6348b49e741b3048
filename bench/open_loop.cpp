// Offers old-contract windows at a fixed rate whatever the answers take, and prints what came of
// them: open_loop URL WINDOWS RATE SECONDS. Latency counts from the moment a window was due, so
// that a slow server cannot slow its own test down.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <format>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
    int socket = -1;
    bool busy = false;
    Clock::time_point due;
    std::string answer;
};

int connect_to(const std::string& host, std::uint16_t port) {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    ::connect(made, reinterpret_cast<sockaddr*>(&address), sizeof address);
    const int on = 1;
    ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return made;
}

std::string request(const std::vector<std::string>& windows, std::size_t number) {
    const std::time_t second = 1'767'225'600 + static_cast<std::time_t>(number / 100);
    std::tm utc{};
    ::gmtime_r(&second, &utc);
    std::array<char, 32> time{};
    std::strftime(time.data(), time.size(), "%Y-%m-%d %H:%M:%S", &utc);
    const auto body = std::format(
        R"({{"fk_user": {}, "eeg_data": [{}], "register_timestamp": "{}"}})",
        number % 100 + 1,
        windows[number % windows.size()],
        time.data()
    );
    return std::format(
        "POST /eeg HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: "
        "{}\r\n\r\n{}",
        body.size(),
        body
    );
}

/// Whether one whole answer has come.
bool whole(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    if (end == std::string::npos) {
        return false;
    }
    auto length = answer.find("Content-Length: ");
    return length < end &&
           answer.size() >=
               end + 4 + static_cast<std::size_t>(std::atol(answer.c_str() + length + 16));
}

struct Offer {
    std::string host;
    std::uint16_t port = 0;
    std::vector<std::string> windows;
    double rate_hz = 0;
    std::size_t total = 0;
};

Offer read_offer(const std::vector<std::string>& words) {
    Offer offer;
    const auto& url = words[1];
    const auto colon = url.rfind(':');
    offer.host = url.substr(7, colon - 7);
    offer.port = static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1)));
    std::ifstream in(words[2]);
    for (std::string line; std::getline(in, line);) {
        offer.windows.push_back(line);
    }
    offer.rate_hz = std::stod(words[3]);
    offer.total = static_cast<std::size_t>(offer.rate_hz * std::stod(words[4]));
    return offer;
}

/// The sender: as many connections as the server may keep busy, each with one request at a time.
class Load {
public:
    explicit Load(const Offer& offer) : offer_(offer), connections_(256) {
        for (std::size_t i = 0; i < connections_.size(); ++i) {
            connections_[i].socket = connect_to(offer.host, offer.port);
            epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
            ::epoll_ctl(poll_, EPOLL_CTL_ADD, connections_[i].socket, &event);
            free_.push_back(i);
        }
    }

    void run() {
        begin_ = Clock::now();
        const auto whole_load =
            std::chrono::duration<double>(static_cast<double>(offer_.total) / offer_.rate_hz);
        const auto give_up = begin_ + std::chrono::duration_cast<Clock::duration>(whole_load) +
                             std::chrono::seconds(20);
        while (answered_ < offer_.total && Clock::now() < give_up) {
            take_due();
            send_waiting();
            receive();
        }
    }

    void print() {
        std::ranges::sort(latencies_ms_);
        const auto percentile = [&](double p) {
            return latencies_ms_.empty() ? 0.0
                                         : latencies_ms_[static_cast<std::size_t>(
                                               p * static_cast<double>(latencies_ms_.size() - 1)
                                           )];
        };
        std::cout
            << std::format(
                   R"({{"offered": {}, "accepted": {}, "unscored": {}, "refused": {}, "failed": {}, "p50_ms": {:.2f}, "p99_ms": {:.2f}, "max_ms": {:.2f}}})",
                   offer_.total,
                   accepted_,
                   unscored_,
                   refused_,
                   failed_,
                   percentile(0.5),
                   percentile(0.99),
                   percentile(1.0)
               )
            << '\n';
    }

private:
    [[nodiscard]] Clock::time_point due_of(std::size_t number) const {
        const std::chrono::duration<double> after(static_cast<double>(number) / offer_.rate_hz);
        return begin_ + std::chrono::duration_cast<Clock::duration>(after);
    }

    void take_due() {
        while (next_ < offer_.total && due_of(next_) <= Clock::now()) {
            waiting_.push_back(next_++);
        }
    }

    void send_waiting() {
        while (!waiting_.empty() && !free_.empty()) {
            auto& connection = connections_[free_.front()];
            free_.pop_front();
            connection.due = due_of(waiting_.front());
            connection.answer.clear();
            const auto text = request(offer_.windows, waiting_.front());
            waiting_.pop_front();
            if (::send(connection.socket, text.data(), text.size(), MSG_NOSIGNAL) !=
                static_cast<ssize_t>(text.size())) {
                ++failed_;
                ++answered_;
            }
        }
    }

    void receive() {
        std::array<epoll_event, 64> events{};
        const int count = ::epoll_wait(poll_, events.data(), events.size(), 1);
        for (int i = 0; i < count; ++i) {
            take_answer(events[static_cast<std::size_t>(i)].data.u64);
        }
    }

    void take_answer(std::size_t number) {
        auto& connection = connections_[number];
        std::array<char, 4096> buffer{};
        const auto got = ::recv(connection.socket, buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            ::epoll_ctl(poll_, EPOLL_CTL_DEL, connection.socket, nullptr);
            ++failed_;
            ++answered_;
            return;
        }
        connection.answer.append(buffer.data(), static_cast<std::size_t>(got));
        if (!whole(connection.answer)) {
            return;
        }
        latencies_ms_.push_back(
            std::chrono::duration<double, std::milli>(Clock::now() - connection.due).count()
        );
        const auto status = connection.answer.substr(9, 3);
        ++(status == "200"   ? accepted_
           : status == "202" ? unscored_
           : status == "503" ? refused_
                             : failed_);
        ++answered_;
        free_.push_back(number);
    }

    const Offer& offer_;
    int poll_ = ::epoll_create1(0);
    std::vector<Connection> connections_;
    std::deque<std::size_t> free_; // in turn: none is idle for so long that the server ends it
    Clock::time_point begin_;
    std::deque<std::size_t> waiting_; // due, not sent yet
    std::vector<double> latencies_ms_;
    std::size_t accepted_ = 0, unscored_ = 0, refused_ = 0, failed_ = 0;
    std::size_t next_ = 0, answered_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::cerr << "usage: open_loop http://HOST:PORT WINDOWS_FILE RATE SECONDS\n";
        return 2;
    }
    const auto offer = read_offer({argv, argv + argc});
    Load load(offer);
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    load.run();
    load.print();
    return 0;
}
