// Bits, most significant first: how the sample codec writes and reads. Private to libs/signal.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace vigil::signal {

/// Appends bits to a buffer that the caller made large enough: nothing is checked here.
class BitWriter {
public:
    explicit BitWriter(char* out) : out_(out), begin_(out) {}

    /// `count` in 0..32; higher bits of `value` must be zero.
    void put(std::uint64_t value, unsigned count) {
        held_ = (held_ << count) | value;
        held_count_ += count;
        if (held_count_ >= 32) {
            held_count_ -= 32;
            flush_word(static_cast<std::uint32_t>(held_ >> held_count_));
        }
    }

    /// Writes what is held, padded with zero bits to a whole byte. Returns the bytes written in
    /// all.
    std::size_t finish() {
        const unsigned bytes = (held_count_ + 7) / 8;
        if (bytes != 0) {
            const auto word = static_cast<std::uint32_t>(held_ << (32 - held_count_));
            for (unsigned i = 0; i < bytes; ++i) {
                *out_++ = static_cast<char>(word >> (24 - 8 * i));
            }
            held_count_ = 0;
        }
        return static_cast<std::size_t>(out_ - begin_);
    }

private:
    void flush_word(std::uint32_t word) {
        const std::uint32_t ordered =
            std::endian::native == std::endian::little ? std::byteswap(word) : word;
        std::memcpy(out_, &ordered, sizeof ordered);
        out_ += sizeof ordered;
    }

    char* out_;
    char* begin_;
    std::uint64_t held_ = 0;
    unsigned held_count_ = 0;
};

/// Reads bits of foreign bytes. Past the end there are zero bits, and overrun() tells: ask it once
/// per stretch, not per bit.
class BitReader {
public:
    explicit BitReader(std::string_view bytes) : bytes_(bytes), size_bits_(bytes.size() * 8) {}

    /// The next bits, the first one on top; at least 57 of them are valid.
    [[nodiscard]] std::uint64_t peek() const {
        const std::size_t byte = position_ / 8;
        std::uint64_t word = 0;
        if (byte + 8 <= bytes_.size()) [[likely]] {
            std::memcpy(&word, bytes_.data() + byte, 8);
            if constexpr (std::endian::native == std::endian::little) {
                word = std::byteswap(word);
            }
        } else {
            word = peek_at_end(byte);
        }
        return word << (position_ % 8);
    }

    void skip(unsigned count) { position_ += count; }

    /// `count` in 1..32.
    std::uint32_t take(unsigned count) {
        const auto value = static_cast<std::uint32_t>(peek() >> (64 - count));
        position_ += count;
        return value;
    }

    /// `count` in 1..32; the top bit is the sign.
    std::int32_t take_signed(unsigned count) {
        const auto value = static_cast<std::int64_t>(peek()) >> (64 - count);
        position_ += count;
        return static_cast<std::int32_t>(value);
    }

    [[nodiscard]] bool overrun() const { return position_ > size_bits_; }

    [[nodiscard]] std::size_t bits_left() const { return overrun() ? 0 : size_bits_ - position_; }

private:
    [[nodiscard]] std::uint64_t peek_at_end(std::size_t byte) const {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < 8; ++i) {
            word <<= 8;
            if (byte + i < bytes_.size()) {
                word |= static_cast<std::uint8_t>(bytes_[byte + i]);
            }
        }
        return word;
    }

    std::string_view bytes_;
    std::size_t size_bits_;
    std::size_t position_ = 0;
};

} // namespace vigil::signal
