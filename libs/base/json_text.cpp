#include "base/json_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace vigil {

namespace {

/// Length of the well-formed UTF-8 sequence at the front of `text`, 0 when it is none (RFC 3629,
/// section 4).
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto tail = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return byte(i) >= low && byte(i) <= high;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return tail(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        return tail(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) && tail(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        return tail(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) && tail(2) && tail(3)
                   ? 4
                   : 0;
    }
    return 0;
}

} // namespace

JsonText& JsonText::key(std::string_view name) {
    separate();
    quoted(name);
    text_ += ':';
    first_ = true;
    return *this;
}

JsonText& JsonText::value(std::string_view text) {
    separate();
    quoted(text);
    return *this;
}

JsonText& JsonText::value(bool flag) {
    return raw(flag ? "true" : "false");
}

JsonText& JsonText::value(double number) {
    if (!std::isfinite(number)) {
        return null();
    }
    separate();
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
    text_.append(buffer.data(), end);
    return *this;
}

JsonText& JsonText::null() {
    return raw("null");
}

JsonText& JsonText::raw(std::string_view json) {
    separate();
    text_ += json;
    return *this;
}

void JsonText::quoted(std::string_view text) {
    text_ += '"';
    while (!text.empty()) {
        const auto c = static_cast<unsigned char>(text.front());
        if (c == '"' || c == '\\') {
            text_ += '\\';
            text_ += static_cast<char>(c);
            text.remove_prefix(1);
        } else if (c < 0x20) {
            std::array<char, 7> escape{};
            std::snprintf(escape.data(), escape.size(), "\\u%04x", c);
            text_ += escape.data();
            text.remove_prefix(1);
        } else if (const auto length = utf8_length(text); length > 0) {
            text_ += text.substr(0, length);
            text.remove_prefix(length);
        } else {
            text_ += "\xEF\xBF\xBD";
            text.remove_prefix(1);
        }
    }
    text_ += '"';
}

} // namespace vigil
