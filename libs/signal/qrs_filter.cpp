#include "signal/qrs_filter.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigil::signal {
namespace {

constexpr int half_taps = 24; // 96 ms
constexpr int taps = 2 * half_taps + 1;

// A spike of a pacemaker lasts 2 ms at most (IEC 60601-2-27) and so touches
// at most so many samples; a median over twice as many and one is blind to it. Under 200 Hz a QRS
// complex itself is not longer.
std::size_t median_length(double rate_hz) {
    if (rate_hz < 200) {
        return 1;
    }
    const auto touched = static_cast<std::size_t>(std::ceil(0.002 * rate_hz)) + 1;
    return 2 * std::max<std::size_t>(2, touched) + 1;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += a[i] * b[i];
    }
    return sum;
}

// Subtracts so much of `shape` that the product with `probe` is zero.
void remove_component(
    std::vector<double>& wave,
    const std::vector<double>& shape,
    const std::vector<double>& probe
) {
    const double share = dot(wave, probe) / dot(shape, probe);
    for (std::size_t i = 0; i < wave.size(); ++i) {
        wave[i] -= share * shape[i];
    }
}

std::vector<float> to_float(const std::vector<double>& wave, double scale) {
    std::vector<float> out(wave.size());
    std::ranges::transform(wave, out.begin(), [scale](double x) {
        return static_cast<float>(x * scale);
    });
    return out;
}

// A Morlet wavelet that is blind to constants and slopes and keeps a sine of its frequency as it
// is.
Wavelet wavelet(double centre_hz, double width_s) {
    std::vector<double> real(taps);
    std::vector<double> imaginary(taps);
    std::vector<double> bell(taps);
    std::vector<double> sloped_bell(taps);
    std::vector<double> ramp(taps);
    std::vector<double> cosine(taps);
    for (int i = 0; i < taps; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const double t = static_cast<double>(i - half_taps) / qrs_rate_hz;
        bell[at] = std::exp(-t * t / (2 * width_s * width_s));
        ramp[at] = t;
        sloped_bell[at] = t * bell[at];
        cosine[at] = std::cos(2 * std::numbers::pi * centre_hz * t);
        real[at] = bell[at] * cosine[at];
        imaginary[at] = bell[at] * std::sin(2 * std::numbers::pi * centre_hz * t);
    }
    remove_component(real, bell, std::vector<double>(taps, 1.0));
    remove_component(imaginary, sloped_bell, ramp);
    const double gain = dot(real, cosine);
    return {.real = to_float(real, 1 / gain), .imaginary = to_float(imaginary, 1 / gain)};
}

} // namespace

QrsFilter::QrsFilter(Rate rate)
    : median_(median_length(rate.hertz())),
      rate_(rate),
      resampler_(std::uint64_t{qrs_rate_hz} * rate.denominator, rate.numerator),
      qrs_(wavelet(11, 0.030)),
      above_(wavelet(35, 0.025)) {
    reset(0);
}

void QrsFilter::reset(std::uint64_t first_index) {
    started_ = false;
    median_at_ = 0;
    inputs_end_ = first_index;
    resampler_.reset(first_index);
    past_.assign(2 * taps, 0);
    past_at_ = 0;
    next_output_ = resampler_.next_output();
    skip_ = half_taps;
}

float QrsFilter::despike(float sample) {
    median_[median_at_] = sample;
    median_at_ = median_at_ + 1 == median_.size() ? 0 : median_at_ + 1;
    sorted_ = median_;
    const auto middle = sorted_.begin() + static_cast<std::ptrdiff_t>(sorted_.size() / 2);
    std::ranges::nth_element(sorted_, middle);
    return *middle;
}

void QrsFilter::feed(std::span<const float> despiked, std::vector<QrsBand>& out) {
    for (const float value : resampler_.push(despiked)) {
        past_[past_at_] = value;
        past_[past_at_ + taps] = value;
        past_at_ = past_at_ + 1 == taps ? 0 : past_at_ + 1;
        if (skip_ > 0) {
            --skip_;
            continue;
        }
        const float* window = past_.data() + past_at_;
        float real = 0;
        float imaginary = 0;
        float above_real = 0;
        float above_imaginary = 0;
        for (std::size_t i = 0; i < taps; ++i) {
            real += qrs_.real[i] * window[i];
            imaginary += qrs_.imaginary[i] * window[i];
            above_real += above_.real[i] * window[i];
            above_imaginary += above_.imaginary[i] * window[i];
        }
        out.push_back({
            .real = real,
            .envelope = std::sqrt(real * real + imaginary * imaginary),
            .above = std::sqrt(above_real * above_real + above_imaginary * above_imaginary),
        });
        ++next_output_;
    }
}

void QrsFilter::push(std::span<const float> samples, std::vector<QrsBand>& out) {
    despiked_.clear();
    for (float sample : samples) {
        if (!started_) {
            started_ = true;
            offset_ = sample;
            std::ranges::fill(median_, 0.0F);
            skip_median_ = median_.size() / 2;
        }
        last_ = sample - offset_;
        const float value = despike(last_);
        if (skip_median_ > 0) {
            --skip_median_;
            continue;
        }
        despiked_.push_back(value);
    }
    inputs_end_ += samples.size();
    feed(despiked_, out);
}

void QrsFilter::finish(std::vector<QrsBand>& out) {
    const std::uint64_t up = std::uint64_t{qrs_rate_hz} * rate_.denominator;
    const std::uint64_t end = (inputs_end_ * up + rate_.numerator - 1) / rate_.numerator;
    std::size_t wanted = out.size() + (end > next_output_ ? end - next_output_ : 0);
    const float lasting = last_ + offset_;
    while (started_ && next_output_ < end) {
        push(std::span(&lasting, 1), out);
    }
    out.resize(std::min(out.size(), wanted));
    next_output_ = end;
}

} // namespace vigil::signal
