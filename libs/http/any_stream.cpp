#include "http/any_stream.hpp"

#include <boost/asio/ssl/host_name_verification.hpp>
#include <openssl/ssl.h>

#include <format>

namespace vigil::http {

namespace asio = boost::asio;

namespace {

// Runs one asynchronous operation to its end; the stream's own timer ends it in time.
template <class Start>
boost::system::error_code run(asio::io_context& context, Start start) {
    boost::system::error_code outcome;
    start([&outcome](const boost::system::error_code& error, auto&&...) { outcome = error; });
    context.restart();
    context.run();
    return outcome;
}

} // namespace

Result<void> trust(asio::ssl::context& tls, const std::filesystem::path& ca_file) {
    boost::system::error_code error;
    if (ca_file.empty()) {
        tls.set_default_verify_paths(error);
    } else {
        tls.load_verify_file(ca_file.string(), error);
    }
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
    tls.set_verify_mode(asio::ssl::verify_peer);
    if (error) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("{} holds no certificates.", ca_file.string()),
            "ca_file",
            error.message()
        );
    }
    return {};
}

Result<void> AnyStream::connect(
    asio::io_context& context,
    const Address& address,
    std::chrono::milliseconds timeout
) {
    boost::system::error_code error;
    const auto endpoints =
        asio::ip::tcp::resolver(context).resolve(address.host, address.port, error);
    if (!error) {
        plain_.expires_after(timeout);
        error = run(context, [&](auto done) { plain_.async_connect(endpoints, std::move(done)); });
    }
    if (!error) {
        plain_.socket().set_option(asio::ip::tcp::no_delay(true), error);
        error = {};
    }
    if (!error && address.tls) {
        tls_.emplace(asio::ssl::context::tls_client);
        if (auto trusted = trust(*tls_, {}); !trusted) {
            return trusted;
        }
        secure_.emplace(plain_, *tls_);
        // for an address in numbers there is no name to ask for
        asio::ip::make_address(address.host, error);
        if (error) {
            SSL_set_tlsext_host_name(secure_->native_handle(), address.host.c_str());
        }
        secure_->set_verify_callback(asio::ssl::host_name_verification(address.host));
        error = run(context, [&](auto done) {
            secure_->async_handshake(asio::ssl::stream_base::client, std::move(done));
        });
    }
    if (error) {
        return fail(
            ErrorCode::unavailable,
            "No connection to " + address.authority +
                (address.tls ? ": " + error.message() + "." : "."),
            "",
            error.message(),
            Retry::safe
        );
    }
    return {};
}

} // namespace vigil::http
