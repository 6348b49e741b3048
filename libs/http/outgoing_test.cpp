// Requests to other people's servers: whom they believe, how long they wait, where they go.
#include "http/outgoing.hpp"

#include "http/test_server.hpp"
#include "http/test_tls.hpp"

#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <optional>

using namespace vigil;
using namespace vigil::http;

TEST_CASE("an outgoing request believes only the certificates that it is given") {
    Router router;
    router.add(Verb::post, "/call", {.access = Access::open}, [](const Request&, Reply reply) {
        reply(Response::json("{}"));
    });
    const TestServer server(std::move(router));
    const TlsDoor door(server.port(), "localhost");
    const auto url = door.url() + "/call";
    const auto answer = send_outgoing({.url = url, .body = "x", .ca_file = door.ca_file()});
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == "{}");
    const auto stranger = send_outgoing({.url = url, .body = "x"});
    REQUIRE_FALSE(stranger);
    CHECK(stranger.error().code == ErrorCode::unavailable);
    CHECK(stranger.error().cause.contains("certificate"));
    const TlsDoor other(server.port(), "receiver.example");
    const auto wrong_name =
        send_outgoing({.url = other.url() + "/call", .body = "x", .ca_file = other.ca_file()});
    REQUIRE_FALSE(wrong_name);
    CHECK(wrong_name.error().code == ErrorCode::unavailable);
    const auto no_file = send_outgoing({.url = url, .body = "x", .ca_file = "no such file.pem"});
    REQUIRE_FALSE(no_file);
    CHECK(no_file.error().field == "ca_file");
}

TEST_CASE("an outgoing request has one deadline, follows no redirect and carries its headers") {
    Router router;
    std::string seen;
    router.add(Verb::post, "/call", {.access = Access::open}, [&](Request request, Reply reply) {
        seen = request.body + "|" + request.query["a"] + "|" + std::string(request.content_type());
        Response away{.status = 307, .content_type = "", .body = "", .headers = {}};
        away.headers.emplace_back("Location", "/other");
        reply(std::move(away));
    });
    bool followed = false;
    router.add(Verb::post, "/other", {.access = Access::open}, [&](Request, Reply reply) {
        followed = true;
        reply(Response::json("{}"));
    });
    std::optional<Reply> kept;
    router.add(Verb::get, "/slow", {.access = Access::open}, [&](Request, Reply reply) {
        kept.emplace(std::move(reply));
    });
    const TestServer server(std::move(router));
    const auto answer = send_outgoing(
        {.url = server.url() + "/call?a=b%20c",
         .body = "text",
         .headers = {{"Content-Type", "application/json"}}}
    );
    REQUIRE(answer);
    CHECK(answer->status == 307);
    CHECK_FALSE(followed);
    CHECK(seen == "text|b c|application/json");
    const auto begun = std::chrono::steady_clock::now();
    const auto slow = send_outgoing(
        {.verb = Verb::get, .url = server.url() + "/slow", .timeout = milliseconds(100)}
    );
    CHECK(std::chrono::steady_clock::now() - begun < milliseconds(2000));
    REQUIRE_FALSE(slow);
    CHECK(slow.error().code == ErrorCode::timeout);
    const auto nobody = send_outgoing({.url = "http://127.0.0.1:1/"});
    REQUIRE_FALSE(nobody);
    CHECK(nobody.error().code == ErrorCode::unavailable);
    kept.reset();
}

TEST_CASE("secrets go out by https, or to this very machine") {
    for (const auto* right :
         {"https://receiver.example/calls?x=1",
          "https://[2001:db8::1]:8443",
          "http://127.0.0.1:9000/a",
          "http://localhost",
          "http://[::1]:80/"}) {
        INFO(right);
        CHECK(check_url(right));
    }
    for (const auto* wrong :
         {"",
          "receiver.example",
          "http://receiver.example/calls",
          "http://127.0.0.1.receiver.example/",
          "http://10.0.0.1/",
          "ftp://127.0.0.1/",
          "file:///etc/passwd",
          "https://ada:secret@receiver.example/",
          "https:///calls",
          "https://receiver.example/#a",
          "https://receiver.example/ x",
          "https://evil.example%00.receiver.example/",
          "https://evil.example%2F.receiver.example/",
          "https://evil.example%5C.receiver.example/"}) {
        INFO(wrong);
        CHECK_FALSE(check_url(wrong));
    }
}

TEST_CASE("an address leads where it says, however it is written") {
    const auto origin = [](std::string_view url) { return destination_of(url).value().origin; };
    CHECK(origin("https://Receiver.Example/calls?x=1") == "https://receiver.example");
    CHECK(origin("https://receiver.example:443") == "https://receiver.example");
    CHECK(origin("https://receiver.example:8443/a") == "https://receiver.example:8443");
    CHECK(origin("https://receiver.example:/a") == "https://receiver.example");
    CHECK(origin("https://receiver.example?x=https://other.example") == "https://receiver.example");
    CHECK(origin("https://[2001:DB8::1]/a") == "https://[2001:db8::1]");
    CHECK(origin("http://127.0.0.1:80/a") == "http://127.0.0.1");
    CHECK(destination_of("https://%72eceiver.example/").value().host == "receiver.example");
}
