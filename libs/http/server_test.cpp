#include "http/test_server.hpp"

#include <catch2/catch_test_macros.hpp>

#include <future>
#include <thread>

namespace vigil::http {

namespace {

Handler echo() {
    return [](Request request, Reply reply) { reply(Response::json(std::move(request.body))); };
}

const RouteOptions open_route{.access = Access::open};

Router echo_router() {
    Router router;
    router.add(Verb::post, "/echo", open_route, echo());
    router.add(Verb::get, "/patients/{id}/vitals", open_route, [](Request request, Reply reply) {
        reply(Response::json(request.parameters["id"] + "|" + request.query["from"]));
    });
    return router;
}

} // namespace

TEST_CASE("a request is answered, on one connection again and again") {
    TestServer server(echo_router());
    auto client = server.client();
    for (int i = 0; i < 20; ++i) {
        const auto answer =
            client.request(Verb::post, "/echo", "{\"i\":" + std::to_string(i) + "}");
        REQUIRE(answer);
        CHECK(answer->status == 200);
        CHECK(answer->body == "{\"i\":" + std::to_string(i) + "}");
    }
    CHECK(server.server.connections() == 1);
}

TEST_CASE("an answer may come from another thread") {
    Router router;
    std::vector<std::jthread> threads;
    router.add(Verb::post, "/slow", open_route, [&threads](Request request, Reply reply) {
        threads.emplace_back([body = std::move(request.body), reply = std::move(reply)]() mutable {
            std::this_thread::sleep_for(milliseconds{5});
            reply(Response::json(std::move(body), 202));
        });
    });
    TestServer server(std::move(router));
    auto client = server.client();
    for (int i = 0; i < 5; ++i) {
        const auto answer = client.request(Verb::post, "/slow", "x");
        REQUIRE(answer);
        CHECK(answer->status == 202);
    }
}

} // namespace vigil::http
