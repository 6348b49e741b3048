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

} // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::cerr << "usage: open_loop http://HOST:PORT WINDOWS_FILE RATE SECONDS\n";
        return 2;
    }
    const std::string url = argv[1];
    const auto colon = url.rfind(':');
    const auto host = url.substr(7, colon - 7);
    const auto port = static_cast<std::uint16_t>(std::atoi(url.c_str() + colon + 1));
    std::vector<std::string> windows;
    std::ifstream in(argv[2]);
    for (std::string line; std::getline(in, line);) {
        windows.push_back(line);
    }
    const double rate = std::atof(argv[3]);
    const auto total = static_cast<std::size_t>(rate * std::atof(argv[4]));

    const int poll = ::epoll_create1(0);
    std::vector<Connection> connections(256);
    std::deque<std::size_t>
        free; // in turn, so that none is idle for so long that the server ends it
    for (std::size_t i = 0; i < connections.size(); ++i) {
        connections[i].socket = connect_to(host, port);
        epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
        ::epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].socket, &event);
        free.push_back(i);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));

    std::vector<double> latencies_ms;
    std::size_t accepted = 0, unscored = 0, refused = 0, failed = 0, next = 0, answered = 0;
    std::deque<std::pair<std::size_t, Clock::time_point>> waiting;
    const auto begin = Clock::now();
    const auto give_up =
        begin + std::chrono::seconds(static_cast<long>(static_cast<double>(total) / rate) + 20);
    while (answered < total && Clock::now() < give_up) {
        const auto due_of = [&](std::size_t i) {
            return begin + std::chrono::duration_cast<Clock::duration>(
                               std::chrono::duration<double>(static_cast<double>(i) / rate)
                           );
        };
        while (next < total && due_of(next) <= Clock::now()) {
            waiting.emplace_back(next, due_of(next));
            ++next;
        }
        while (!waiting.empty() && !free.empty()) {
            auto& connection = connections[free.front()];
            free.pop_front();
            connection.due = waiting.front().second;
            connection.answer.clear();
            const auto text = request(windows, waiting.front().first);
            waiting.pop_front();
            if (::send(connection.socket, text.data(), text.size(), MSG_NOSIGNAL) !=
                static_cast<ssize_t>(text.size())) {
                ++failed;
                ++answered;
            }
        }
        std::array<epoll_event, 64> events{};
        const int count = ::epoll_wait(poll, events.data(), events.size(), 1);
        for (int i = 0; i < count; ++i) {
            auto& connection = connections[events[static_cast<std::size_t>(i)].data.u64];
            std::array<char, 4096> buffer{};
            const auto got = ::recv(connection.socket, buffer.data(), buffer.size(), 0);
            if (got <= 0) {
                ::epoll_ctl(poll, EPOLL_CTL_DEL, connection.socket, nullptr);
                ++failed;
                ++answered;
                continue;
            }
            connection.answer.append(buffer.data(), static_cast<std::size_t>(got));
            if (!whole(connection.answer)) {
                continue;
            }
            latencies_ms.push_back(
                std::chrono::duration<double, std::milli>(Clock::now() - connection.due).count()
            );
            const auto status = connection.answer.substr(9, 3);
            ++(status == "200"   ? accepted
               : status == "202" ? unscored
               : status == "503" ? refused
                                 : failed);
            ++answered;
            free.push_back(events[static_cast<std::size_t>(i)].data.u64);
        }
    }
    std::ranges::sort(latencies_ms);
    const auto percentile = [&](double p) {
        return latencies_ms.empty() ? 0.0
                                    : latencies_ms[static_cast<std::size_t>(
                                          p * static_cast<double>(latencies_ms.size() - 1)
                                      )];
    };
    std::cout
        << std::format(
               R"({{"offered": {}, "accepted": {}, "unscored": {}, "refused": {}, "failed": {}, "p50_ms": {:.2f}, "p99_ms": {:.2f}, "max_ms": {:.2f}}})",
               total,
               accepted,
               unscored,
               refused,
               failed,
               percentile(0.5),
               percentile(0.99),
               percentile(1.0)
           )
        << '\n';
    return 0;
}
