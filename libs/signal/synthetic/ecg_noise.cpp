#include "signal/synthetic/ecg_noise.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

namespace vigil::signal {
namespace {

constexpr double bumps_per_s = 1.5;

double keep_for(double corner_hz, double rate_hz) {
    return std::exp(-2 * std::numbers::pi * corner_hz / rate_hz);
}

double low_pass(double& held, double in, double corner_hz, double rate_hz) {
    const double keep = keep_for(corner_hz, rate_hz);
    held = keep * held + (1 - keep) * in;
    return held;
}

// Mean without the largest and smallest 5 %.
double trimmed_mean(std::vector<double> values) {
    if (values.empty()) {
        return 0;
    }
    std::ranges::sort(values);
    const auto cut = static_cast<std::ptrdiff_t>(values.size() / 20);
    const auto first = values.begin() + cut;
    const auto last = values.end() - cut;
    return std::accumulate(first, last, 0.0) / static_cast<double>(last - first);
}

} // namespace

EcgNoise::EcgNoise(EcgNoiseKind kind, double rate_hz, std::uint64_t seed)
    : kind_(kind), rate_hz_(rate_hz), noise_(seed) {}

double EcgNoise::wander() {
    const double t = static_cast<double>(index_) / rate_hz_;
    const double slow = low_pass(held_[0], noise_.normal(), 0.05, rate_hz_);
    const double drift = low_pass(held_[1], slow, 0.4, rate_hz_) * std::sqrt(rate_hz_);
    return drift + 0.25 * std::sin(2 * std::numbers::pi * 0.23 * t);
}

double EcgNoise::muscle() {
    const double white = noise_.normal();
    const double high = white - low_pass(held_[0], white, 20, rate_hz_);
    const double band = low_pass(held_[1], high, 150, rate_hz_);
    // bursts of about a second: the logarithm of the strength wanders
    const double slow = low_pass(held_[2], noise_.normal(), 0.5, rate_hz_) * std::sqrt(rate_hz_);
    return band * std::exp(slow);
}

void EcgNoise::start_bump() {
    remains_ += height_ * std::exp(-std::max(0.0, since_s_ - rise_s_) / decay_s_);
    const double sign = noise_.uniform() < 0.5 ? -1 : 1;
    height_ = sign * std::exp(0.5 * static_cast<double>(noise_.normal()));
    rise_s_ = 0.015 + 0.085 * noise_.uniform();
    decay_s_ = 0.1 + 0.5 * noise_.uniform();
    since_s_ = 0;
}

double EcgNoise::motion() {
    if (noise_.uniform() < bumps_per_s / rate_hz_) {
        start_bump();
    }
    remains_ *= std::exp(-1 / (0.4 * rate_hz_));
    since_s_ += 1 / rate_hz_;
    const double bump =
        since_s_ < rise_s_ ? height_ * (0.5 - 0.5 * std::cos(std::numbers::pi * since_s_ / rise_s_))
                           : height_ * std::exp(-(since_s_ - rise_s_) / decay_s_);
    const double rumble = low_pass(held_[0], noise_.normal(), 5, rate_hz_);
    const double shaking = low_pass(held_[1], rumble, 5, rate_hz_) * std::sqrt(rate_hz_);
    const double high = noise_.normal();
    const double hiss =
        low_pass(held_[3], high - low_pass(held_[2], high, 20, rate_hz_), 150, rate_hz_);
    return bump + remains_ + 0.1 * shaking + 0.15 * hiss;
}

float EcgNoise::next() {
    double value = 0;
    switch (kind_) {
        case EcgNoiseKind::baseline_wander:
            value = wander();
            break;
        case EcgNoiseKind::muscle:
            value = muscle();
            break;
        case EcgNoiseKind::electrode_motion:
            value = motion();
            break;
    }
    ++index_;
    return static_cast<float>(value);
}

double qrs_power(std::span<const float> ecg, std::span<const std::int64_t> beats, double rate_hz) {
    const auto half = static_cast<std::int64_t>(std::lround(0.05 * rate_hz));
    std::vector<double> heights;
    for (const std::int64_t beat : beats) {
        if (heights.size() == 300) {
            break;
        }
        if (beat - half < 0 || beat + half >= static_cast<std::int64_t>(ecg.size())) {
            continue;
        }
        const auto around = ecg.subspan(
            static_cast<std::size_t>(beat - half),
            static_cast<std::size_t>(2 * half + 1)
        );
        const auto [low, high] = std::ranges::minmax(around);
        heights.push_back(static_cast<double>(high) - static_cast<double>(low));
    }
    const double height = trimmed_mean(std::move(heights));
    return height * height / 8;
}

double noise_power(std::span<const float> noise, double rate_hz) {
    const auto second = static_cast<std::size_t>(rate_hz);
    std::vector<double> roots;
    for (std::size_t at = 0; at + second <= noise.size() && roots.size() < 300; at += second) {
        const auto chunk = noise.subspan(at, second);
        const double mean =
            std::accumulate(chunk.begin(), chunk.end(), 0.0) / static_cast<double>(second);
        double sum = 0;
        for (const float x : chunk) {
            sum += (static_cast<double>(x) - mean) * (static_cast<double>(x) - mean);
        }
        roots.push_back(std::sqrt(sum / static_cast<double>(second)));
    }
    const double root = trimmed_mean(std::move(roots));
    return root * root;
}

double noise_gain(double qrs_power, double noise_power, double snr_db) {
    return std::sqrt(qrs_power / (noise_power * std::pow(10, snr_db / 10)));
}

void add_noise(
    std::span<float> ecg,
    std::span<const std::int64_t> beats,
    double rate_hz,
    EcgNoiseKind kind,
    double snr_db,
    std::uint64_t seed
) {
    EcgNoise source(kind, rate_hz, seed);
    std::vector<float> noise(ecg.size());
    std::ranges::generate(noise, [&] { return source.next(); });
    const double power = noise_power(noise, rate_hz);
    if (power == 0) {
        return; // under a second
    }
    const auto gain = static_cast<float>(noise_gain(qrs_power(ecg, beats, rate_hz), power, snr_db));
    for (std::size_t i = 0; i < noise.size(); ++i) {
        ecg[i] += gain * noise[i];
    }
}

} // namespace vigil::signal
