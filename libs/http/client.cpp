#include "http/client.hpp"

#include "http/address.hpp"
#include "http/any_stream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <optional>

namespace vigil::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
constexpr std::uint64_t longest_answer = 256ULL << 20; // bytes

beast::http::verb method_of(Verb verb) {
    switch (verb) {
        case Verb::get:
            return beast::http::verb::get;
        case Verb::post:
            return beast::http::verb::post;
        case Verb::put:
            return beast::http::verb::put;
        case Verb::del:
            return beast::http::verb::delete_;
    }
    return beast::http::verb::get;
}

using Parser = beast::http::response_parser<beast::http::string_body>;

Response response_of(Parser& parser) {
    auto message = parser.release();
    Response response{
        .status = message.result_int(),
        .content_type = std::string(message[beast::http::field::content_type]),
        .body = std::move(message.body()),
        .headers = {},
        .cause = {},
    };
    for (const auto& field : message) {
        std::string name(field.name_string());
        for (char& c : name) {
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        }
        response.headers.emplace_back(std::move(name), field.value());
    }
    return response;
}

} // namespace

struct Client::Inside {
    Inside(std::string url, std::chrono::milliseconds limit)
        : base_url(std::move(url)), timeout(limit) {}

    Result<void> connect();
    Result<Response> exchange(const beast::http::request<beast::http::string_body>& message);
    bool closed_by_server();
    void disconnect();
    template <class Start>
    boost::system::error_code run(Start start);

    std::string base_url;
    std::chrono::milliseconds timeout;
    Address address;
    asio::io_context context{1};
    std::optional<AnyStream> stream;
    beast::flat_buffer buffer;
};

// Runs one asynchronous operation to its end; the stream's own timer ends it in time.
template <class Start>
boost::system::error_code Client::Inside::run(Start start) {
    boost::system::error_code outcome;
    start([&outcome](const boost::system::error_code& error, auto&&...) { outcome = error; });
    context.restart();
    context.run();
    return outcome;
}

void Client::Inside::disconnect() {
    stream.reset();
    buffer.clear();
}

// A connection that the server has closed in the meantime reads as ended.
bool Client::Inside::closed_by_server() {
    auto& socket = stream->next_layer().socket();
    boost::system::error_code error;
    char byte = 0;
    socket.non_blocking(true, error);
    const auto count =
        socket.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, error);
    return count != 0 || error != asio::error::would_block;
}

Result<void> Client::Inside::connect() {
    auto parsed = parse_address(base_url);
    if (!parsed) {
        return std::unexpected(parsed.error());
    }
    address = std::move(*parsed);
    stream.emplace(context.get_executor());
    auto connected = stream->connect(context, address, timeout);
    if (!connected) {
        disconnect();
    }
    return connected;
}

Result<Response> Client::Inside::exchange(
    const beast::http::request<beast::http::string_body>& message
) {
    const auto retry = message.method() == beast::http::verb::get ? Retry::safe : Retry::in_doubt;
    stream->next_layer().expires_after(timeout);
    // An error of writing may hide an answer that says why the server has closed: read in any case.
    const auto written =
        run([&](auto done) { beast::http::async_write(*stream, message, std::move(done)); });
    Parser parser;
    parser.body_limit(longest_answer);
    auto error = written;
    if (written != beast::error::timeout) {
        error = run([&](auto done) {
            beast::http::async_read(*stream, buffer, parser, std::move(done));
        });
    }
    if (error) {
        disconnect();
        const bool late = error == beast::error::timeout;
        return fail(
            late ? ErrorCode::timeout : ErrorCode::unavailable,
            late ? "No answer in time from " + base_url + "."
                 : "The connection to " + base_url + " broke.",
            "",
            error.message(),
            retry
        );
    }
    if (written || !parser.keep_alive()) {
        disconnect();
    }
    return response_of(parser);
}

Client::Client(std::string base_url, std::chrono::milliseconds timeout)
    : inside_(std::make_unique<Inside>(std::move(base_url), timeout)) {}

Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<Response> Client::request(
    Verb verb,
    const std::string& target,
    std::string body,
    const std::vector<std::pair<std::string, std::string>>& headers
) {
    if (inside_->stream && inside_->closed_by_server()) {
        inside_->disconnect();
    }
    if (!inside_->stream) {
        if (auto connected = inside_->connect(); !connected) {
            return std::unexpected(std::move(connected.error()));
        }
    }
    beast::http::request<beast::http::string_body>
        message(method_of(verb), inside_->address.prefix + target, 11, std::move(body));
    message.set(beast::http::field::host, inside_->address.authority);
    for (const auto& [name, value] : headers) {
        message.insert(name, value);
    }
    if (!message.body().empty() || verb == Verb::post || verb == Verb::put) {
        message.prepare_payload();
    }
    return inside_->exchange(message);
}

} // namespace vigil::http
