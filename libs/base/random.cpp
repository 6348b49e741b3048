#include "base/random.hpp"

#include <sodium.h>

#include <cstring>
#include <stdexcept>

namespace vigil {

namespace {

void sodium_ready() {
    static const int state = sodium_init();
    if (state < 0) {
        throw std::runtime_error("libsodium cannot be initialised");
    }
}

} // namespace

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
    sodium_ready();
    randombytes_buf(bytes.data(), bytes.size());
}

void SeededRandom::fill(std::span<std::uint8_t> bytes) {
    for (auto& byte : bytes) {
        byte = static_cast<std::uint8_t>(engine_());
    }
}

std::string random_id(Random& random) {
    std::string id(16, '\0');
    random.fill(std::span(reinterpret_cast<std::uint8_t*>(id.data()), id.size()));
    return id;
}

std::string derived_id(std::string_view cause, std::string_view what) {
    sodium_ready();
    crypto_generichash_state state;
    std::string id(16, '\0');
    crypto_generichash_init(&state, nullptr, 0, id.size());
    crypto_generichash_update(
        &state,
        reinterpret_cast<const unsigned char*>(cause.data()),
        cause.size()
    );
    crypto_generichash_update(
        &state,
        reinterpret_cast<const unsigned char*>(what.data()),
        what.size()
    );
    crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(id.data()), id.size());
    return id;
}

std::string to_hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

} // namespace vigil
