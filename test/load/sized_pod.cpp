// A pod whose time of service is known, for test/load/prove_sizing: Vigil's own server with its own
// admission and metrics, the old intake route over an in-memory journal, or /predict over a scorer
// that takes drawn times, or a caller that holds its slot while another pod works. What a window
// takes in truth (20 us, or a sync of the disk) is too short, and on a busy machine too uneven, to
// be offered erlangs of.
//   sized_pod intake SLOTS HOLD_S             no detector: each window is held to the score's
//                                             deadline
//   sized_pod predict SLOTS MEAN_S SEED       one at a time, exponential times
//   sized_pod worker SLOTS MEAN_S SEED [URL]  POST /work: exponential times of its own, then POST
//                                             URL/work
// Prints "PORT MONITOR_PORT", runs until its input ends, and prints how many times it drew and what
// they were in all, as measured.
#include "detect/onnx_scorer.hpp"
#include "detector/routes.hpp"
#include "eeg_intake/routes.hpp"
#include "eeg_intake/test_ward.hpp"
#include "http/client.hpp"
#include "http/server.hpp"

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <iostream>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace vigil;

/// Seconds drawn anew for each call.
class DrawnTimes {
public:
    DrawnTimes(double mean_s, unsigned seed) : random_(seed), times_(1 / mean_s) {}

    void pass() {
        std::chrono::duration<double> time{};
        {
            const std::scoped_lock lock(mutex_);
            time = std::chrono::duration<double>(times_(random_));
        }
        const auto begin = std::chrono::steady_clock::now();
        std::this_thread::sleep_for(time);
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
        const std::scoped_lock lock(mutex_);
        ++count_;
        sum_s_ += passed.count();
    }

    void tell() {
        const std::scoped_lock lock(mutex_);
        std::cout << count_ << ' ' << sum_s_ << std::endl;
    }

private:
    std::mutex mutex_;
    std::uint64_t count_ = 0;
    double sum_s_ = 0;
    std::mt19937_64 random_;
    std::exponential_distribution<double> times_;
};

class DrawnScorer final : public detect::Scorer {
public:
    DrawnScorer(double mean_s, unsigned seed) : times_(mean_s, seed) {}

    [[nodiscard]] const detect::ModelCard& card() const override { return card_; }

    [[nodiscard]] Result<std::vector<float>> score(std::span<const float> windows_uv) override {
        times_.pass();
        return std::vector<float>(windows_uv.size() / card_.samples, 0.5F);
    }

    void tell() { times_.tell(); }

private:
    DrawnTimes times_;
    detect::ModelCard card_ = detect::parse_card(detect::window_178_card()).value();
};

/// A thread for each slot: it works, calls where there is somebody, and answers as it was answered.
class Worker {
public:
    Worker(std::size_t slots, double mean_s, unsigned seed, const std::string& url)
        : times_(mean_s, seed) {
        for (std::size_t slot = 0; slot < slots; ++slot) {
            threads_.emplace_back([this, url](std::stop_token stop) { work(std::move(stop), url); }
            );
        }
    }

    void take(http::Request request, http::Reply reply) {
        {
            const std::scoped_lock lock(mutex_);
            waiting_.emplace_back(std::move(request), std::move(reply));
        }
        somebody_.notify_one();
    }

    void tell() { times_.tell(); }

private:
    void work(std::stop_token stop, const std::string& url) {
        http::Client callee(url);
        for (;;) {
            std::unique_lock lock(mutex_);
            if (!somebody_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
                return;
            }
            auto [request, reply] = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            times_.pass();
            if (url.empty()) {
                reply(http::Response::json("{}"));
                continue;
            }
            auto answer = callee.request(http::Verb::post, "/work", std::move(request.body));
            if (answer) {
                answer->headers.clear();
                reply(std::move(*answer));
            } else {
                reply(answer.error(), request.id);
            }
        }
    }

    DrawnTimes times_;
    std::mutex mutex_;
    std::condition_variable_any somebody_;
    std::deque<std::pair<http::Request, http::Reply>> waiting_;
    std::vector<std::jthread> threads_;
};

/// Serves the routes and, on another port, the metrics.
int serve(http::Router router, Metrics& metrics) {
    const SystemClock clock;
    Log log("sized_pod", "0");
    log.level(LogLevel::error);
    Metrics unseen;
    const auto nobody = [](const http::Request&) { return http::Principal{}; };
    http::Server server({}, std::move(router), nobody, clock, log, metrics);
    http::Router monitoring;
    monitoring.add(
        http::Verb::get,
        "/metrics",
        {.access = http::Access::open},
        [&metrics](const http::Request& /*request*/, http::Reply reply) {
            reply({.content_type = "text/plain; version=0.0.4", .body = metrics.text()});
        }
    );
    http::Server monitor({}, std::move(monitoring), nobody, clock, log, unseen);
    if (!server.start() || !monitor.start()) {
        return 1;
    }
    std::cout << server.port() << ' ' << monitor.port() << std::endl;
    std::string line;
    while (std::getline(std::cin, line)) {
    }
    server.drain(std::chrono::seconds(2));
    return 0;
}

int serve_intake(std::size_t slots, double hold_s) {
    eeg_intake::TestWard ward; // two patients; its clock stands still, so that another one runs it
    const SystemClock clock;
    SystemRandom random;
    eeg_intake::EegIntake service{{ward.journal, ward.directory, clock, random, ward.metrics}};
    service.start();
    http::Router router;
    eeg_intake::add_legacy_routes(
        router,
        service,
        {.open_eeg = true,
         .open_heart = false,
         .senders = {"1", "2"},
         .zone = eeg_intake::LocalZone::named("UTC").value(),
         .wait = std::chrono::milliseconds(static_cast<int>(hold_s * 1000)),
         .slots = slots},
        nullptr
    );
    return serve(std::move(router), ward.metrics);
}

int serve_predict(std::size_t slots, double mean_s, unsigned seed) {
    Metrics metrics;
    DrawnScorer scorer(mean_s, seed);
    detector::Predictor predictor(scorer, metrics, 1024, 1);
    http::Router router;
    detector::add_routes(router, predictor, http::Access::open, slots);
    const int status = serve(std::move(router), metrics);
    scorer.tell();
    return status;
}

int serve_worker(std::size_t slots, double mean_s, unsigned seed, const std::string& url) {
    Metrics metrics;
    Worker worker(slots, mean_s, seed, url);
    http::Router router;
    router.add(
        http::Verb::post,
        "/work",
        {.access = http::Access::open, .slots = slots, .sized = true},
        [&worker](http::Request request, http::Reply reply) {
            worker.take(std::move(request), std::move(reply));
        }
    );
    const int status = serve(std::move(router), metrics);
    worker.tell();
    return status;
}

} // namespace

int main(int count, char** words) {
    const std::vector<std::string> arguments(words + 1, words + count);
    if (arguments.size() < 3) {
        std::fputs("usage: sized_pod intake|predict|worker SLOTS SECONDS [SEED [URL]]\n", stderr);
        return 2;
    }
    const auto slots = static_cast<std::size_t>(std::stoul(arguments[1]));
    const double seconds = std::stod(arguments[2]);
    const auto seed = arguments.size() > 3 ? static_cast<unsigned>(std::stoul(arguments[3])) : 1U;
    if (arguments[0] == "intake") {
        return serve_intake(slots, seconds);
    }
    if (arguments[0] == "predict") {
        return serve_predict(slots, seconds, seed);
    }
    return serve_worker(slots, seconds, seed, arguments.size() > 4 ? arguments[4] : "");
}
