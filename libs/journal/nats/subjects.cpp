#include "journal/nats/subjects.hpp"

#include "journal/held.hpp"

#include <algorithm>
#include <string_view>

namespace vigil::journal::nats {

namespace {

/// A part of a key as one token of a subject: in hexadecimal, since keys have dots and blanks. A
/// token may not be empty.
std::string token_of(std::string_view key) {
    if (key.empty()) {
        return "_";
    }
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string token;
    token.reserve(2 * key.size());
    for (const char c : key) {
        const auto byte = static_cast<unsigned char>(c);
        token += digits[byte >> 4];
        token += digits[byte & 15];
    }
    return token;
}

/// "patient/p1" is patient.7031: the kind stands as it is, since it is a word of the program's own.
std::string key_tokens(std::string_view key) {
    const auto slash = key.find('/');
    const auto kind = key.substr(0, slash);
    const bool is_word = slash != std::string_view::npos && !kind.empty() &&
                         std::ranges::all_of(kind, [](char c) { return c >= 'a' && c <= 'z'; });
    return is_word ? std::string(kind) + "." + token_of(key.substr(slash + 1)) : token_of(key);
}

} // namespace

std::string subject_prefix(const std::string& stream) {
    std::string text = stream;
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

std::string all_subjects(const std::string& stream) {
    return subject_prefix(stream) + ".>";
}

std::string output_subject(const std::string& stream, std::uint32_t partition) {
    return subject_prefix(stream) + ".output." + std::to_string(partition);
}

std::string subject_of(const std::string& stream, const v1::Entry& entry) {
    if (is_output(entry)) {
        return output_subject(stream, entry.partition());
    }
    if (!entry.key().empty()) {
        return subject_prefix(stream) + ".directory." + key_tokens(entry.key());
    }
    return subject_prefix(stream) + ".entry." + std::to_string(entry.partition());
}

} // namespace vigil::journal::nats
