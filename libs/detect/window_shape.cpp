#include "detect/window_shape.hpp"

#include "signal/windowed_sinc.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vigil::detect {

namespace {

constexpr double zero_crossings = 8.0;
constexpr double kaiser_beta = 6.0;
constexpr double pass_share = 0.9;

// Of the card's filters, ours.
constexpr unsigned filter_order = 2;
constexpr double notch_quality = 30.0;
constexpr double forgotten = 1e-4; // what is left of the past at the window's begin
constexpr double longest_lead_s = 30.0;

/// How slowly a section forgets: its impulse response falls by this each sample.
double largest_pole(const signal::SecondOrderSection& section) {
    const double root = section.a1 * section.a1 - 4 * section.a2;
    if (root < 0) {
        return std::sqrt(section.a2);
    }
    return (std::abs(section.a1) + std::sqrt(root)) / 2;
}

/// Four sums side by side: a compiler may not reorder one sum of floats, and would multiply one at
/// a time.
float dot(const float* weights, const float* samples, std::size_t count) {
    float first = 0.0F;
    float second = 0.0F;
    float third = 0.0F;
    float fourth = 0.0F;
    std::size_t tap = 0;
    for (; tap + 4 <= count; tap += 4) {
        first += weights[tap] * samples[tap];
        second += weights[tap + 1] * samples[tap + 1];
        third += weights[tap + 2] * samples[tap + 2];
        fourth += weights[tap + 3] * samples[tap + 3];
    }
    for (; tap < count; ++tap) {
        first += weights[tap] * samples[tap];
    }
    return (first + second) + (third + fourth);
}

} // namespace

Result<WindowShape> WindowShape::make(
    const ModelCard& card,
    std::uint32_t rate_numerator,
    std::uint32_t rate_denominator
) {
    const double rate =
        rate_denominator == 0 ? 0.0 : static_cast<double>(rate_numerator) / rate_denominator;
    if (!(rate >= 20.0 && rate <= 20'000.0)) {
        return fail(ErrorCode::invalid_argument, "The rate is outside 20 Hz to 20 kHz.", "rate");
    }
    WindowShape shape;
    const auto divisor = std::gcd(rate_numerator, rate_denominator);
    shape.numerator_ = rate_numerator / divisor;
    shape.denominator_ = rate_denominator / divisor;
    const double ratio =
        rate * card.rate_denominator / card.rate_numerator; // input samples per output sample
    if (auto added = shape.add_filters(card, rate); !added) {
        return std::unexpected(added.error());
    }
    if (is_model_rate(card, rate)) {
        shape.needed_ = card.samples + shape.lead_;
        return shape;
    }
    const double cutoff = 0.5 * pass_share * std::min(1.0, 1.0 / ratio);
    const double half_width = zero_crossings / (2.0 * cutoff);
    const double span = ratio * static_cast<double>(card.samples - 1);
    shape.needed_ = static_cast<std::size_t>(std::ceil(span + 2.0 * half_width)) + 1;
    shape.taps_ = static_cast<std::size_t>(std::floor(2.0 * half_width)) + 1;
    const double first_centre = static_cast<double>(shape.needed_ - 1) - half_width - span;
    for (std::size_t output = 0; output < card.samples; ++output) {
        const double centre = first_centre + ratio * static_cast<double>(output);
        const auto start = std::min(
            static_cast<std::size_t>(std::max(0.0, std::ceil(centre - half_width))),
            shape.needed_ - shape.taps_
        );
        shape.tap_starts_.push_back(start);
        std::vector<double> weights(shape.taps_);
        for (std::size_t tap = 0; tap < shape.taps_; ++tap) {
            weights[tap] = signal::windowed_sinc(
                static_cast<double>(start + tap) - centre,
                cutoff,
                half_width,
                kaiser_beta
            );
        }
        const double gain = std::accumulate(weights.begin(), weights.end(), 0.0);
        std::ranges::transform(weights, std::back_inserter(shape.weights_), [gain](double weight) {
            return static_cast<float>(weight / gain);
        });
    }
    shape.needed_ += shape.lead_;
    return shape;
}

Result<void> WindowShape::add_filters(const ModelCard& card, double rate_hz) {
    if (card.band_pass) {
        if (card.band_pass->high_hz >= rate_hz / 2) {
            return fail(
                ErrorCode::invalid_argument,
                "The rate does not hold the band that the model's card asks for.",
                "rate"
            );
        }
        sections_ = signal::butterworth_band_pass(
            filter_order,
            card.band_pass->low_hz,
            card.band_pass->high_hz,
            rate_hz
        );
    }
    using enum ModelCard::Notch;
    for (const auto& [kind, centre_hz] : {std::pair{hz_50, 50.0}, std::pair{hz_60, 60.0}}) {
        if ((card.notch == kind || card.notch == mains) && centre_hz < rate_hz / 2) {
            sections_.push_back(signal::notch(centre_hz, notch_quality, rate_hz));
        }
    }
    double slowest = 0;
    for (const auto& section : sections_) {
        slowest = std::max(slowest, largest_pole(section));
    }
    if (slowest > 0) {
        lead_ = static_cast<std::size_t>(std::ceil(std::log(forgotten) / std::log(slowest)));
    }
    if (static_cast<double>(lead_) > longest_lead_s * rate_hz) {
        return fail(
            ErrorCode::invalid_argument,
            "The band that the model's card asks for begins too low to be filtered in windows.",
            "band_pass"
        );
    }
    return {};
}

std::uint64_t WindowShape::end_of(std::uint64_t k) const {
    return static_cast<std::uint64_t>(
        static_cast<unsigned __int128>(k) * numerator_ / denominator_
    );
}

std::uint64_t WindowShape::first_ending_after(std::uint64_t index) const {
    // The smallest k with floor(k * rate) >= index + 1, which is k * rate >= index + 1.
    const auto scaled = (static_cast<unsigned __int128>(index) + 1) * denominator_;
    return static_cast<std::uint64_t>((scaled + numerator_ - 1) / numerator_);
}

void WindowShape::read(std::span<const float> in, std::span<float> out) const {
    if (sections_.empty()) {
        return resample(in, out);
    }
    std::vector<double> samples(in.begin(), in.end());
    // from rest: a step to the first value would ring longer than anything in the signal
    for (auto& sample : samples) {
        sample -= in.front();
    }
    signal::IirFilter(sections_).apply(samples);
    const std::vector<float> filtered(
        samples.begin() + static_cast<std::ptrdiff_t>(lead_),
        samples.end()
    );
    resample(filtered, out);
}

void WindowShape::resample(std::span<const float> in, std::span<float> out) const {
    if (taps_ == 0) {
        std::ranges::copy(in, out.begin());
        return;
    }
    for (std::size_t output = 0; output < out.size(); ++output) {
        out[output] = dot(weights_.data() + output * taps_, in.data() + tap_starts_[output], taps_);
    }
}

} // namespace vigil::detect
