// The second way of a test: a real receiver on this machine, and SecondWay over it with short
// waits. Only tests include it.
#pragma once

#include "http/server.hpp"
#include "ward/second_way.hpp"
#include "ward/test_calls.hpp"
#include "ward/test_desk.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace vigil::ward {

inline constexpr std::string_view shared_secret = "0123456789abcdef0123456789abcdef";

/// Somebody else's server: what it answers is set, and what it got is kept.
class Receiver {
public:
    struct Got {
        std::string body;
    };

    Receiver() : server_({}, routes(), {}, clock_, log_, metrics_) { REQUIRE(server_.start()); }

    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(server_.port()) + "/calls";
    }

    void answer(unsigned status) { status_ = status; }

    /// Waits until so many requests have come.
    std::vector<Got> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        const bool came =
            changed_.wait_for(lock, std::chrono::seconds(20), [&] { return got_.size() >= count; });
        CHECK(came);
        return got_;
    }

    [[nodiscard]] std::size_t count() {
        const std::scoped_lock lock(mutex_);
        return got_.size();
    }

private:
    http::Router routes() {
        http::Router router;
        const auto take = [this](http::Request request, http::Reply reply) {
            // Before the test hears of it: what it then sets is for the next request.
            const unsigned status = status_;
            {
                const std::scoped_lock lock(mutex_);
                got_.push_back({.body = request.body});
            }
            changed_.notify_all();
            reply(http::Response::json("{}", status));
        };
        router.add(http::Verb::post, "/calls", {.access = http::Access::open}, take);
        router.add(http::Verb::get, "/calls", {.access = http::Access::open}, take);
        return router;
    }

    SystemClock clock_;
    QuietLog log_;
    Metrics metrics_;
    std::atomic<unsigned> status_ = 200;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Got> got_;
    http::Server server_;
};

struct Calling : TestDesk {
    SystemClock now;
    Metrics metrics;
    Receiver receiver;
    std::unique_ptr<SecondWay> way;

    void start(SecondWayConfig config = {}) {
        config.webhook_url = config.webhook_url.empty() ? receiver.url() : config.webhook_url;
        config.webhook_secret = shared_secret;
        start(std::move(config), nullptr);
    }

    void start(SecondWayConfig config, const http::PushKey* push_key) {
        auto options = quick();
        options.push_key = push_key;
        way = begin(std::move(config), options);
    }

    static SecondWayOptions quick() {
        SecondWayOptions options;
        options.rules.confirm_within = std::chrono::milliseconds(200);
        options.rules.first_pause = std::chrono::milliseconds(50);
        options.rules.longest_pause = std::chrono::milliseconds(200);
        options.look_every = std::chrono::milliseconds(10);
        return options;
    }

    std::unique_ptr<SecondWay> begin(SecondWayConfig config, const SecondWayOptions& options) {
        return SecondWay::start(
                   journal,
                   directory,
                   now,
                   random,
                   log,
                   metrics,
                   std::move(config),
                   options
        )
            .value();
    }

    void append(v1::Entry entry) {
        journal.append(
            {.entries = {std::move(entry)}, .fences = {}},
            [](const Result<journal::Appended>& done) { REQUIRE(done); }
        );
    }

    /// All of one type that the journal has.
    std::vector<v1::Entry> entries_of(v1::EntryType type) {
        std::vector<v1::Entry> found;
        const auto all = journal.read(0).value();
        for (const auto& stored : all) {
            if (stored->entry.type() == type) {
                found.push_back(stored->entry);
            }
        }
        return found;
    }

    std::string told() { return ask(*way, &SecondWay::list, "", "").body; }

    bool becomes(const std::function<bool()>& so) {
        for (int look = 0; look < 500; ++look) {
            if (so()) {
                return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return false;
    }
};

} // namespace vigil::ward
