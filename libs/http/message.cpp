#include "http/message.hpp"

#include "base/json_text.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace vigil::http {

namespace {

std::string_view title_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument:
            return "The request is wrong";
        case ErrorCode::unauthenticated:
            return "Not signed in";
        case ErrorCode::forbidden:
            return "Not allowed";
        case ErrorCode::not_found:
            return "Not found";
        case ErrorCode::conflict:
            return "Contradicts what is held";
        case ErrorCode::too_large:
            return "Too large";
        case ErrorCode::unprocessable:
            return "Nothing can be made of it";
        case ErrorCode::overloaded:
            return "Too much at once";
        case ErrorCode::timeout:
            return "Not answered in time";
        case ErrorCode::unavailable:
            return "Something needed is away";
        case ErrorCode::internal:
            return "An error of the server";
    }
    return "An error of the server";
}

std::string cause_text(const Error& error) {
    if (error.cause.empty()) {
        return {};
    }
    return error.cause + " (" + error.where.file_name() + ":" + std::to_string(error.where.line()) +
           ")";
}

} // namespace

std::string retry_after_seconds() {
    thread_local std::minstd_rand jitter{std::random_device{}()};
    thread_local std::uniform_int_distribution<int> seconds{
        shortest_retry_after_s,
        longest_retry_after_s
    };
    return std::to_string(seconds(jitter));
}

unsigned status_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::invalid_argument:
            return 400;
        case ErrorCode::unauthenticated:
            return 401;
        case ErrorCode::forbidden:
            return 403;
        case ErrorCode::not_found:
            return 404;
        case ErrorCode::conflict:
            return 409;
        case ErrorCode::too_large:
            return 413;
        case ErrorCode::unprocessable:
            return 422;
        case ErrorCode::overloaded:
            return 503;
        case ErrorCode::timeout:
            return 504;
        case ErrorCode::unavailable:
            return 503;
        case ErrorCode::internal:
            return 500;
    }
    return 500;
}

Response problem(const Error& error, std::string_view request_id) {
    return problem_with_status(status_of(error.code), error, request_id);
}

Response problem_with_status(unsigned status, const Error& error, std::string_view request_id) {
    JsonText json;
    json.open_object()
        .member("type", "about:blank")
        .member("title", title_of(error.code))
        .member("status", status)
        .member("code", name(error.code));
    if (!error.detail.empty()) {
        json.member("detail", error.detail);
    }
    if (!error.field.empty()) {
        json.member("field", error.field);
    }
    if (!request_id.empty()) {
        json.member("request_id", request_id);
    }
    json.close_object();
    Response response{
        .status = status,
        .content_type = "application/problem+json",
        .body = std::move(json).text(),
        .headers = {},
        .cause = cause_text(error),
    };
    if (error.code == ErrorCode::overloaded || error.code == ErrorCode::unavailable) {
        response.headers.emplace_back("Retry-After", retry_after_seconds());
    }
    if (error.code == ErrorCode::unauthenticated) {
        response.headers.emplace_back("WWW-Authenticate", "Bearer");
    }
    return response;
}

std::optional<Response>
refused_type(const Request& request, std::initializer_list<std::string_view> accepted) {
    if (std::ranges::contains(accepted, request.content_type())) {
        return std::nullopt;
    }
    std::string detail = "must be ";
    for (const auto type : accepted) {
        detail.append(type == *accepted.begin() ? "" : " or ").append(type);
    }
    return problem_with_status(
        415,
        fail(ErrorCode::invalid_argument, std::move(detail), "content-type").error(),
        request.id
    );
}

std::string_view Request::content_type() const {
    thread_local std::string lower;
    auto text = header("content-type");
    text = text.substr(0, text.find(';'));
    text = text.substr(0, text.find_last_not_of(" \t") + 1);
    if (std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'Z'; })) {
        return text;
    }
    lower.assign(text);
    for (char& c : lower) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
    return lower;
}

Reply::~Reply() {
    if (send_) {
        send_(problem(
            fail(ErrorCode::internal, "The request was not answered.", "", "Reply dropped").error(),
            {}
        ));
    }
}

void Reply::operator()(Response response) {
    if (send_) {
        std::exchange(send_, nullptr)(std::move(response));
    }
}

} // namespace vigil::http
