// The client of `vigil play` by TLS: whom it believes, and that it keeps its connection.
#include "http/test_server.hpp"
#include "http/test_tls.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>

using namespace vigil;
using namespace vigil::http;

namespace {

/// The system's certificates are these for a while.
class Trusted {
public:
    explicit Trusted(const std::filesystem::path& file) {
        ::setenv("SSL_CERT_FILE", file.c_str(), 1);
    }

    ~Trusted() { ::unsetenv("SSL_CERT_FILE"); }

    Trusted(const Trusted&) = delete;
    Trusted& operator=(const Trusted&) = delete;
};

Router echo() {
    Router router;
    router.add(
        Verb::post,
        "/echo",
        {.access = Access::open, .max_body = 4 << 20},
        [](const Request& request, Reply reply) { reply(Response::json(request.body)); }
    );
    return router;
}

} // namespace

TEST_CASE("a client speaks TLS to whom the system believes, over one connection") {
    const TestServer server(echo());
    const TlsDoor door(server.port(), "localhost");
    const Trusted trusted(door.ca_file());
    Client client(door.url());
    const std::string large(1 << 20, 'x');
    for (const auto* const body : {"{}", large.c_str(), "[]"}) {
        const auto answer = client.request(Verb::post, "/echo", body);
        REQUIRE(answer);
        CHECK(answer->status == 200);
        CHECK(answer->body == body);
    }
    CHECK(door.taken() == 1);
}

TEST_CASE("a client sends nothing to a server that it does not believe") {
    const TestServer server(echo());
    const TlsDoor door(server.port(), "localhost");
    const auto stranger = Client(door.url()).request(Verb::post, "/echo", "secret");
    REQUIRE_FALSE(stranger);
    CHECK(stranger.error().code == ErrorCode::unavailable);
    CHECK(stranger.error().retry == Retry::safe);
    CHECK(stranger.error().detail.contains("certificate verify failed"));
    const TlsDoor other(server.port(), "receiver.example");
    const Trusted trusted(other.ca_file());
    CHECK_FALSE(Client(other.url()).request(Verb::post, "/echo", "secret"));
    // one that does not speak TLS at all, which may also never answer
    const auto plain = "https" + server.url().substr(4);
    CHECK_FALSE(Client(plain, milliseconds{2'000}).request(Verb::post, "/echo", "secret"));
}
