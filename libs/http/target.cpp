#include "http/target.hpp"

#include <cstdint>
#include <optional>

namespace vigil::http {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Well-formed UTF-8 without overlong forms and surrogates (RFC 3629 section 4); `text` is short.
bool is_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto lead = static_cast<std::uint8_t>(text[at]);
        const std::size_t length = lead < 0x80                   ? 1
                                   : lead >= 0xC2 && lead < 0xE0 ? 2
                                   : (lead & 0xF0U) == 0xE0      ? 3
                                   : lead >= 0xF0 && lead < 0xF5 ? 4
                                                                 : 0;
        if (length == 0 || at + length > text.size()) {
            return false;
        }
        for (std::size_t i = 1; i < length; ++i) {
            if ((static_cast<std::uint8_t>(text[at + i]) & 0xC0U) != 0x80) {
                return false;
            }
        }
        const auto second = length > 1 ? static_cast<std::uint8_t>(text[at + 1]) : 0;
        if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) ||
            (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90)) {
            return false;
        }
        at += length;
    }
    return true;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    bool beyond_ascii = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        char c = text[at];
        if (c == '%') {
            if (at + 2 >= text.size()) {
                return std::nullopt;
            }
            const int high = hex_digit(text[at + 1]);
            const int low = hex_digit(text[at + 2]);
            if (high < 0 || low < 0) {
                return std::nullopt;
            }
            c = static_cast<char>(high * 16 + low);
            at += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        const auto byte = static_cast<std::uint8_t>(c);
        if (byte < 0x20 || byte == 0x7F) {
            return std::nullopt;
        }
        beyond_ascii |= byte >= 0x80;
        decoded += c;
    }
    if (beyond_ascii && !is_utf8(decoded)) {
        return std::nullopt;
    }
    return decoded;
}

bool has_dot_segment(std::string_view path) {
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto segment = path.substr(0, path.find('/'));
        if (segment == "." || segment == "..") {
            return true;
        }
        path.remove_prefix(segment.size());
    }
    return false;
}

bool has_encoded_slash(std::string_view path) {
    for (auto at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
        const auto code = path.substr(at + 1, 2);
        if (code == "2F" || code == "2f" || code == "5C" || code == "5c") {
            return true;
        }
    }
    return false;
}

Result<void> parse_query(std::string_view text, std::map<std::string, std::string>& query) {
    while (!text.empty()) {
        const auto end = text.find('&');
        const auto pair = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (pair.empty()) {
            continue;
        }
        const auto equals = pair.find('=');
        auto name = decode(pair.substr(0, equals), true);
        auto value = decode(
            equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1),
            true
        );
        if (!name || !value) {
            return fail(
                ErrorCode::invalid_argument,
                "The query is not well encoded.",
                name ? *name : "query"
            );
        }
        if (query.size() == max_query_parameters) {
            return fail(ErrorCode::invalid_argument, "The query has too many parameters.", "query");
        }
        if (!query.try_emplace(*name, std::move(*value)).second) {
            return fail(ErrorCode::invalid_argument, "The query has this parameter twice.", *name);
        }
    }
    return {};
}

} // namespace

Result<Target> parse_target(std::string_view target) {
    if (target.starts_with("http://") || target.starts_with("https://")) {
        const auto slash = target.find('/', target.find("//") + 2);
        target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
    }
    target = target.substr(0, target.find('#'));
    const auto question = target.find('?');
    const auto raw_path = target.substr(0, question);
    if (!raw_path.starts_with('/') || has_encoded_slash(raw_path)) {
        return fail(ErrorCode::invalid_argument, "The path is not well formed.", "path");
    }
    auto path = decode(raw_path, false);
    if (!path || has_dot_segment(*path)) {
        return fail(ErrorCode::invalid_argument, "The path is not well encoded.", "path");
    }
    Target parsed{.path = std::move(*path), .query = {}};
    if (question != std::string_view::npos) {
        if (auto read = parse_query(target.substr(question + 1), parsed.query); !read) {
            return std::unexpected(std::move(read.error()));
        }
    }
    return parsed;
}

} // namespace vigil::http
