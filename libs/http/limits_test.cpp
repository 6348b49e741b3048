// Every bound of the server, exceeded on purpose.
#include "http/test_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <zlib.h>

#include <algorithm>
#include <thread>

namespace vigil::http {

namespace {

std::string gzip(std::string_view plain) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, plain.size()) + 32, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

std::string chunked(std::string_view body, std::size_t piece) {
    std::string text = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < body.size(); at += piece) {
        const auto part = body.substr(at, piece);
        char size[32];
        std::snprintf(size, sizeof size, "%zx\r\n", part.size());
        text.append(size).append(part).append("\r\n");
    }
    return text + "0\r\n\r\n";
}

std::string status_line(const std::string& text) {
    return text.substr(0, text.find('\r'));
}

} // namespace

TEST_CASE("a body over the limit is refused: announced, in chunks, and after decompression") {
    const TestServer server(small_echo());
    auto client = server.client();
    CHECK(client.request(Verb::post, "/echo", std::string(1000, 'x'))->status == 200);
    const auto over = client.request(Verb::post, "/echo", std::string(1001, 'x'));
    CHECK(over->status == 413);
    CHECK(over->body.find("\"field\":\"body\"") != std::string::npos);
    CHECK(client.request(Verb::post, "/echo", std::string(5'000'000, 'x'))->status == 413);
    CHECK(
        client
            .request(
                Verb::post,
                "/echo",
                gzip(std::string(900, 'x')),
                {{"Content-Encoding", "gzip"}}
            )
            ->body == std::string(900, 'x')
    );
    CHECK(
        client
            .request(
                Verb::post,
                "/echo",
                gzip(std::string(1001, 'x')),
                {{"Content-Encoding", "gzip"}}
            )
            ->status == 413
    );
    CHECK(
        client.request(Verb::post, "/echo", "not gzip", {{"Content-Encoding", "gzip"}})->status ==
        400
    );
    CHECK(client.request(Verb::post, "/echo", "x", {{"Content-Encoding", "br"}})->status == 415);
    const auto piece = GENERATE(std::size_t{10}, std::size_t{2000});
    RawSocket raw(server.server.port());
    raw.send(chunked(std::string(1000, 'y'), piece));
    CHECK(
        status_line(raw.receive(milliseconds{5'000}, std::string(1000, 'y'))) == "HTTP/1.1 200 OK"
    );
    raw.send(chunked(std::string(1001, 'y'), piece));
    CHECK(status_line(raw.receive()) == "HTTP/1.1 413 Content Too Large");
    CHECK(raw.closed());
}

TEST_CASE("a gzip bomb is refused and nothing grows") {
    const TestServer server(small_echo(100 << 20), {.max_decompression_ratio = 200});
    const auto bomb = gzip(std::string(100 << 20, '\0'));
    const auto before = resident_bytes();
    for (int i = 0; i < 5; ++i) {
        CHECK(
            server.client()
                .request(Verb::post, "/echo", bomb, {{"Content-Encoding", "gzip"}})
                ->status == 413
        );
    }
    CHECK(resident_bytes() < before + (150 << 20));
}

TEST_CASE("bodies that together exceed the budget are refused with 503, and the budget comes back"
) {
    TestServer server(
        small_echo(100'000),
        {.body_timeout = milliseconds{20'000}, .max_body_bytes_in_memory = 250'000}
    );
    {
        std::vector<RawSocket> senders;
        for (int i = 0; i < 4; ++i) {
            senders.emplace_back(server.server.port());
            senders.back().send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" +
                std::string(90'000, 'x')
            );
        }
        const auto refused = std::ranges::count_if(senders, [](auto& sender) {
            return status_line(sender.receive(milliseconds{1'000}, "}")) ==
                   "HTTP/1.1 503 Service Unavailable";
        });
        CHECK(refused >= 1);
        CHECK(refused <= 3);
    }
    std::this_thread::sleep_for(milliseconds{50});
    CHECK(server.client().request(Verb::post, "/echo", std::string(100'000, 'z'))->status == 200);
    CHECK(
        server.metrics.text().find("vigil_http_refused_total{reason=\"memory\"} 0") ==
        std::string::npos
    );
}

TEST_CASE("a header over the limit is refused with 431") {
    const TestServer server(small_echo(), {.max_header_bytes = 4096});
    RawSocket raw(server.server.port());
    raw.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nX-Long: " + std::string(3800, 'h') +
        "\r\n\r\nx"
    );
    CHECK(status_line(raw.receive(milliseconds{5'000}, "\r\n\r\nx")) == "HTTP/1.1 200 OK");
    raw.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nX-Long: " + std::string(5000, 'h') +
        "\r\n\r\nx"
    );
    const auto text = raw.receive();
    CHECK(status_line(text) == "HTTP/1.1 431 Request Header Fields Too Large");
    CHECK(text.find("application/problem+json") != std::string::npos);
    CHECK(raw.closed());
}

TEST_CASE("an endless chunk header ends the connection") {
    const TestServer server(small_echo(), {.max_header_bytes = 4096});
    RawSocket raw(server.server.port());
    raw.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;" +
        std::string(100'000, 'e')
    );
    CHECK(status_line(raw.receive()) == "HTTP/1.1 400 Bad Request");
    CHECK(raw.closed());
}

TEST_CASE("framing that two readers could read differently is refused and the connection closed") {
    const TestServer server(small_echo());
    const auto* headers = GENERATE(
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length : 5\r\n",
        "Host: b\r\n",
        "Authorization: Bearer device\r\nAuthorization: Bearer staff\r\n",
        "Content-Length: 5\r\nExpect: a-miracle\r\n"
    );
    INFO(headers);
    RawSocket raw(server.server.port());
    raw.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\n" + std::string(headers) +
        "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    );
    const auto text = raw.receive();
    CHECK(
        (text.starts_with("HTTP/1.1 400") || text.starts_with("HTTP/1.1 413") ||
         text.starts_with("HTTP/1.1 417"))
    );
    CHECK(text.find("HTTP/1.1 404") == std::string::npos);
    CHECK(text.find("application/problem+json") != std::string::npos);
    CHECK(raw.closed());
}

TEST_CASE("bytes that are not HTTP get a problem and the connection is closed") {
    const TestServer server(small_echo());
    const std::string bytes = GENERATE(
        "nonsense\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /echo HTTP/1.1\r\n\r\n",
        "GET  /echo HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "\x16\x03\x01\x02 \x01 \x01\xfc\x03\x03 tls hello \r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n"
    );
    INFO(bytes);
    RawSocket raw(server.server.port());
    raw.send(bytes);
    const auto text = raw.receive(milliseconds{3'000});
    CHECK(text.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    CHECK(text.find("application/problem+json") != std::string::npos);
    CHECK(raw.closed());
}

TEST_CASE("a NUL or bad encoding in the path gets 400, and the connection lives on") {
    const TestServer server(small_echo());
    auto client = server.client();
    CHECK(client.request(Verb::get, "/a%00b")->status == 400);
    CHECK(client.request(Verb::get, "/a%zz")->status == 400);
    CHECK(client.request(Verb::get, "/echo?a=1&a=2")->status == 400);
    CHECK(client.request(Verb::post, "/echo", "x")->status == 200);
}

TEST_CASE("a refusal is answered before the body is read") {
    const TestServer server(small_echo(1 << 20));
    RawSocket raw(server.server.port());
    raw.send("POST /staff HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    CHECK(raw.receive(milliseconds{5'000}, "}").starts_with("HTTP/1.1 401"));
    RawSocket small(server.server.port());
    small.send("POST /staff HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
    CHECK(small.receive(milliseconds{5'000}, "}").starts_with("HTTP/1.1 401"));
    small.send("0123456789POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok");
    CHECK(small.receive(milliseconds{5'000}, "\r\n\r\nok").starts_with("HTTP/1.1 200"));
}

TEST_CASE("a sender that asks first is told to go on, or refused without its body") {
    const TestServer server(small_echo(100));
    RawSocket raw(server.server.port());
    raw.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    CHECK(raw.receive(milliseconds{5'000}, "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    raw.send("body");
    CHECK(raw.receive(milliseconds{5'000}, "\r\n\r\nbody").starts_with("HTTP/1.1 200"));
    raw.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n"
    );
    CHECK(raw.receive().starts_with("HTTP/1.1 413"));
    CHECK(raw.closed());
}

} // namespace vigil::http
