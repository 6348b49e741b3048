#include "http/outgoing.hpp"

#include "http/any_stream.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <format>
#include <optional>

namespace vigil::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;
using Message = beast::http::request<beast::http::string_body>;
constexpr std::size_t longest_answer = 64 << 10; // bytes

struct Target {
    Destination where{};
    std::string authority{};
    std::string path{};
};

bool is_this_machine(std::string_view host) {
    return host == "localhost" || host == "::1" || host == "127.0.0.1";
}

char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// What the resolver reads as it is written; a host may hide a NUL or a slash as %00 or %2F.
bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':' ||
           c == '_';
}

Result<Target> target_of(std::string_view text) {
    const auto wrong = [&](std::string_view why) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("\"{}\" is no address to call: {}.", text, why),
            "url"
        );
    };
    const auto url = boost::urls::parse_uri(text);
    if (!url || (url->scheme() != "https" && url->scheme() != "http")) {
        return wrong("write one such as https://receiver.example/calls");
    }
    if (url->has_userinfo() || url->has_fragment()) {
        return wrong("it has a user or a fragment in it");
    }
    Target target;
    auto& where = target.where;
    where.tls = url->scheme() == "https";
    where.host = url->host_address();
    if (where.host.empty()) {
        return wrong("it has no host");
    }
    std::ranges::transform(where.host, where.host.begin(), to_lower);
    if (!std::ranges::all_of(where.host, is_plain)) {
        return wrong("its host is not written plainly");
    }
    if (!where.tls && !is_this_machine(where.host)) {
        return wrong("to another machine only https will do");
    }
    const std::string usual = where.tls ? "443" : "80";
    where.port = url->port().empty() ? usual : std::string(url->port());
    where.origin = std::format(
        "{}://{}{}",
        where.tls ? "https" : "http",
        where.host.contains(':') ? '[' + where.host + ']' : where.host,
        where.port == usual ? "" : ':' + where.port
    );
    target.authority = std::string(url->encoded_host_and_port());
    target.path = std::string(url->encoded_path().empty() ? "/" : url->encoded_path());
    if (url->has_query()) {
        target.path += '?';
        target.path += url->encoded_query();
    }
    return target;
}

beast::http::verb method_of(Verb verb) {
    switch (verb) {
        case Verb::get:
            return beast::http::verb::get;
        case Verb::put:
            return beast::http::verb::put;
        case Verb::del:
            return beast::http::verb::delete_;
        case Verb::post:
            break;
    }
    return beast::http::verb::post;
}

Message message_of(const OutgoingRequest& request, const Target& target) {
    Message message(method_of(request.verb), target.path, 11, request.body);
    message.set(beast::http::field::host, target.authority);
    message.set(beast::http::field::connection, "close");
    message.set(beast::http::field::user_agent, "Vigil");
    for (const auto& [name, value] : request.headers) {
        message.insert(name, value);
    }
    if (request.verb != Verb::get) {
        message.prepare_payload();
    }
    return message;
}

/// What one request needs while it runs; it outlives the coroutine.
struct Exchange {
    Target target;
    Message message;
    asio::ssl::context tls{asio::ssl::context::tls_client};
    asio::io_context context{1};
    std::optional<Response> response{};
    std::string fault{};
};

template <class Stream>
asio::awaitable<void> exchange(Stream& stream, Exchange& in) {
    co_await beast::http::async_write(stream, in.message, asio::use_awaitable);
    beast::flat_buffer buffer(longest_answer);
    beast::http::response_parser<beast::http::string_body> parser;
    parser.body_limit(longest_answer);
    co_await beast::http::async_read(stream, buffer, parser, asio::use_awaitable);
    auto answer = parser.release();
    in.response = Response{
        .status = answer.result_int(),
        .content_type = std::string(answer[beast::http::field::content_type]),
        .body = std::move(answer.body()),
        .headers = {},
        .cause = {},
    };
    if (const auto later = answer.find(beast::http::field::retry_after); later != answer.end()) {
        in.response->headers.emplace_back("Retry-After", later->value());
    }
}

asio::awaitable<void> run(Exchange& in) {
    try {
        Tcp::resolver resolver(in.context);
        const auto endpoints = co_await resolver.async_resolve(
            in.target.where.host,
            in.target.where.port,
            asio::use_awaitable
        );
        Tcp::socket socket(in.context);
        co_await asio::async_connect(socket, endpoints, asio::use_awaitable);
        if (!in.target.where.tls) {
            co_await exchange(socket, in);
            co_return;
        }
        asio::ssl::stream<Tcp::socket> stream(std::move(socket), in.tls);
        SSL_set_tlsext_host_name(stream.native_handle(), in.target.where.host.c_str());
        stream.set_verify_callback(asio::ssl::host_name_verification(in.target.where.host));
        co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
        co_await exchange(stream, in);
    } catch (const boost::system::system_error& error) {
        in.fault = error.code().message();
    }
}

} // namespace

Result<Destination> destination_of(std::string_view url) {
    return target_of(url).transform([](Target target) { return std::move(target.where); });
}

Result<void> check_url(std::string_view url) {
    return target_of(url).transform([](const Target&) {});
}

Result<Response> send_outgoing(const OutgoingRequest& request) {
    auto target = target_of(request.url);
    if (!target) {
        return std::unexpected(target.error());
    }
    Exchange in{.target = *target, .message = message_of(request, *target)};
    if (target->where.tls) {
        if (auto trusted = trust(in.tls, request.ca_file); !trusted) {
            return std::unexpected(trusted.error());
        }
    }
    asio::co_spawn(in.context, run(in), asio::detached);
    in.context.run_for(request.timeout);
    if (in.response) {
        return *std::move(in.response);
    }
    const auto& where = target->where.origin;
    if (in.fault.empty()) {
        return fail(
            ErrorCode::timeout,
            std::format("{} did not answer within {}.", where, request.timeout),
            {},
            {},
            Retry::in_doubt
        );
    }
    return fail(
        ErrorCode::unavailable,
        std::format("{} was not reached: {}.", where, in.fault),
        {},
        in.fault,
        Retry::in_doubt
    );
}

} // namespace vigil::http
