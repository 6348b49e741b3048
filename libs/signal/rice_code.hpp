// Adaptive Rice codes of the remainders that prediction leaves. Private to libs/signal; the format
// is told in sample_codec.hpp.
#pragma once

#include "signal/bit_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vigil::signal {

struct RiceStretch {
    unsigned k = 0;
    std::uint64_t bits = 0; // k itself included
};

/// What one channel's remainder becomes: chosen, but not yet written.
struct RiceCoded {
    std::vector<std::uint32_t> folded;
    std::vector<RiceStretch> stretches;
    std::uint64_t bits = 0;
};

/// Chooses each stretch's k; `out` is overwritten, so that its memory is used again.
void rice_code(std::span<const std::int32_t> remainder, RiceCoded& out);

void put_rice(BitWriter& out, const RiceCoded& coded);

/// False where the bits end too early; `out` is then partly filled.
[[nodiscard]] bool take_rice(BitReader& in, std::span<std::int32_t> out);

/// The least that so many samples can take: one k for each stretch.
[[nodiscard]] std::size_t least_rice_bits(std::size_t samples);

} // namespace vigil::signal
