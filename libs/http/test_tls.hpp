// TLS in front of a test's server, with a certificate of its own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace vigil::http {

template <auto Free>
struct Freed {
    void operator()(auto* what) const { Free(what); }
};

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;

inline Certificate self_signed(EVP_PKEY* key, const char* name) {
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

/// Carries what comes in by TLS to the server at a port of this machine, and back.
class TlsDoor {
public:
    TlsDoor(unsigned port, const char* name)
        : server_(boost::asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)),
          ca_file_(
              std::filesystem::temp_directory_path() /
              ("vigil-ca-" + std::to_string(::getpid()) + name + ".pem")
          ),
          acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}) {
        const Key key(EVP_RSA_gen(2048));
        const auto certificate = self_signed(key.get(), name);
        SSL_CTX_use_certificate(tls_.native_handle(), certificate.get());
        SSL_CTX_use_PrivateKey(tls_.native_handle(), key.get());
        auto* file = std::fopen(ca_file_.c_str(), "w");
        PEM_write_X509(file, certificate.get());
        std::fclose(file);
        boost::asio::co_spawn(context_, accept(), boost::asio::detached);
        thread_ = std::jthread([this] { context_.run(); });
    }

    TlsDoor(const TlsDoor&) = delete;
    TlsDoor& operator=(const TlsDoor&) = delete;

    ~TlsDoor() {
        context_.stop();
        thread_.join();
        std::filesystem::remove(ca_file_);
    }

    [[nodiscard]] std::string url() const {
        return "https://localhost:" + std::to_string(acceptor_.local_endpoint().port());
    }

    [[nodiscard]] const std::filesystem::path& ca_file() const { return ca_file_; }

    /// How many connections came so far.
    [[nodiscard]] int taken() const { return taken_; }

private:
    using Tcp = boost::asio::ip::tcp;

    boost::asio::awaitable<void> accept() {
        for (;;) {
            auto socket = co_await acceptor_.async_accept(boost::asio::use_awaitable);
            ++taken_;
            boost::asio::co_spawn(context_, carry(std::move(socket)), boost::asio::detached);
        }
    }

    boost::asio::awaitable<void> carry(Tcp::socket socket) {
        using namespace boost::asio::experimental::awaitable_operators;
        try {
            boost::asio::ssl::stream<Tcp::socket> outside(std::move(socket), tls_);
            co_await outside.async_handshake(
                boost::asio::ssl::stream_base::server,
                boost::asio::use_awaitable
            );
            Tcp::socket inside(context_);
            co_await inside.async_connect(server_, boost::asio::use_awaitable);
            co_await (pump(outside, inside) || pump(inside, outside));
        } catch (const boost::system::system_error&) {
            co_return; // the other end is gone, or does not believe us
        }
    }

    template <class From, class To>
    static boost::asio::awaitable<void> pump(From& from, To& to) {
        std::array<char, 16'384> bytes{};
        for (;;) {
            const auto count = co_await from.async_read_some(
                boost::asio::buffer(bytes),
                boost::asio::use_awaitable
            );
            co_await boost::asio::async_write(
                to,
                boost::asio::buffer(bytes, count),
                boost::asio::use_awaitable
            );
        }
    }

    Tcp::endpoint server_;
    std::filesystem::path ca_file_;
    boost::asio::io_context context_;
    boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
    Tcp::acceptor acceptor_;
    std::atomic<int> taken_ = 0;
    std::jthread thread_;
};

} // namespace vigil::http
