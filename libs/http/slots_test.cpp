// A route's slots over real sockets: the limit is exceeded, by slow, vanished and many senders.
#include "http/test_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace vigil::http {

using Catch::Matchers::ContainsSubstring;

namespace {

/// A server whose "/work" keeps its replies until they are answered.
class HeldServer {
public:
    explicit HeldServer(std::size_t slots, unsigned threads = 1)
        : server_(routes(slots), {.threads = threads}) {}

    [[nodiscard]] std::size_t working() const {
        const std::scoped_lock lock(mutex_);
        return kept_.size();
    }

    /// Waits until so many requests are worked on at once.
    [[nodiscard]] bool reaches(std::size_t count) const {
        for (int i = 0; i < 1000 && working() != count; ++i) {
            std::this_thread::sleep_for(milliseconds{5});
        }
        return working() == count;
    }

    void answer_all() {
        std::vector<Reply> now;
        {
            const std::scoped_lock lock(mutex_);
            now.swap(kept_);
        }
        for (auto& reply : now) {
            reply(Response::json("{}"));
        }
    }

    [[nodiscard]] bool shows(const std::string& line) const {
        for (int i = 0; i < 1000; ++i) {
            if (server_.metrics.text().contains(line + "\n")) {
                return true;
            }
            std::this_thread::sleep_for(milliseconds{5});
        }
        UNSCOPED_INFO(server_.metrics.text());
        return false;
    }

    [[nodiscard]] const TestServer& server() const { return server_; }

private:
    Router routes(std::size_t slots) {
        Router router;
        router.add(
            Verb::post,
            "/work",
            {.access = Access::open, .max_body = 10'000, .slots = slots, .sized = true},
            [this](Request, Reply reply) {
                const std::scoped_lock lock(mutex_);
                kept_.push_back(std::move(reply));
            }
        );
        return router;
    }

    mutable std::mutex mutex_;
    std::vector<Reply> kept_;
    TestServer server_; // last: its threads use what is above
};

std::string post(std::string_view body) {
    return "POST /work HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
}

} // namespace

TEST_CASE("one request more than the slots is refused at once, told when to come back, and counted"
) {
    HeldServer held(2);
    const auto port = held.server().server.port();
    RawSocket first(port);
    RawSocket second(port);
    first.send(post("1"));
    second.send(post("2"));
    REQUIRE(held.reaches(2));
    auto client = held.server().client();
    const auto third = client.request(Verb::post, "/work", "3");
    REQUIRE(third);
    CHECK(third->status == 503);
    CHECK(third->content_type == "application/problem+json");
    CHECK_THAT(third->body, ContainsSubstring("All 2 slots of this call are in use"));
    CHECK_THAT(third->body, ContainsSubstring(R"("code":"overloaded")"));
    CHECK(held.working() == 2);
    const std::string of_route = R"({route="POST /work"} )";
    CHECK(held.shows("vigil_http_slots" + of_route + "2"));
    CHECK(held.shows("vigil_http_in_service" + of_route + "2"));
    held.answer_all();
    CHECK(first.receive(milliseconds{5'000}, "{}").starts_with("HTTP/1.1 200"));
    CHECK(second.receive(milliseconds{5'000}, "{}").starts_with("HTTP/1.1 200"));
    // a refused sender's connection goes on, and the slots are free again
    std::thread answers([&] {
        if (held.reaches(1)) {
            held.answer_all();
        }
    });
    CHECK(client.request(Verb::post, "/work", "4")->status == 200);
    answers.join();
    CHECK(held.shows("vigil_http_arrivals_total" + of_route + "4"));
    CHECK(held.shows("vigil_http_slots_refused_total" + of_route + "1"));
    CHECK(held.shows("vigil_http_in_service" + of_route + "0"));
    CHECK(held.shows(R"(vigil_http_service_seconds_count{route="POST /work"} 3)"));
}

TEST_CASE("a slow sender holds no slot, and one that vanished gives its slot back") {
    HeldServer held(1);
    const auto port = held.server().server.port();
    RawSocket slow(port);
    slow.send("POST /work HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\nbegun");
    {
        RawSocket vanishing(port);
        vanishing.send(post("whole"));
        REQUIRE(held.reaches(1));
    }
    auto client = held.server().client();
    CHECK(client.request(Verb::post, "/work", "2")->status == 503); // still worked on
    held.answer_all();
    CHECK(held.shows(R"(vigil_http_in_service{route="POST /work"} 0)"));
    RawSocket next(port);
    next.send(post("3"));
    REQUIRE(held.reaches(1));
    // the slow one comes whole when the only slot is in use
    slow.send(std::string(4995, 'x'));
    CHECK(slow.receive(milliseconds{5'000}, "}").starts_with("HTTP/1.1 503"));
    held.answer_all();
    CHECK(next.receive(milliseconds{5'000}, "{}").starts_with("HTTP/1.1 200"));
}

TEST_CASE("many at the same moment on several threads never hold more than the slots") {
    constexpr std::size_t slots = 3;
    HeldServer held(slots, 4);
    std::vector<RawSocket> all;
    for (int i = 0; i < 60; ++i) {
        all.emplace_back(held.server().server.port());
        // the body comes apart, so that every header finds a free slot
        all.back().send("POST /work HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n");
    }
    std::this_thread::sleep_for(milliseconds{50});
    const std::string body(3000, 'b');
    for (auto& one : all) {
        one.send(body);
    }
    CHECK(held.shows(R"(vigil_http_arrivals_total{route="POST /work"} 60)"));
    CHECK(held.shows(R"(vigil_http_slots_refused_total{route="POST /work"} 57)"));
    CHECK(held.working() == slots);
    held.answer_all();
}

TEST_CASE("Retry-After is drawn between its bounds, each of them among what is drawn") {
    std::set<std::string> drawn;
    for (int i = 0; i < 2000; ++i) {
        drawn.insert(retry_after_seconds());
    }
    CHECK(drawn == std::set<std::string>{"1", "2", "3", "4", "5"});
}

} // namespace vigil::http
