// The mapping from a stream's sample indices to time, in whole microseconds. Used by all of
// records.
#pragma once

#include <cstdint>

namespace vigil::records {

// An isolated stream's indices reach 2^54; 10^6 times that does not fit in 64 bits.
__extension__ using Wide = unsigned __int128;

/// Microseconds that `samples` take at numerator/denominator hertz, rounded down; a rate of 0
/// counts as 1 Hz.
[[nodiscard]] constexpr std::int64_t
length_us(std::uint64_t samples, std::uint32_t numerator, std::uint32_t denominator) noexcept {
    const auto hertz = numerator == 0 ? 1U : numerator;
    return static_cast<std::int64_t>(static_cast<Wide>(samples) * 1'000'000U * denominator / hertz);
}

/// Samples that begin within `us` microseconds: the smallest n with length_us(n) >= us.
[[nodiscard]] constexpr std::uint64_t
samples_before(std::int64_t us, std::uint32_t numerator, std::uint32_t denominator) noexcept {
    if (us <= 0) {
        return 0;
    }
    const auto scaled = std::uint64_t{1'000'000} * (denominator == 0 ? 1U : denominator);
    auto samples = static_cast<std::uint64_t>(static_cast<Wide>(us) * numerator / scaled);
    while (length_us(samples, numerator, denominator) < us) {
        ++samples;
    }
    return samples;
}

} // namespace vigil::records
