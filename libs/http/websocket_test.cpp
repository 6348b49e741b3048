#include "http/test_server.hpp"
#include "http/test_tls.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <condition_variable>
#include <thread>

namespace vigil::http {

namespace {

// Keeps what it is told, and answers each message with the same one.
class EchoPeer final : public WebSocketPeer {
public:
    void on_open(std::shared_ptr<WebSocket> socket) override {
        const std::scoped_lock lock(mutex_);
        socket_ = std::move(socket);
        changed_.notify_all();
    }

    void on_message(std::string message) override {
        ++messages;
        if (message == "throw") {
            throw std::runtime_error("the peer fell over");
        }
        socket()->send(std::make_shared<const std::string>(std::move(message)));
    }

    void on_close() override {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        socket_ = nullptr;
        changed_.notify_all();
    }

    std::shared_ptr<WebSocket> socket() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, milliseconds{5'000}, [this] {
            return socket_ != nullptr || closed_;
        });
        return socket_;
    }

    bool closes_within(milliseconds limit) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, limit, [this] { return closed_; });
    }

    std::atomic<int> messages = 0;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<WebSocket> socket_;
    bool closed_ = false;
};

struct Bench {
    explicit Bench(RouteOptions options = {.access = Access::open}, ServerConfig config = {})
        : server(routes(options), std::move(config)) {}

    Router routes(RouteOptions options) {
        Router router;
        router.add_websocket(
            "/live",
            options,
            [this](const Request& request) -> Result<std::shared_ptr<WebSocketPeer>> {
                if (request.query.contains("refuse")) {
                    return fail(ErrorCode::conflict, "This stream is taken.");
                }
                return peer;
            }
        );
        router.add(Verb::post, "/x", {.access = Access::open}, [](Request, Reply reply) {
            reply(Response::json("x"));
        });
        return router;
    }

    std::shared_ptr<EchoPeer> peer = std::make_shared<EchoPeer>();
    TestServer server;
};

constexpr std::string_view upgrade =
    "GET /live HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: "
    "Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

// A client's frame with a mask of zeros (RFC 6455 section 5.2).
std::string frame(unsigned opcode, std::string_view payload) {
    std::string bytes(1, static_cast<char>(0x80U | opcode));
    if (payload.size() < 126) {
        bytes += static_cast<char>(0x80U | payload.size());
    } else {
        bytes += static_cast<char>(0xFE);
        bytes += static_cast<char>(payload.size() >> 8U);
        bytes += static_cast<char>(payload.size());
    }
    return bytes.append(4, '\0').append(payload);
}

// The code of the close frame at the end of what came, 0 when there is none.
unsigned close_code(std::string_view bytes) {
    for (std::size_t at = bytes.size() < 130 ? 0 : bytes.size() - 130; at + 4 <= bytes.size();
         ++at) {
        const auto length = static_cast<unsigned char>(bytes[at + 1]);
        if (static_cast<unsigned char>(bytes[at]) == 0x88 && at + 2 + length == bytes.size()) {
            return static_cast<unsigned char>(bytes[at + 2]) * 256U +
                   static_cast<unsigned char>(bytes[at + 3]);
        }
    }
    return 0;
}

// Why the server closed, after whatever came before.
std::string end_of(WebSocketClient& client) {
    auto next = client.receive(milliseconds{3'000});
    while (next) {
        next = client.receive(milliseconds{3'000});
    }
    return next.error().cause;
}

RawSocket open_raw(const Bench& bench, int receive_buffer = 0) {
    RawSocket raw(bench.server.server.port(), receive_buffer);
    raw.send(std::string(upgrade) + "\r\n");
    const auto answer = raw.receive(milliseconds{5'000}, "\r\n\r\n");
    CHECK(answer.starts_with("HTTP/1.1 101"));
    return raw;
}

} // namespace

TEST_CASE("messages go both ways, and both sides may close") {
    Bench bench;
    auto client = WebSocketClient::open(bench.server.url(), "/live");
    REQUIRE(client);
    for (int i = 0; i < 100; ++i) {
        REQUIRE(client->send("message " + std::to_string(i)));
    }
    for (int i = 0; i < 100; ++i) {
        CHECK(client->receive(milliseconds{5'000}) == "message " + std::to_string(i));
    }
    CHECK(client->receive(milliseconds{20}).error().code == ErrorCode::timeout);
    SECTION("the client") {
        client->close();
        CHECK(bench.peer->closes_within(milliseconds{3'000}));
    }
    SECTION("the server") {
        bench.peer->socket()->close(4001, "enough");
        const auto end = client->receive(milliseconds{3'000});
        CHECK(end.error().code == ErrorCode::unavailable);
        CHECK(end.error().cause.find("4001: enough") != std::string::npos);
        CHECK(bench.peer->closes_within(milliseconds{3'000}));
        CHECK_FALSE(client->send("more"));
    }
    SECTION("nobody, the connection is lost") {
        client = fail(ErrorCode::internal, "");
        CHECK(bench.peer->closes_within(milliseconds{3'000}));
    }
    for (int i = 0; i < 100 && bench.server.server.connections() > 0; ++i) {
        std::this_thread::sleep_for(milliseconds{10});
    }
    CHECK(bench.server.server.connections() == 0);
}

TEST_CASE("a WebSocket goes by TLS to whom the system believes") {
    Bench bench;
    const TlsDoor door(bench.server.port(), "localhost");
    CHECK(WebSocketClient::open(door.url(), "/live").error().cause.contains("certificate"));
    ::setenv("SSL_CERT_FILE", door.ca_file().c_str(), 1);
    auto client = WebSocketClient::open(door.url(), "/live");
    ::unsetenv("SSL_CERT_FILE");
    REQUIRE(client);
    for (const auto& message : {std::string("a"), std::string(20'000, 'b')}) {
        REQUIRE(client->send(message));
        CHECK(client->receive(milliseconds{5'000}).value() == message);
    }
    client->close();
    CHECK(bench.peer->closes_within(milliseconds{5'000}));
}

TEST_CASE("before the upgrade come access, origin and the service's own no") {
    const Bench bench({.access = Access::staff});
    const auto& url = bench.server.url();
    CHECK(WebSocketClient::open(url, "/live").error().code == ErrorCode::unauthenticated);
    CHECK(
        WebSocketClient::open(url, "/live", {{"Authorization", "Bearer device"}}).error().code ==
        ErrorCode::forbidden
    );
    CHECK(
        WebSocketClient::open(
            url,
            "/live",
            {{"Cookie", "who=staff"}, {"Origin", "http://evil.example"}}
        )
            .error()
            .code == ErrorCode::forbidden
    );
    CHECK(WebSocketClient::open(url, "/live", {{"Cookie", "who=staff"}, {"Origin", url}}));
    CHECK(
        WebSocketClient::open(url, "/live?refuse", {{"Cookie", "who=staff"}})
            .error()
            .cause.find("This stream is taken.") != std::string::npos
    );
    CHECK(WebSocketClient::open(url, "/nowhere").error().code == ErrorCode::not_found);
    auto plain = bench.server.client();
    CHECK(plain.request(Verb::get, "/live", "", {{"Cookie", "who=staff"}})->status == 426);
}

TEST_CASE("a text message is closed with 1003 and one over the limit with 1009") {
    Bench bench({.access = Access::open, .max_body = 1000});
    auto raw = open_raw(bench);
    SECTION("text") {
        raw.send(frame(1, "text"));
        CHECK(close_code(raw.receive(milliseconds{1'000})) == 1003);
    }
    SECTION("at the limit") {
        raw.send(frame(2, std::string(1000, 'x')));
        CHECK(raw.receive(milliseconds{3'000}, {}, 1004).size() == 1004);
    }
    SECTION("over the limit") {
        raw.send(frame(2, std::string(1001, 'x')));
        CHECK(close_code(raw.receive(milliseconds{1'000})) == 1009);
    }
    SECTION("an unmasked frame") {
        raw.send("\x82\x01x");
        CHECK(close_code(raw.receive(milliseconds{1'000})) == 1002);
    }
    const bool over = bench.peer->messages == 0;
    CHECK((over ? bench.peer->closes_within(milliseconds{5'000}) : bench.peer->messages == 1));
}

TEST_CASE("a peer that throws is closed with 1011") {
    Bench bench;
    auto client = WebSocketClient::open(bench.server.url(), "/live");
    // on a busy machine the close is there before `send` returns
    const auto sent = client->send("throw");
    const auto end = sent ? client->receive(milliseconds{3'000}).error() : sent.error();
    CHECK(end.cause.find("1011") != std::string::npos);
    CHECK(bench.server.log.text().find("the peer fell over") != std::string::npos);
}

TEST_CASE("the queue of a slow reader is bounded, and one that stays full is closed with 1013") {
    Bench bench(
        {.access = Access::open, .send_queue_bytes = 1 << 20, .slow_reader_limit = milliseconds{200}
        },
        {.write_timeout = milliseconds{20'000}}
    );
    auto raw = open_raw(bench, 4096);
    const auto socket = bench.peer->socket();
    const auto piece = std::make_shared<const std::string>(100'000, 'p');
    std::size_t accepted = 0;
    while (socket->send(piece)) {
        REQUIRE(++accepted < 1000);
        std::this_thread::sleep_for(milliseconds{1});
    }
    CHECK(socket->queued_bytes() <= 1 << 20);
    SECTION("who reads on in time is told why") {
        std::this_thread::sleep_for(milliseconds{500});
        const auto text = raw.receive(milliseconds{5'000}, {}, accepted * 100'000 * 2);
        CHECK(close_code(text) == 1013);
    }
    SECTION("who never reads is gone") {
        CHECK(bench.peer->closes_within(milliseconds{6'000}));
    }
    CHECK_FALSE(socket->send(piece));
    CHECK(
        bench.server.metrics.text().find("vigil_http_refused_total{reason=\"slow_reader\"} 0") ==
        std::string::npos
    );
}

TEST_CASE("a slow reader that catches up stays") {
    Bench bench(
        {.access = Access::open,
         .send_queue_bytes = 1 << 20,
         .slow_reader_limit = milliseconds{1'000}}
    );
    auto raw = open_raw(bench, 4096);
    const auto socket = bench.peer->socket();
    const auto piece = std::make_shared<const std::string>(100'000, 'p');
    std::size_t accepted = 0;
    while (socket->send(piece)) {
        ++accepted;
        std::this_thread::sleep_for(milliseconds{1});
    }
    const auto all = accepted * (100'000 + 10);
    CHECK(raw.receive(milliseconds{10'000}, {}, all).size() == all);
    std::this_thread::sleep_for(milliseconds{1'500});
    CHECK(socket->send(piece));
    CHECK_FALSE(bench.peer->closes_within(milliseconds{50}));
}

TEST_CASE("while reading is paused nothing arrives and the sender is made to wait") {
    Bench bench(
        {.access = Access::open, .max_body = 1 << 20},
        {.idle_timeout = milliseconds{1'000}}
    );
    auto client = WebSocketClient::open(bench.server.url(), "/live", {}, milliseconds{700});
    REQUIRE(client->send("one"));
    CHECK(client->receive(milliseconds{3'000}) == "one");
    const auto socket = bench.peer->socket();
    socket->pause_reading(true);
    REQUIRE(client->send("two")); // may still be read: a read was under way
    std::this_thread::sleep_for(milliseconds{50});
    const int before = bench.peer->messages;
    SECTION("and goes on afterwards, however long the pause was") {
        REQUIRE(client->send("three"));
        std::this_thread::sleep_for(milliseconds{1'500});
        CHECK(bench.peer->messages == before);
        socket->pause_reading(false);
        CHECK(client->receive(milliseconds{3'000}) == "two");
        CHECK(client->receive(milliseconds{3'000}) == "three");
    }
    SECTION("until TCP is full and a send is over its time") {
        const std::string large(1 << 20, 'x');
        Result<void> sent;
        for (int i = 0; i < 64 && sent; ++i) {
            sent = client->send(large);
        }
        CHECK(sent.error().code == ErrorCode::timeout);
        CHECK(bench.peer->messages == before);
    }
}

TEST_CASE("a WebSocket that answers pings lives, one that does not is closed") {
    Bench bench({.access = Access::open}, {.idle_timeout = milliseconds{1'000}});
    SECTION("answers") {
        auto client = WebSocketClient::open(bench.server.url(), "/live");
        std::this_thread::sleep_for(milliseconds{2'500});
        REQUIRE(client->send("still here"));
        CHECK(client->receive(milliseconds{3'000}) == "still here");
    }
    SECTION("does not") {
        auto raw = open_raw(bench);
        CHECK(raw.closes_within(milliseconds{5'000}));
        CHECK(bench.peer->closes_within(milliseconds{1'000}));
    }
}

TEST_CASE(
    "a drain closes WebSockets with 1001, also one that is paused and one that does not answer"
) {
    Bench bench;
    SECTION("open") {
        auto client = WebSocketClient::open(bench.server.url(), "/live");
        bench.peer->socket();
        bench.server.server.drain(milliseconds{3'000});
        CHECK(end_of(*client).find("1001") != std::string::npos);
    }
    SECTION("paused") {
        auto client = WebSocketClient::open(bench.server.url(), "/live");
        bench.peer->socket()->pause_reading(true);
        REQUIRE(client->send("x"));
        bench.server.server.drain(milliseconds{3'000});
        CHECK(end_of(*client).find("1001") != std::string::npos);
    }
    SECTION("does not answer") {
        auto raw = open_raw(bench);
        bench.peer->socket();
        const auto before = std::chrono::steady_clock::now();
        bench.server.server.drain(milliseconds{200});
        CHECK(std::chrono::steady_clock::now() - before < milliseconds{2'000});
        CHECK(close_code(raw.receive(milliseconds{1'000})) == 1001);
        CHECK(raw.closed());
    }
    CHECK(bench.peer->closes_within(milliseconds{10}));
    CHECK(bench.server.server.connections() == 0);
}

TEST_CASE("send, close and pause may come from many threads at once") {
    Bench bench;
    auto client = WebSocketClient::open(bench.server.url(), "/live");
    const auto socket = bench.peer->socket();
    const auto piece = std::make_shared<const std::string>("piece");
    std::atomic<int> accepted = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 200; ++i) {
                    accepted += socket->send(piece) ? 1 : 0;
                    socket->pause_reading(i % 2 == 0);
                }
            });
        }
    }
    for (int i = 0; i < accepted; ++i) {
        REQUIRE(client->receive(milliseconds{5'000}) == "piece");
    }
    CHECK(accepted == 800);
    socket->close(1000, "done");
    CHECK(bench.peer->closes_within(milliseconds{3'000}));
}

} // namespace vigil::http
