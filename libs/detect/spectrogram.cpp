#include "detect/spectrogram.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace vigil::detect {

namespace {

constexpr double tapered_share = 0.25;
constexpr std::uint32_t least_hertz = 200;
constexpr std::uint32_t most_hertz = 20'000;

/// The sum in NumPy's order, rounded as NumPy rounds it.
/// source  the order that numpy/_core/src/umath/loops_utils.h.src describes as pairwise summation
double pairwise_sum(std::span<const double> values) {
    constexpr std::size_t block = 128;
    constexpr std::size_t lanes = 8;
    if (values.size() > block) {
        const auto half = values.size() / 2 / lanes * lanes;
        return pairwise_sum(values.first(half)) + pairwise_sum(values.subspan(half));
    }
    double sum = 0;
    std::size_t i = 0;
    if (values.size() >= lanes) {
        std::array<double, lanes> r{};
        std::copy_n(values.begin(), lanes, r.begin());
        for (i = lanes; i + lanes <= values.size(); i += lanes) {
            for (std::size_t lane = 0; lane < lanes; ++lane) {
                r[lane] += values[i + lane];
            }
        }
        sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    }
    for (; i < values.size(); ++i) {
        sum += values[i];
    }
    return sum;
}

/// The periodic form: of a window one sample longer the last is left away.
std::vector<double> tukey(std::size_t samples) {
    std::vector<double> window(samples, 1.0);
    const auto length = static_cast<double>(samples);
    for (std::size_t i = 0; i < samples; ++i) {
        const double edge = std::min(static_cast<double>(i), length - static_cast<double>(i));
        const double share = 2 * edge / (tapered_share * length);
        if (share < 1) {
            window[i] = 0.5 * (1 - std::cos(std::numbers::pi * share));
        }
    }
    return window;
}

/// Mean 0 and deviation 1 over what is finite; the rest 0.
std::vector<double> standardised(std::span<const double> window_uv) {
    std::vector<double> x(window_uv.begin(), window_uv.end());
    const auto missing = [](double value) { return !std::isfinite(value); };
    const auto count = static_cast<double>(x.size()) -
                       static_cast<double>(std::ranges::count_if(window_uv, missing));
    if (count == 0) {
        std::ranges::fill(x, 0.0);
        return x;
    }
    std::ranges::replace_if(x, missing, 0.0);
    const double mean = pairwise_sum(x) / count;
    std::vector<double> squares(x.size(), 0.0);
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = missing(window_uv[i]) ? 0.0 : x[i] - mean;
        squares[i] = x[i] * x[i];
    }
    const double deviation = std::sqrt(pairwise_sum(squares) / count);
    if (std::isfinite(deviation) && deviation > 0) {
        std::ranges::transform(x, x.begin(), [deviation](double value) {
            return value / deviation;
        });
    }
    return x;
}

} // namespace

Result<Spectrum> Spectrum::make(std::uint32_t rate_numerator, std::uint32_t rate_denominator) {
    if (rate_denominator == 0 || rate_numerator % rate_denominator != 0) {
        return fail(
            ErrorCode::invalid_argument,
            "The model reads whole rates only: 250 Hz, and not 173.61 Hz.",
            "rate"
        );
    }
    const auto rate = rate_numerator / rate_denominator;
    if (rate < least_hertz || rate > most_hertz || rate % 2 != 0) {
        return fail(
            ErrorCode::invalid_argument,
            "The model reads even rates from 200 Hz to 20 kHz; lower ones lack what it looks at, "
            "and are not filled up.",
            "rate"
        );
    }
    Spectrum made;
    made.window_ = tukey(rate);
    const std::size_t pairs = rate / 2 + 1;
    made.cosine_.resize(pairs * spectrum_bins);
    made.sine_.resize(pairs * spectrum_bins);
    for (std::size_t i = 0; i < pairs; ++i) {
        for (std::size_t bin = 0; bin < spectrum_bins; ++bin) {
            // the whole turns are taken off before the angle is rounded
            const double turn = static_cast<double>(i * bin % rate) / rate;
            made.cosine_[i * spectrum_bins + bin] = std::cos(2 * std::numbers::pi * turn);
            made.sine_[i * spectrum_bins + bin] = std::sin(2 * std::numbers::pi * turn);
        }
    }
    return made;
}

bool Spectrum::power(std::span<const double> segment, std::span<double> power) const {
    const auto size = window_.size();
    const double mean = pairwise_sum(segment) / static_cast<double>(size);
    std::array<double, spectrum_bins> real{};
    std::array<double, spectrum_bins> imaginary{};
    const auto windowed = [&](std::size_t i) { return (segment[i] - mean) * window_[i]; };
    // The cosine is the same for samples i and size - i, and the sine its negative.
    for (std::size_t i = 0; i <= size / 2; ++i) {
        const bool alone = i == 0 || 2 * i == size;
        const double near = windowed(i);
        const double far = alone ? 0.0 : windowed(size - i);
        const double even = near + far;
        const double odd = alone ? 0.0 : near - far;
        const double* const cosine = &cosine_[i * spectrum_bins];
        const double* const sine = &sine_[i * spectrum_bins];
        for (std::size_t bin = 0; bin < spectrum_bins; ++bin) {
            real[bin] += even * cosine[bin];
            imaginary[bin] += odd * sine[bin];
        }
    }
    bool any = false;
    for (std::size_t bin = 0; bin < spectrum_bins; ++bin) {
        power[bin] = real[bin] * real[bin] + imaginary[bin] * imaginary[bin];
        any = any || power[bin] != 0;
    }
    return any;
}

void normalise_bins(
    std::span<const double> power,
    const std::vector<bool>& has_power,
    std::span<float> out
) {
    const auto columns = has_power.size();
    std::array<double, spectrum_bins> mean{};
    std::array<double, spectrum_bins> spread{};
    const auto count = static_cast<double>(std::ranges::count(has_power, true));
    const auto each = [&](auto&& of) {
        for (std::size_t column = 0; column < columns; ++column) {
            for (std::size_t bin = 0; has_power[column] && bin < spectrum_bins; ++bin) {
                of(column, bin, power[column * spectrum_bins + bin]);
            }
        }
    };
    each([&](std::size_t, std::size_t bin, double value) { mean[bin] += value; });
    std::ranges::transform(mean, mean.begin(), [count](double sum) { return sum / count; });
    each([&](std::size_t, std::size_t bin, double value) {
        spread[bin] += (value - mean[bin]) * (value - mean[bin]);
    });
    std::ranges::transform(spread, spread.begin(), [count](double squares) {
        return squares > 0 ? std::sqrt(squares / count) : 1.0;
    });
    std::ranges::fill(out, 0.0F);
    each([&](std::size_t column, std::size_t bin, double value) {
        out[bin * columns + column] = static_cast<float>((value - mean[bin]) / spread[bin]);
    });
}

std::vector<bool> segments_to_evaluate(std::span<const double> samples_uv, std::size_t hop) {
    struct Half {
        bool finite = true;
        double least = 0;
        double most = 0;
    };

    std::vector<Half> halves;
    for (std::size_t first = 0; first + hop <= samples_uv.size(); first += hop) {
        const auto part = samples_uv.subspan(first, hop);
        Half half{.finite = std::ranges::all_of(part, [](double x) { return std::isfinite(x); })};
        if (half.finite) {
            const auto [least, most] = std::ranges::minmax(part);
            half.least = least;
            half.most = most;
        }
        halves.push_back(half);
    }
    std::vector<bool> evaluated;
    for (std::size_t i = 1; i < halves.size(); ++i) {
        const auto& a = halves[i - 1];
        const auto& b = halves[i];
        evaluated.push_back(
            a.finite && b.finite && std::max(a.most, b.most) > std::min(a.least, b.least)
        );
    }
    return evaluated;
}

void window_spectrogram(
    const Spectrum& spectrum,
    std::span<const double> window_uv,
    std::span<float> out
) {
    const auto x = standardised(window_uv);
    const auto columns = x.size() / spectrum.hop() - 1;
    std::vector<double> power(columns * spectrum_bins);
    std::vector<bool> has_power(columns);
    for (std::size_t column = 0; column < columns; ++column) {
        has_power[column] = spectrum.power(
            std::span(x).subspan(column * spectrum.hop(), spectrum.samples()),
            std::span(power).subspan(column * spectrum_bins, spectrum_bins)
        );
    }
    normalise_bins(power, has_power, out);
}

} // namespace vigil::detect
