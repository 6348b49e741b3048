// Random numbers that repeat bit for bit from a seed, since the standard's distributions may differ
// between libraries. Used by the simulator.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace vigil::queueing {

/// One stream per purpose, so that two plans with one seed see the same arrivals.
///
/// source  xoshiro256++ seeded by splitmix64: Blackman and Vigna, ACM Trans. Math. Softw. 47
///         (2021) 36
class RandomStream {
public:
    RandomStream(std::uint64_t seed, std::uint64_t purpose) {
        std::uint64_t state = seed * 0x9e3779b97f4a7c15U + purpose;
        for (auto& word : state_) {
            state += 0x9e3779b97f4a7c15U;
            std::uint64_t mixed = state;
            mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
            mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
            word = mixed ^ (mixed >> 31U);
        }
    }

    explicit RandomStream(const std::array<std::uint64_t, 4>& state) : state_(state) {}

    std::uint64_t bits() {
        const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
        const std::uint64_t shifted = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    /// From 0 up to, and without, 1.
    double uniform() { return static_cast<double>(bits() >> 11U) * 0x1p-53; }

    /// With mean 1, by inversion.
    double exponential() { return -std::log(1 - uniform()); }

    /// With mean 0 and variance 1: Box and Muller, Ann. Math. Stat. 29 (1958) 610.
    double normal() {
        constexpr double two_pi = 6.283185307179586;
        const double radius = std::sqrt(2 * exponential());
        return radius * std::cos(two_pi * uniform());
    }

    /// 0 to count - 1.
    std::uint32_t below(std::size_t count) {
        return static_cast<std::uint32_t>(((bits() >> 32U) * count) >> 32U);
    }

private:
    std::array<std::uint64_t, 4> state_{};
};

} // namespace vigil::queueing
