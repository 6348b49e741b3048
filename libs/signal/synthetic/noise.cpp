#include "signal/synthetic/noise.hpp"

#include <bit>
#include <cmath>
#include <numbers>

namespace vigil::signal {

WhiteNoise::WhiteNoise(std::uint64_t seed) {
    for (auto& word : state_) {
        seed += 0x9e3779b97f4a7c15U;
        std::uint64_t z = seed;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        word = z ^ (z >> 31U);
    }
}

std::uint64_t WhiteNoise::bits() {
    auto& s = state_;
    const std::uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
    const std::uint64_t t = s[1] << 17U;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = std::rotl(s[3], 45);
    return result;
}

double WhiteNoise::uniform() {
    return static_cast<double>(bits() >> 11U) * 0x1p-53;
}

float WhiteNoise::normal() {
    const std::uint64_t word = bits();
    const auto sum = static_cast<std::int32_t>(
        (word & 0xffffU) + ((word >> 16U) & 0xffffU) + ((word >> 32U) & 0xffffU) + (word >> 48U)
    );
    // four uniform values of 16 bits: mean 2 * 65535, variance 4 * 65536^2 / 12
    return static_cast<float>(sum - 131070) * (1.7320508F / 65536.0F);
}

PinkNoise::PinkNoise(double rate_hz) {
    // The low-passes share one white input, so their covariances count: sum of add_i add_j / (1 -
    // keep_i keep_j).
    double frequency = 0.5;
    std::array<double, 4> keep{};
    std::array<double, 4> add{};
    for (std::size_t i = 0; i < keep.size(); ++i, frequency *= 4) {
        keep[i] = std::exp(-2 * std::numbers::pi * frequency / rate_hz);
        add[i] = std::sqrt(1 - keep[i]);
    }
    double variance = 0;
    for (std::size_t i = 0; i < keep.size(); ++i) {
        for (std::size_t j = 0; j < keep.size(); ++j) {
            variance += add[i] * add[j] / (1 - keep[i] * keep[j]);
        }
    }
    for (std::size_t i = 0; i < keep.size(); ++i) {
        keep_[i] = static_cast<float>(keep[i]);
        add_[i] = static_cast<float>(add[i] / std::sqrt(variance));
    }
}

float PinkNoise::next(float white) {
    float sum = 0;
    for (std::size_t i = 0; i < held_.size(); ++i) {
        held_[i] = held_[i] * keep_[i] + add_[i] * white;
        sum += held_[i];
    }
    return sum;
}

AlphaPresence::AlphaPresence(double rate_hz)
    : fade_(static_cast<float>(1 - std::exp(-1 / (1.0 * rate_hz)))),
      recover_(static_cast<float>(1 - std::exp(-1 / (15.0 * rate_hz)))) {}

float AlphaPresence::next(bool ictal) {
    present_ += ictal ? -present_ * fade_ : (1 - present_) * recover_;
    return present_;
}

Rhythm::Rhythm(double rate_hz, double centre_hz, double bandwidth_hz) {
    const double radius = std::exp(-std::numbers::pi * bandwidth_hz / rate_hz);
    const double a1 = 2 * radius * std::cos(2 * std::numbers::pi * centre_hz / rate_hz);
    const double a2 = -radius * radius;
    // variance of an AR(2) process; source: Box and Jenkins, Time Series Analysis, section 3.2.4
    const double variance = (1 - a2) / ((1 + a2) * ((1 - a2) * (1 - a2) - a1 * a1));
    a1_ = static_cast<float>(a1);
    a2_ = static_cast<float>(a2);
    gain_ = static_cast<float>(1 / std::sqrt(variance));
}

float Rhythm::next(float white) {
    const float y = a1_ * y1_ + a2_ * y2_ + gain_ * white;
    y2_ = y1_;
    y1_ = y;
    return y;
}

} // namespace vigil::signal
