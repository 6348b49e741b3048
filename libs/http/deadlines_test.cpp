// Bounds in time and number, exceeded on purpose: half-open connections, slow ones, late handlers,
// too many.
#include "http/test_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <mutex>
#include <thread>

namespace vigil::http {

TEST_CASE(
    "2,000 half-open connections do not harm good requests, cost little, and are closed in time"
) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < 5000) {
        SKIP("this process may open only " << files.rlim_cur << " files");
    }
    const TestServer server(small_echo(), {.header_timeout = milliseconds{3'000}});
    const auto before = resident_bytes();
    std::vector<RawSocket> half_open;
    for (int i = 0; i < 2000; ++i) {
        half_open.emplace_back(server.server.port());
        half_open.back().send("POST /echo HTTP/1.1\r\nHost: a\r\nX-Slow");
    }
    auto client = server.client(milliseconds{2'000});
    for (int i = 0; i < 20; ++i) {
        REQUIRE(client.request(Verb::post, "/echo", "good"));
    }
    CHECK(server.server.connections() > 1900);
    const auto grown = resident_bytes() - before;
    INFO("grown by " << grown);
    CHECK(grown < (64U << 20));
    CHECK(half_open[0].receive(milliseconds{8'000}).starts_with("HTTP/1.1 408"));
    CHECK(half_open[1999].receive(milliseconds{8'000}).starts_with("HTTP/1.1 408"));
    half_open.clear();
    for (int i = 0; i < 100 && server.server.connections() > 1; ++i) {
        std::this_thread::sleep_for(milliseconds{20});
    }
    CHECK(server.server.connections() <= 1);
}

TEST_CASE("a silent connection, a body that stops and an idle one are each closed in time") {
    const TestServer server(
        small_echo(),
        {.header_timeout = milliseconds{500},
         .body_timeout = milliseconds{500},
         .idle_timeout = milliseconds{500}}
    );
    RawSocket silent(server.server.port());
    RawSocket stopped(server.server.port());
    stopped.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
    RawSocket idle(server.server.port());
    idle.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok");
    CHECK(stopped.receive(milliseconds{5'000}).starts_with("HTTP/1.1 408"));
    CHECK(silent.closes_within(milliseconds{5'000}));
    const auto text = idle.receive(milliseconds{5'000});
    CHECK(text.starts_with("HTTP/1.1 200"));
    CHECK(text.find("408") == std::string::npos);
    CHECK(idle.closed());
}

TEST_CASE("an answer that nobody reads ends the connection") {
    Router router;
    router.add(Verb::get, "/large", {.access = Access::open}, [](Request, Reply reply) {
        reply(Response::json(std::string(32 << 20, 'l')));
    });
    TestServer server(std::move(router), {.write_timeout = milliseconds{200}});
    RawSocket raw(server.server.port(), 4096);
    raw.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    std::this_thread::sleep_for(milliseconds{100});
    CHECK(server.server.connections() == 1);
    for (int i = 0; i < 100 && server.server.connections() > 0; ++i) {
        std::this_thread::sleep_for(milliseconds{20});
    }
    CHECK(server.server.connections() == 0);
    CHECK(
        server.metrics.text().find("vigil_http_refused_total{reason=\"slow_reader\"} 1") !=
        std::string::npos
    );
}

TEST_CASE(
    "a handler over its deadline is answered for with 503, and its own late answer does nothing"
) {
    Router router;
    std::vector<Reply> kept;
    std::mutex mutex;
    router.add(
        Verb::get,
        "/late",
        {.access = Access::open, .deadline = milliseconds{50}, .slots = 2},
        [&](Request, Reply reply) {
            const std::scoped_lock lock(mutex);
            kept.push_back(std::move(reply));
        }
    );
    router.add(Verb::get, "/x", {.access = Access::open}, [](Request, Reply reply) {
        reply(Response::json("x"));
    });
    TestServer server(std::move(router));
    auto client = server.client();
    const auto first = client.request(Verb::get, "/late");
    CHECK(first->status == 503);
    CHECK(client.request(Verb::get, "/late")->status == 503);
    // Both are still at work behind the scenes: a third is refused at once.
    const auto third = client.request(Verb::get, "/late");
    CHECK(third->status == 503);
    CHECK(std::ranges::any_of(third->headers, [](auto& header) {
        return header.first == "retry-after";
    }));
    {
        const std::scoped_lock lock(mutex);
        CHECK(kept.size() == 2);
        for (auto& reply : kept) {
            reply(Response::json("too late"));
        }
        kept.clear();
    }
    CHECK(client.request(Verb::get, "/x")->body == "x");
    CHECK(client.request(Verb::get, "/late")->status == 503);
    CHECK(kept.size() == 1);
}

TEST_CASE("a late answer does not become the answer of the connection's next request") {
    Router router;
    std::vector<Reply> kept;
    std::mutex mutex;
    const auto keep = [&](Request, Reply reply) {
        const std::scoped_lock lock(mutex);
        kept.push_back(std::move(reply));
    };
    router.add(Verb::get, "/late", {.access = Access::open, .deadline = milliseconds{50}}, keep);
    router.add(Verb::get, "/next", {.access = Access::open}, keep);
    const TestServer server(std::move(router));
    RawSocket raw(server.server.port());
    raw.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(raw.receive(milliseconds{3'000}, "}").starts_with("HTTP/1.1 503"));
    raw.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 200; ++i) {
        std::this_thread::sleep_for(milliseconds{5});
        const std::scoped_lock lock(mutex);
        if (kept.size() == 2) {
            break;
        }
    }
    const std::scoped_lock lock(mutex);
    REQUIRE(kept.size() == 2);
    kept[0](Response::json("{late}"));
    CHECK(raw.receive(milliseconds{100}).empty());
    kept[1](Response::json("{right}"));
    CHECK(raw.receive(milliseconds{3'000}, "}").ends_with("{right}"));
}

TEST_CASE("more connections than allowed are turned away, in all and from one peer") {
    const bool of_one_peer = GENERATE(true, false);
    ServerConfig config;
    (of_one_peer ? config.max_connections_per_peer : config.max_connections) = 3;
    TestServer server(small_echo(), config);
    std::vector<RawSocket> held;
    for (int i = 0; i < 3; ++i) {
        held.emplace_back(server.server.port());
        held.back().send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok");
        CHECK(held.back().receive(milliseconds{3'000}, "\r\n\r\nok").starts_with("HTTP/1.1 200"));
    }
    RawSocket fourth(server.server.port());
    CHECK(fourth.receive(milliseconds{3'000}).starts_with("HTTP/1.1 503"));
    CHECK(fourth.closed());
    held.clear();
    for (int i = 0; i < 100 && server.server.connections() > 0; ++i) {
        std::this_thread::sleep_for(milliseconds{10});
    }
    CHECK(server.client().request(Verb::post, "/echo", "ok")->status == 200);
    CHECK(
        server.metrics.text().find("vigil_http_refused_total{reason=\"connections\"} 1") !=
        std::string::npos
    );
}

} // namespace vigil::http
