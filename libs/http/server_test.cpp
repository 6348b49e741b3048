#include "base/random.hpp"
#include "http/test_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <set>
#include <thread>

namespace vigil::http {

namespace {

const RouteOptions open_route{.access = Access::open};

Handler say(std::string text) {
    return [text](Request, Reply reply) { reply(Response::json(text)); };
}

Router usual_routes() {
    Router router;
    router.add(Verb::post, "/echo", open_route, [](Request request, Reply reply) {
        reply(Response::json(std::move(request.body)));
    });
    router.add(Verb::get, "/patients/{id}", open_route, [](Request request, Reply reply) {
        reply(Response::json(
            request.parameters["id"] + "|" + request.query["from"] + "|" +
            std::string(request.header("x-note"))
        ));
    });
    router.add(Verb::get, "/device", {.access = Access::device}, say("device"));
    router.add(Verb::get, "/staff", {}, say("staff"));
    router.add(Verb::post, "/staff", {}, say("done"));
    router.add(Verb::get, "/clinician", {.access = Access::clinician}, say("clinician"));
    router
        .add(Verb::get, "/administrator", {.access = Access::administrator}, say("administrator"));
    router.add(Verb::get, "/drop", open_route, [](Request, Reply) {});
    router.add(Verb::get, "/throw", open_route, [](Request, Reply) {
        throw std::runtime_error("the disk fell off");
    });
    return router;
}

std::string value_of(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) {
            return value;
        }
    }
    return "(none)";
}

} // namespace

TEST_CASE("a request is answered, on one connection again and again") {
    const TestServer server(usual_routes());
    auto client = server.client();
    for (int i = 0; i < 20; ++i) {
        const auto body = "{\"i\":" + std::to_string(i) + "}";
        const auto answer = client.request(Verb::post, "/echo", body);
        REQUIRE(answer);
        CHECK(answer->status == 200);
        CHECK(answer->body == body);
    }
    CHECK(server.server.connections() == 1);
    const auto answer = client.request(
        Verb::get,
        "/patients/p%201?from=a%26b",
        "",
        {{"X-Note", "seen"}, {"X-Request-Id", "my-own-id.1"}}
    );
    REQUIRE(answer);
    CHECK(answer->body == "p 1|a&b|seen");
    CHECK(value_of(*answer, "x-request-id") == "my-own-id.1");
    CHECK(value_of(*answer, "x-content-type-options") == "nosniff");
    CHECK(value_of(*answer, "cache-control") == "no-store");
    CHECK(value_of(*answer, "content-security-policy").starts_with("default-src 'self'"));
    CHECK(value_of(*answer, "server") == "(none)");
    CHECK(
        value_of(
            *client.request(Verb::get, "/patients/p", "", {{"X-Request-Id", "not sane"}}),
            "x-request-id"
        )
            .size() == 15
    );
}

TEST_CASE("a large body comes through, announced and in chunks") {
    Router router;
    router.add(Verb::get, "/next", open_route, say("next||"));
    router.add(
        Verb::post,
        "/echo",
        {.access = Access::open, .max_body = 3 << 20},
        [](Request request, Reply reply) { reply(Response::json(std::move(request.body))); }
    );
    const TestServer server(std::move(router));
    std::string body(2'500'000, 'x');
    for (std::size_t i = 0; i < body.size(); i += 1000) {
        body[i] = static_cast<char>('a' + i / 1000 % 26);
    }
    CHECK(server.client().request(Verb::post, "/echo", body)->body == body);
    RawSocket raw(server.server.port());
    raw.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    raw.send("6;ext=1\r\n world\r\n0\r\nTrailer: x\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto text = raw.receive(milliseconds{5'000}, "next||");
    CHECK(text.find("hello world") != std::string::npos);
    CHECK(text.find("next||") != std::string::npos);
}

TEST_CASE("requests sent together are answered in order") {
    const TestServer server(usual_routes());
    RawSocket raw(server.server.port());
    std::string together;
    for (int i = 0; i < 50; ++i) {
        together +=
            "\r\nGET /patients/" + std::to_string(1000 + i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    }
    raw.send(together);
    const auto text = raw.receive(milliseconds{5'000}, "1049||");
    std::size_t at = 0;
    for (int i = 0; i < 50; ++i) {
        at = text.find("\r\n\r\n" + std::to_string(1000 + i) + "||", at);
        REQUIRE(at != std::string::npos);
    }
}

TEST_CASE("404 and 405 differ, and HEAD is GET without the body") {
    const TestServer server(usual_routes());
    auto client = server.client();
    CHECK(client.request(Verb::get, "/nowhere")->status == 404);
    const auto wrong = client.request(Verb::get, "/echo");
    CHECK(wrong->status == 405);
    CHECK(value_of(*wrong, "allow") == "POST");
    CHECK(wrong->content_type == "application/problem+json");
    RawSocket raw(server.server.port());
    raw.send(
        "HEAD /patients/abc HTTP/1.1\r\nHost: a\r\n\r\nPATCH /echo HTTP/1.1\r\nHost: "
        "a\r\n\r\nPATCH /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    );
    const auto text = raw.receive();
    CHECK(text.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(text.find("Content-Length: 5\r\n") != std::string::npos);
    CHECK(text.find("abc||") == std::string::npos);
    CHECK(text.find("HTTP/1.1 405") != std::string::npos);
    CHECK(text.find("HTTP/1.1 404") != std::string::npos);
    CHECK(raw.closed());
}

TEST_CASE("a route's access is enforced before anything else is looked at") {
    const TestServer server(usual_routes());
    auto client = server.client();

    struct Case {
        const char* path;
        const char* who;
        unsigned status;
    };

    const auto [path, who, status] = GENERATE(
        Case{"/device", "", 401},
        Case{"/device", "device", 200},
        Case{"/device", "staff", 403},
        Case{"/device", "unknown", 401},
        Case{"/staff", "", 401},
        Case{"/staff", "device", 403},
        Case{"/staff", "staff", 200},
        Case{"/clinician", "staff", 403},
        Case{"/clinician", "clinician", 200},
        Case{"/clinician", "administrator", 200},
        Case{"/administrator", "clinician", 403},
        Case{"/administrator", "administrator", 200},
        Case{"/patients/p", "unknown", 401},
        Case{"/patients/p", "", 200}
    );
    std::vector<std::pair<std::string, std::string>> headers;
    if (*who != 0) {
        headers.emplace_back("Authorization", std::string("Bearer ") + who);
    }
    const auto answer = client.request(Verb::get, path, "", headers);
    REQUIRE(answer);
    INFO(path << " as " << who);
    CHECK(answer->status == status);
    CHECK((value_of(*answer, "www-authenticate") == "Bearer") == (status == 401));
}

TEST_CASE("another origin's page cannot write with a person's cookie") {
    const TestServer server(usual_routes());
    auto client = server.client();
    const auto host = server.url().substr(7);
    const auto post = [&](std::vector<std::pair<std::string, std::string>> headers) {
        return client.request(Verb::post, "/staff", "{}", headers)->status;
    };
    CHECK(post({{"Cookie", "who=staff"}}) == 200);
    CHECK(post({{"Cookie", "who=staff"}, {"Origin", "http://" + host}}) == 200);
    CHECK(post({{"Cookie", "who=staff"}, {"Origin", "http://evil.example"}}) == 403);
    CHECK(post({{"Cookie", "who=staff"}, {"Origin", "null"}}) == 403);
    CHECK(post({{"Authorization", "Bearer staff"}, {"Origin", "http://other.example"}}) == 200);
    CHECK(
        client
            .request(
                Verb::get,
                "/staff",
                "",
                {{"Cookie", "who=staff"}, {"Origin", "http://other.example"}}
            )
            ->status == 200
    );
    // An expired cookie does not close an open door.
    CHECK(client.request(Verb::get, "/patients/p", "", {{"Cookie", "who=expired"}})->status == 200);
}

TEST_CASE("a handler that drops its reply or throws gives 500, and the log knows why") {
    TestServer server(usual_routes());
    auto client = server.client();
    CHECK(client.request(Verb::get, "/drop")->status == 500);
    const auto thrown = client.request(Verb::get, "/throw");
    CHECK(thrown->status == 500);
    CHECK(thrown->body.find("disk") == std::string::npos);
    CHECK(server.log.text().find("the disk fell off") != std::string::npos);
    CHECK(server.log.text().find("Reply dropped") != std::string::npos);
    CHECK(client.request(Verb::get, "/patients/p")->status == 200);
}

TEST_CASE("a request has the trace of its traceparent, or a new one where that is malformed") {
    Router router;
    router.add(Verb::get, "/trace", open_route, [](Request request, Reply reply) {
        reply(Response::json(to_hex(request.trace.bytes())));
    });
    TestServer server(std::move(router));
    server.log.level(LogLevel::debug);
    auto client = server.client();
    const auto trace_with = [&](std::vector<std::pair<std::string, std::string>> headers) {
        return client.request(Verb::get, "/trace", "", std::move(headers)).value().body;
    };
    const std::string given = "0af7651916cd43dd8448eb211c80319c";
    const std::pair<std::string, std::string> header(
        "TraceParent",
        "00-" + given + "-b7ad6b7169203331-01"
    );
    std::set<std::string> seen{given};
    CHECK(trace_with({header}) == given);
    const auto first_made = trace_with({});
    seen.insert(first_made);
    for (int i = 0; i < 20; ++i) {
        const auto none = trace_with({});
        const auto malformed = trace_with({{"traceparent", "00-" + given + "-01"}});
        const auto twice = trace_with({header, header});
        for (const auto& made : {none, malformed, twice}) {
            CHECK(made.size() == 32);
            CHECK(seen.insert(made).second);
        }
    }
    const auto log = server.log.text(); // a line is written behind its answer: the last may lack
    for (const auto& trace : {given, first_made}) {
        INFO(trace);
        CHECK(log.contains("\"trace_id\":\"" + trace + "\""));
    }
}

TEST_CASE("metrics count answers by route and status") {
    TestServer server(usual_routes());
    auto client = server.client();
    client.request(Verb::get, "/patients/p");
    client.request(Verb::get, "/patients/q");
    client.request(Verb::get, "/nowhere");
    // An answer is counted when its last byte is written, and so perhaps after the client has it.
    const std::string last = "vigil_http_requests_total{route=\"none\",status=\"4xx\"} 1";
    auto text = server.metrics.text();
    for (int i = 0; i < 200 && text.find(last) == std::string::npos; ++i) {
        std::this_thread::sleep_for(milliseconds{5});
        text = server.metrics.text();
    }
    CHECK(text.find(last) != std::string::npos);
    CHECK(
        text.find("vigil_http_requests_total{route=\"GET /patients/{id}\",status=\"2xx\"} 2") !=
        std::string::npos
    );
    CHECK(
        text.find("vigil_http_request_duration_seconds_count{route=\"GET /patients/{id}\"} 2") !=
        std::string::npos
    );
}

TEST_CASE("answers from other threads reach the right one of many connections, over several loops"
) {
    Router router;
    std::mutex mutex;
    std::vector<std::pair<std::string, Reply>> waiting;
    std::atomic<bool> stop = false;
    router.add(Verb::post, "/echo", open_route, [&](Request request, Reply reply) {
        const std::scoped_lock lock(mutex);
        waiting.emplace_back(std::move(request.body), std::move(reply));
    });
    TestServer server(std::move(router), {.threads = 2});
    std::jthread worker([&] {
        while (!stop) {
            std::vector<std::pair<std::string, Reply>> now;
            {
                const std::scoped_lock lock(mutex);
                now.swap(waiting);
            }
            for (auto& [body, reply] : now) {
                reply(Response::json(std::move(body)));
            }
            std::this_thread::sleep_for(std::chrono::microseconds{200});
        }
    });
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> senders;
        for (int sender = 0; sender < 8; ++sender) {
            senders.emplace_back([&, sender] {
                auto client = server.client();
                for (int i = 0; i < 50; ++i) {
                    const auto body = std::to_string(sender) + ":" + std::to_string(i);
                    const auto answer = client.request(Verb::post, "/echo", body);
                    right += answer && answer->body == body ? 1 : 0;
                }
            });
        }
    }
    stop = true;
    CHECK(right == 400);
}

TEST_CASE("the client says what may be tried again") {
    Client nobody("http://127.0.0.1:1");
    const auto refused = nobody.request(Verb::post, "/x", "{}");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::unavailable);
    CHECK(refused.error().retry == Retry::safe);

    Router router;
    std::vector<Reply> kept;
    router.add(Verb::post, "/never", open_route, [&kept](Request, Reply reply) {
        kept.push_back(std::move(reply));
    });
    router.add(Verb::get, "/never", open_route, [&kept](Request, Reply reply) {
        kept.push_back(std::move(reply));
    });
    router.add(Verb::get, "/x", open_route, say("x"));
    auto server = std::make_unique<TestServer>(std::move(router));
    auto client = server->client(milliseconds{200});
    CHECK(client.request(Verb::get, "/x")->status == 200);
    const auto late = client.request(Verb::post, "/never", "{}");
    REQUIRE_FALSE(late);
    CHECK(late.error().code == ErrorCode::timeout);
    CHECK(late.error().retry == Retry::in_doubt);
    CHECK(client.request(Verb::get, "/never").error().retry == Retry::safe);
    CHECK(client.request(Verb::get, "/x")->status == 200);
    // The replies outlive the server.
    server.reset();
    for (auto& reply : kept) {
        reply(Response::json("{}"));
    }
    CHECK(client.request(Verb::get, "/x").error().retry == Retry::safe);
}

TEST_CASE("a connection that the server closed in the meantime is opened again") {
    const TestServer server(usual_routes(), {.idle_timeout = milliseconds{60}});
    auto client = server.client();
    CHECK(client.request(Verb::get, "/patients/p")->status == 200);
    for (int i = 0; i < 500 && server.server.connections() > 0; ++i) {
        std::this_thread::sleep_for(milliseconds{10});
    }
    CHECK(server.server.connections() == 0);
    CHECK(client.request(Verb::post, "/echo", "again")->body == "again");
}

TEST_CASE("an address that cannot be listened on is said in one sentence") {
    const TestServer first(usual_routes());
    SystemClock clock;
    KeptLog log;
    Metrics metrics;
    Server second({.port = first.server.port()}, usual_routes(), know, clock, log, metrics);
    const auto taken = second.start();
    REQUIRE_FALSE(taken);
    CHECK(taken.error().detail.find("Another program listens") == 0);
    Server third({.address = "not an address"}, usual_routes(), know, clock, log, metrics);
    CHECK(third.start().error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a drain lets a running request finish, closes idle connections and takes no new ones") {
    Router router = usual_routes();
    std::jthread worker;
    std::atomic<bool> started = false;
    router.add(Verb::post, "/slow", open_route, [&](Request, Reply reply) {
        started = true;
        worker = std::jthread([reply = std::move(reply)]() mutable {
            std::this_thread::sleep_for(milliseconds{200});
            reply(Response::json("finished"));
        });
    });
    TestServer server(std::move(router));
    RawSocket idle(server.server.port());
    idle.send("GET /patients/p HTTP/1.1\r\nHost: a\r\n\r\n");
    idle.receive(milliseconds{5'000}, "p||");
    Result<Response> answer = fail(ErrorCode::internal, "");
    std::jthread sender([&] { answer = server.client().request(Verb::post, "/slow", "{}"); });
    while (!started) {
        std::this_thread::sleep_for(milliseconds{1});
    }
    const auto before = std::chrono::steady_clock::now();
    const auto port = server.server.port();
    server.server.drain(milliseconds{5'000});
    const auto took = std::chrono::steady_clock::now() - before;
    sender.join();
    REQUIRE(answer);
    CHECK(answer->body == "finished");
    CHECK(value_of(*answer, "connection") == "close");
    CHECK(took < milliseconds{4'000});
    CHECK(idle.closes_within(milliseconds{100}));
    CHECK_FALSE(RawSocket(port).connected());
    CHECK(server.server.connections() == 0);
}

TEST_CASE("a drain ends in time although a handler never answers") {
    Router router;
    std::vector<Reply> kept;
    std::atomic<bool> started = false;
    router.add(Verb::get, "/never", open_route, [&](Request, Reply reply) {
        kept.push_back(std::move(reply));
        started = true;
    });
    TestServer server(std::move(router));
    RawSocket raw(server.server.port());
    raw.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    while (!started) {
        std::this_thread::sleep_for(milliseconds{1});
    }
    const auto before = std::chrono::steady_clock::now();
    server.server.drain(milliseconds{100});
    CHECK(std::chrono::steady_clock::now() - before < milliseconds{3'000});
    CHECK(raw.closes_within(milliseconds{100}));
}

} // namespace vigil::http
