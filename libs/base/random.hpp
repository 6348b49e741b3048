// Randomness as a port, and the ids made from it. Used wherever an entry or a key is made.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>

namespace vigil {

class Random {
public:
    virtual ~Random() = default;
    /// Fills with random bytes.
    virtual void fill(std::span<std::uint8_t> bytes) = 0;
};

/// The kernel's generator, through libsodium: for ids, keys and secrets.
/// threads any
class SystemRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> bytes) override;
};

/// Repeatable: for tests and the simulation, never for secrets.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}

    void fill(std::span<std::uint8_t> bytes) override;

    [[nodiscard]] std::mt19937_64& engine() { return engine_; }

private:
    std::mt19937_64 engine_;
};

/// 16 random bytes: the id of an input.
[[nodiscard]] std::string random_id(Random& random);

/// 16 bytes that follow from what caused the output and from which of its outputs this is: BLAKE2b
/// of both.
[[nodiscard]] std::string derived_id(std::string_view cause, std::string_view what);

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(std::string_view bytes);

} // namespace vigil
