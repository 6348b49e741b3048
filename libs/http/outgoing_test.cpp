// Requests to other people's servers: whom they believe, how long they wait, where they go.
#include "http/outgoing.hpp"

#include "http/test_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <memory>
#include <thread>

using namespace vigil;
using namespace vigil::http;

namespace {

template <auto Free>
struct Freed {
    void operator()(auto* what) const { Free(what); }
};

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;

Certificate self_signed(EVP_PKEY* key, const char* name) {
    Certificate made(X509_new());
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), key);
    auto* subject = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(
        subject,
        "CN",
        MBSTRING_ASC,
        reinterpret_cast<const unsigned char*>(name),
        -1,
        -1,
        0
    );
    X509_set_issuer_name(made.get(), subject);
    const auto alternative = std::string("DNS:") + name;
    auto* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative.c_str());
    X509_add_ext(made.get(), extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(made.get(), key, EVP_sha256());
    return made;
}

/// Answers each connection with one fixed answer over TLS.
class TlsServer {
public:
    explicit TlsServer(const char* name)
        : key_(EVP_RSA_gen(2048)),
          certificate_(self_signed(key_.get(), name)),
          context_(SSL_CTX_new(TLS_server_method())),
          listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        SSL_CTX_use_certificate(context_.get(), certificate_.get());
        SSL_CTX_use_PrivateKey(context_.get(), key_.get());
        ca_file = std::filesystem::temp_directory_path() /
                  ("vigil-ca-" + std::to_string(::getpid()) + name + ".pem");
        auto* file = std::fopen(ca_file.c_str(), "w");
        PEM_write_X509(file, certificate_.get());
        std::fclose(file);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof(address);
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
        ::listen(listener_, 8);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
        url = "https://localhost:" + std::to_string(ntohs(address.sin_port)) + "/call";
        thread_ = std::jthread([this] { run(); });
    }

    ~TlsServer() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
        std::filesystem::remove(ca_file);
    }

    std::string url;
    std::filesystem::path ca_file;

private:
    void run() {
        for (int taken = ::accept(listener_, nullptr, nullptr); taken >= 0;
             taken = ::accept(listener_, nullptr, nullptr)) {
            const std::unique_ptr<SSL, Freed<SSL_free>> session(SSL_new(context_.get()));
            SSL_set_fd(session.get(), taken);
            char text[4096];
            if (SSL_accept(session.get()) == 1 && SSL_read(session.get(), text, sizeof(text)) > 0) {
                constexpr std::string_view answer =
                    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone";
                SSL_write(session.get(), answer.data(), static_cast<int>(answer.size()));
                SSL_shutdown(session.get());
            }
            ::close(taken);
        }
    }

    Key key_;
    Certificate certificate_;
    std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context_;
    int listener_;
    std::jthread thread_;
};

} // namespace

TEST_CASE("an outgoing request believes only the certificates that it is given") {
    const TlsServer server("localhost");
    const auto answer = send_outgoing({.url = server.url, .body = "x", .ca_file = server.ca_file});
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == "done");
    const auto stranger = send_outgoing({.url = server.url, .body = "x"});
    REQUIRE_FALSE(stranger);
    CHECK(stranger.error().code == ErrorCode::unavailable);
    CHECK(stranger.error().cause.contains("certificate"));
    const TlsServer other("receiver.example");
    const auto wrong_name =
        send_outgoing({.url = other.url, .body = "x", .ca_file = other.ca_file});
    REQUIRE_FALSE(wrong_name);
    CHECK(wrong_name.error().code == ErrorCode::unavailable);
    const auto no_file =
        send_outgoing({.url = server.url, .body = "x", .ca_file = "no such file.pem"});
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
