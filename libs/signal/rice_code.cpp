#include "signal/rice_code.hpp"

#include <algorithm>
#include <bit>

namespace vigil::signal {
namespace {

constexpr std::size_t stretch = 128;
constexpr unsigned k_bits = 5;
constexpr unsigned k_all_zero = 31;
constexpr unsigned k_max = 30;
constexpr unsigned escape_zeros =
    24; // with 1 + 30 bits behind it this fits in what BitReader::peek promises
constexpr unsigned escape_bits = escape_zeros + 32;

constexpr std::uint32_t fold(std::int32_t v) {
    return (static_cast<std::uint32_t>(v) << 1) ^ static_cast<std::uint32_t>(v >> 31);
}

constexpr std::int32_t unfold(std::uint32_t u) {
    return static_cast<std::int32_t>((u >> 1) ^ (0U - (u & 1)));
}

std::uint64_t rice_bits(std::span<const std::uint32_t> folded, unsigned k) {
    std::uint64_t bits = 0;
    for (const std::uint32_t u : folded) {
        const std::uint32_t zeros = u >> k;
        bits += zeros < escape_zeros ? zeros + 1 + k : escape_bits;
    }
    return bits;
}

// The mean gives k within one of the best (Rice, JPL 91-3); the neighbours are tried exactly.
RiceStretch best_k(std::span<const std::uint32_t> folded) {
    std::uint64_t sum = 0;
    for (const std::uint32_t u : folded) {
        sum += u;
    }
    if (sum == 0) {
        return {.k = k_all_zero, .bits = k_bits};
    }
    const std::uint64_t mean = sum / folded.size();
    const auto near =
        std::min<unsigned>(mean == 0 ? 0 : static_cast<unsigned>(std::bit_width(mean)) - 1, k_max);
    RiceStretch best{.k = near, .bits = rice_bits(folded, near)};
    if (near > 0) {
        if (const std::uint64_t bits = rice_bits(folded, near - 1); bits < best.bits) {
            best = {.k = near - 1, .bits = bits};
        }
    }
    best.bits += k_bits;
    return best;
}

} // namespace

void rice_code(std::span<const std::int32_t> remainder, RiceCoded& out) {
    out.folded.resize(remainder.size());
    std::ranges::transform(remainder, out.folded.begin(), fold);
    out.stretches.clear();
    out.bits = 0;
    for (std::size_t begin = 0; begin < remainder.size(); begin += stretch) {
        const std::size_t count = std::min(stretch, remainder.size() - begin);
        out.stretches.push_back(best_k(std::span(out.folded).subspan(begin, count)));
        out.bits += out.stretches.back().bits;
    }
}

void put_rice(BitWriter& out, const RiceCoded& coded) {
    std::size_t begin = 0;
    for (const auto& [k, bits] : coded.stretches) {
        const std::size_t end = std::min(begin + stretch, coded.folded.size());
        out.put(k, k_bits);
        if (k != k_all_zero) {
            const std::uint32_t low = (1U << k) - 1;
            for (std::size_t i = begin; i < end; ++i) {
                const std::uint32_t u = coded.folded[i];
                const std::uint32_t zeros = u >> k;
                if (zeros >= escape_zeros) {
                    out.put(0, escape_zeros);
                    out.put(u, 32);
                } else {
                    out.put(0, zeros);
                    out.put((1U << k) | (u & low), k + 1);
                }
            }
        }
        begin = end;
    }
}

bool take_rice(BitReader& in, std::span<std::int32_t> out) {
    for (std::size_t begin = 0; begin < out.size(); begin += stretch) {
        const std::size_t end = std::min(begin + stretch, out.size());
        const unsigned k = in.take(k_bits);
        if (k == k_all_zero) {
            std::fill(out.data() + begin, out.data() + end, 0);
            continue;
        }
        for (std::size_t i = begin; i < end; ++i) {
            const std::uint64_t word = in.peek();
            const auto zeros = static_cast<unsigned>(std::countl_zero(word | 1));
            if (zeros >= escape_zeros) [[unlikely]] {
                out[i] = unfold(static_cast<std::uint32_t>(word >> (64 - escape_bits)));
                in.skip(escape_bits);
            } else {
                // The one itself is bit k of what remains: taken off by the mask.
                const auto low =
                    static_cast<std::uint32_t>(word >> (63 - zeros - k)) & ((1U << k) - 1);
                out[i] = unfold((zeros << k) | low);
                in.skip(zeros + 1 + k);
            }
        }
        if (in.overrun()) {
            return false;
        }
    }
    return !in.overrun();
}

std::size_t least_rice_bits(std::size_t samples) {
    return (samples + stretch - 1) / stretch * k_bits;
}

} // namespace vigil::signal
