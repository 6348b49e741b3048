#include "eeg_intake/read_blocks.hpp"

#include <array>

namespace vigil::eeg_intake {

namespace {

constexpr std::array<std::int8_t, 256> make_values() {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    }
    return values;
}

constexpr auto values = make_values();

std::unexpected<Error> wrong() {
    return fail(ErrorCode::invalid_argument, "is not base64 (RFC 4648, section 4, with padding)");
}

} // namespace

Result<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) {
        return wrong();
    }
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') {
        ++padding;
    }
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    const auto digits = text.size() - padding;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        const auto value = values[static_cast<unsigned char>(text[i])];
        if (value < 0) {
            return wrong();
        }
        group = (group << 6) | static_cast<std::uint32_t>(value);
        if (i % 4 == 3) {
            bytes += static_cast<char>(group >> 16);
            bytes += static_cast<char>(group >> 8);
            bytes += static_cast<char>(group);
            group = 0;
        }
    }
    // the unused low bits of the last digit must be zero: one text for each content
    if (padding == 1) {
        if ((group & 0x3U) != 0) {
            return wrong();
        }
        bytes += static_cast<char>(group >> 10);
        bytes += static_cast<char>(group >> 2);
    } else if (padding == 2) {
        if ((group & 0xFU) != 0) {
            return wrong();
        }
        bytes += static_cast<char>(group >> 4);
    }
    return bytes;
}

} // namespace vigil::eeg_intake
