#include "base/trace_context.hpp"

#include <span>

namespace vigil {

namespace {

/// The value of a lower-case hexadecimal digit, or -1.
int digit_of(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Two digits for each byte of `out`; false at anything else.
bool read_hex(std::string_view digits, std::span<char> out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int high = digit_of(digits[2 * i]);
        const int low = digit_of(digits[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = static_cast<char>(high * 16 + low);
    }
    return true;
}

bool all_zero(std::span<const char> bytes) {
    return std::ranges::all_of(bytes, [](char byte) { return byte == 0; });
}

} // namespace

std::array<char, 2 * TraceId::size> TraceId::hex() const {
    std::array<char, 2 * size> digits{};
    for (std::size_t i = 0; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(value[i]);
        digits[2 * i] = "0123456789abcdef"[byte >> 4U];
        digits[2 * i + 1] = "0123456789abcdef"[byte & 15U];
    }
    return digits;
}

std::optional<TraceId> trace_of(std::string_view traceparent) {
    // 2 digits of version, 32 of the trace, 16 of the caller's span, 2 of flags
    constexpr std::size_t whole = 55;
    constexpr std::size_t trace_at = 3;
    constexpr std::size_t parent_at = 36;
    constexpr std::size_t flags_at = 53;
    if (traceparent.size() < whole) {
        return std::nullopt;
    }
    for (const auto dash : {trace_at - 1, parent_at - 1, flags_at - 1}) {
        if (traceparent[dash] != '-') {
            return std::nullopt;
        }
    }
    std::array<char, 1> version{};
    std::array<char, 8> parent{};
    std::array<char, 1> flags{};
    TraceId trace;
    if (!read_hex(traceparent, version) || !read_hex(traceparent.substr(trace_at), trace.value) ||
        !read_hex(traceparent.substr(parent_at), parent) ||
        !read_hex(traceparent.substr(flags_at), flags)) {
        return std::nullopt;
    }
    if (version[0] == '\xFF' || all_zero(trace.value) || all_zero(parent)) {
        return std::nullopt;
    }
    if (traceparent.size() > whole && (version[0] == 0 || traceparent[whole] != '-')) {
        return std::nullopt;
    }
    return trace;
}

} // namespace vigil
