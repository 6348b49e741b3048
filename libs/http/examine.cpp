// What a connection makes of a request's header: its fields, its framing, its route. The second
// half of connection.hpp.
#include "http/admission.hpp"
#include "http/connection.hpp"
#include "http/gunzip.hpp"
#include "http/target.hpp"

#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <algorithm>

namespace vigil::http {

namespace beast = boost::beast;

namespace {

constexpr std::size_t longest_name = 64; // of a header that routes see

std::optional<Verb> verb_of(beast::http::verb method) {
    switch (method) {
        case beast::http::verb::get:
        case beast::http::verb::head:
            return Verb::get;
        case beast::http::verb::post:
            return Verb::post;
        case beast::http::verb::put:
            return Verb::put;
        case beast::http::verb::delete_:
            return Verb::del;
        default:
            return std::nullopt;
    }
}

// An id that a log and a header can carry.
bool is_sane_id(std::string_view id) {
    return id.size() >= 8 && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '-' || c == '_' || c == '.';
           });
}

// The lower-case name in `space` when routes see this header, else nothing.
std::string_view wanted_name(std::string_view name, std::array<char, longest_name>& space) {
    if (name.size() > space.size()) {
        return {};
    }
    std::ranges::transform(name, space.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    const std::string_view lower(space.data(), name.size());
    return lower.starts_with("x-") || std::ranges::binary_search(request_headers, lower)
               ? lower
               : std::string_view{};
}

// Beast also takes lists such as "5, 5".
bool is_number(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool may_repeat(std::string_view name) {
    return name != "authorization" && name != "host" && name != "origin" && name != "content-type";
}

Error malformed(std::string detail, std::string field = {}) {
    return fail(ErrorCode::invalid_argument, std::move(detail), std::move(field)).error();
}

} // namespace

static_assert(std::ranges::is_sorted(request_headers));

Connection::Step Connection::refuse_with(Response response, bool close) {
    refusal_ = std::move(response);
    close_after_refusal_ = close;
    return Step::refuse;
}

Connection::Step Connection::refuse_bytes(const boost::system::error_code& error) {
    if (phase_ == Phase::header || phase_ == Phase::idle) {
        start_request();
    }
    if (error == beast::http::error::header_limit) {
        core_.count(Refusal::header_size);
        return refuse_with(
            problem_with_status(
                431,
                fail(ErrorCode::too_large, "The header is over the limit.").error(),
                id_
            ),
            true
        );
    }
    if (error == beast::http::error::body_limit) {
        core_.count(Refusal::body_size);
        return refuse_with(
            problem(fail(ErrorCode::too_large, "The body is over the limit.", "body").error(), id_),
            true
        );
    }
    if (error == boost::system::errc::not_enough_memory) {
        core_.count(Refusal::memory);
        return refuse_with(
            problem(
                fail(ErrorCode::overloaded, "Too many bodies are being read; try again.").error(),
                id_
            ),
            true
        );
    }
    core_.count(Refusal::malformed);
    return refuse_with(
        problem(malformed("This is not well-formed HTTP: " + error.message() + "."), id_),
        true
    );
}

Connection::Step Connection::refuse_timeout() {
    if (phase_ == Phase::lingering) {
        return Step::gone;
    }
    if (phase_ == Phase::header) {
        start_request();
    }
    core_.count(Refusal::slow_request);
    return refuse_with(
        problem_with_status(
            408,
            fail(ErrorCode::timeout, "The request did not come in time.").error(),
            id_
        ),
        true
    );
}

Connection::Step Connection::start_request() {
    started_ = core_.clock.steady();
    state_ = nullptr;
    head_only_ = wants_upgrade_ = expects_continue_ = gzip_ = false;
    request_ = Request{};
    request_.peer = place_->peer();
    id_ = loop_->request_id();
    request_.trace = trace_ = loop_->new_trace();
    return Step::ok;
}

Connection::Step Connection::take_fields() {
    std::array<char, longest_name> space{};
    for (const auto& field : parser_->get()) {
        const auto name = wanted_name(field.name_string(), space);
        if (name.empty()) {
            continue;
        }
        const std::string_view value = field.value();
        const auto [place, is_new] = request_.headers.try_emplace(std::string(name), value);
        if (is_new) {
            continue;
        }
        if (!may_repeat(name)) {
            core_.count(Refusal::malformed);
            return refuse_with(
                problem(malformed("This header stands twice.", std::string(name)), id_),
                true
            );
        }
        place->second.append(name == "cookie" ? "; " : ", ").append(value);
    }
    if (const auto id = request_.header("x-request-id"); is_sane_id(id)) {
        id_ = id;
    }
    request_.id = id_;
    // a malformed one is passed over, as the standard asks, and the new trace stays
    if (const auto given = trace_of(request_.header("traceparent"))) {
        request_.trace = trace_ = *given;
    }
    return Step::ok;
}

// Two readers of the same bytes must see the same requests: whatever they could read differently is
// refused and the connection closed. source  RFC 9112 sections 3.2, 6.1, 6.3 and 11.2
Connection::Step Connection::check_framing() {
    namespace http = beast::http;
    const auto& message = parser_->get();
    const auto lengths = message.count(http::field::content_length);
    const auto codings = message.count(http::field::transfer_encoding);
    const char* fault = nullptr;
    if (lengths > 1 || (lengths == 1 && codings != 0)) {
        fault = "The body's length is given twice.";
    } else if (lengths == 1 && !is_number(message[http::field::content_length])) {
        fault = "The body's length is not a number.";
    } else if (codings != 0 &&
               (codings > 1 || message.version() < 11 ||
                !beast::iequals(message[http::field::transfer_encoding], "chunked"))) {
        fault = "The only transfer encoding is chunked.";
    } else if (message.version() == 11 && !request_.headers.contains("host")) {
        fault = "The Host header is missing.";
    }
    if (fault == nullptr) {
        const auto expected = message[http::field::expect];
        expects_continue_ = !expected.empty();
        if (expects_continue_ && !beast::iequals(expected, "100-continue")) {
            return refuse_with(
                problem_with_status(
                    417,
                    malformed("The only expectation is 100-continue.", "Expect"),
                    id_
                ),
                true
            );
        }
        return Step::ok;
    }
    core_.count(Refusal::malformed);
    return refuse_with(problem(malformed(fault), id_), true);
}

Connection::Step Connection::check_body_announcement() {
    namespace http = beast::http;
    const auto& message = parser_->get();
    auto& body = parser_->get().body();
    body.limit = state_->route->options.max_body;
    body.announced = parser_->content_length().value_or(0);
    body.share = BodyBudget::Share(core_.bodies);
    if (body.announced > body.limit) {
        core_.count(Refusal::body_size);
        return refuse_with(
            problem(fail(ErrorCode::too_large, "The body is over the limit.", "body").error(), id_)
        );
    }
    if (const auto coding = message[http::field::content_encoding];
        !coding.empty() && !beast::iequals(coding, "identity")) {
        gzip_ = beast::iequals(coding, "gzip") || beast::iequals(coding, "x-gzip");
        if (!gzip_ || message.count(http::field::content_encoding) > 1) {
            return refuse_with(problem_with_status(
                415,
                malformed("The only content encoding is gzip.", "Content-Encoding"),
                id_
            ));
        }
    }
    return Step::ok;
}

Connection::Step Connection::examine() {
    namespace http = beast::http;
    start_request();
    const auto& message = parser_->get();
    head_only_ = message.method() == http::verb::head;
    if (const auto step = take_fields(); step != Step::ok) {
        return step;
    }
    if (const auto step = check_framing(); step != Step::ok) {
        return step;
    }
    const auto verb = verb_of(message.method());
    request_.verb = verb.value_or(Verb::get);
    auto target = parse_target(message.target());
    if (!target) {
        return refuse_with(problem(target.error(), id_));
    }
    request_.path = std::move(target->path);
    request_.query = std::move(target->query);
    auto admission = admit(core_, verb, request_);
    state_ = admission.state;
    if (admission.refusal) {
        return refuse_with(std::move(*admission.refusal));
    }
    if (const auto step = check_body_announcement(); step != Step::ok) {
        return step;
    }
    if (!std::holds_alternative<WebSocketHandler>(state_->route->handler)) {
        return Step::ok;
    }
    wants_upgrade_ = beast::websocket::is_upgrade(message) &&
                     message[http::field::sec_websocket_version] == "13" &&
                     message[http::field::sec_websocket_key].size() == 24 && parser_->is_done() &&
                     buffer_.size() == 0;
    if (wants_upgrade_) {
        return Step::ok;
    }
    auto response = problem_with_status(426, malformed("This is a WebSocket, version 13."), id_);
    response.headers.emplace_back("Upgrade", "websocket");
    response.headers.emplace_back("Sec-WebSocket-Version", "13");
    return refuse_with(std::move(response));
}

Connection::Step Connection::unpack_body() {
    auto& body = parser_->get().body();
    const GunzipLimits limits{.bytes = body.limit, .ratio = core_.config.max_decompression_ratio};
    auto plain = gunzip(body.data, limits, body.share);
    if (!plain) {
        core_.count(
            plain.error().code == ErrorCode::too_large ? Refusal::body_size : Refusal::malformed
        );
        return refuse_with(problem(plain.error(), id_));
    }
    body.data = std::move(*plain);
    return Step::ok;
}

} // namespace vigil::http
