#include "http/response_text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace vigil::http {

namespace {

constexpr std::string_view content_security =
    "Content-Security-Policy: default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'\r\n";
constexpr std::string_view always =
    "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n";

bool same_name(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    });
}

void append_number(std::string& text, std::size_t number) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    text.append(digits, end);
}

void append_value(std::string& text, std::string_view value) {
    const auto from = text.size();
    text += value;
    std::replace_if(
        text.begin() + static_cast<std::ptrdiff_t>(from),
        text.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; },
        ' '
    );
}

} // namespace

std::string_view reason_phrase(unsigned status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 207:
            return "Multi-Status";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 426:
            return "Upgrade Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        default:
            return status < 400 ? "OK" : "Error";
    }
}

namespace {

/// What is empty is no JSON, but may well be a protobuf message without a field.
bool has_type(const Response& response) {
    return !response.body.empty() ||
           (response.status == 200 && response.content_type != "application/json");
}

} // namespace

void write_head(std::string& text, const Response& response, const AnswerFacts& facts) {
    text.assign("HTTP/1.1 ");
    append_number(text, response.status);
    text.append(" ").append(reason_phrase(response.status)).append("\r\n");
    if (has_type(response)) {
        text += "Content-Type: ";
        append_value(text, response.content_type);
        text += "\r\n";
    }
    if (response.status != 204 && response.status != 304) {
        text += "Content-Length: ";
        append_number(text, response.body.size());
        text += "\r\n";
    }
    bool own_cache = false;
    bool own_policy = false;
    for (const auto& [name, value] : response.headers) {
        own_cache |= same_name(name, "cache-control");
        own_policy |= same_name(name, "content-security-policy");
        append_value(text, name);
        text += ": ";
        append_value(text, value);
        text += "\r\n";
    }
    if (!own_cache) {
        text += "Cache-Control: no-store\r\n";
    }
    if (!own_policy) {
        text += content_security;
    }
    text.append(always)
        .append("X-Request-Id: ")
        .append(facts.request_id)
        .append("\r\nDate: ")
        .append(facts.date);
    if (!facts.keep_alive) {
        text += "\r\nConnection: close";
    } else if (facts.http_1_0) {
        text += "\r\nConnection: keep-alive";
    }
    text += "\r\n\r\n";
}

} // namespace vigil::http
