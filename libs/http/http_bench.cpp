// What one request costs: a server whose handler answers from another thread, as the journal's
// writer does. Load comes from outside:
//   http_bench PORT THREADS & wrk -t1 -c64 -d10 -s post.lua http://127.0.0.1:PORT/old
// Each second it prints requests, CPU time of the whole process per request, and how many requests
// one answering round took.
#include "http/server.hpp"

#include <sys/resource.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

using namespace vigil;

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Answerer {
public:
    void take(http::Reply reply) {
        {
            const std::scoped_lock lock(mutex_);
            waiting_.push_back(std::move(reply));
        }
        changed_.notify_one();
    }

    void run(const std::stop_token& stop) {
        std::vector<http::Reply> now;
        while (!stop.stop_requested()) {
            {
                std::unique_lock lock(mutex_);
                changed_.wait_for(lock, std::chrono::milliseconds{100}, [this] {
                    return !waiting_.empty();
                });
                now.swap(waiting_);
            }
            for (auto& reply : now) {
                reply(http::Response::json(R"({"response":0.013,"message":"ok"})"));
            }
            answered += now.size();
            rounds += now.empty() ? 0 : 1;
            now.clear();
        }
    }

    std::atomic<std::size_t> answered = 0;
    std::atomic<std::size_t> rounds = 0;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<http::Reply> waiting_;
};

} // namespace

int main(int count, char** words) {
    const auto port = static_cast<std::uint16_t>(count > 1 ? std::atoi(words[1]) : 18080);
    const auto threads = static_cast<unsigned>(count > 2 ? std::atoi(words[2]) : 1);
    const int seconds = count > 3 ? std::atoi(words[3]) : 10;
    SystemClock clock;
    Log log("http_bench", "0");
    Metrics metrics;
    Answerer answerer;
    const std::jthread worker([&](const std::stop_token& stop) { answerer.run(stop); });
    http::Router router;
    const http::RouteOptions options{.access = http::Access::open, .slots = 4096};
    router.add(http::Verb::post, "/old", options, [&](http::Request, http::Reply reply) {
        answerer.take(std::move(reply));
    });
    router.add(http::Verb::post, "/inline", options, [&](http::Request, http::Reply reply) {
        ++answerer.answered;
        reply(http::Response::json(R"({"response":0.013,"message":"ok"})"));
    });
    http::Server
        server({.port = port, .threads = threads}, std::move(router), nullptr, clock, log, metrics);
    if (const auto started = server.start(); !started) {
        std::fprintf(stderr, "%s\n", started.error().detail.c_str());
        return 1;
    }
    for (int i = 0; i < seconds; ++i) {
        const auto cpu = cpu_seconds();
        const auto answered = answerer.answered.load();
        const auto rounds = answerer.rounds.load();
        std::this_thread::sleep_for(std::chrono::seconds{1});
        const auto requests = static_cast<double>(answerer.answered - answered);
        std::printf(
            "%8.0f requests/s  %6.2f us CPU a request  %5.1f a round\n",
            requests,
            requests > 0 ? (cpu_seconds() - cpu) * 1e6 / requests : 0.0,
            requests / static_cast<double>(std::max<std::size_t>(answerer.rounds - rounds, 1))
        );
        std::fflush(stdout);
    }
    server.drain(std::chrono::milliseconds{1000});
    return 0;
}
