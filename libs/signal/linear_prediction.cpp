#include "signal/linear_prediction.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace vigil::signal {
namespace {

constexpr unsigned lags = Predictor::max_order + 1;
using Autocorrelation = std::array<double, lags>;

// Welch's window: no discontinuity at the ends, and cheap.
// source  Welch, IEEE Trans. Audio Electroacoust. 15 (1967) 70
void window(std::span<const std::int32_t> samples, double mean, std::span<double> out) {
    const double half = static_cast<double>(samples.size() - 1) / 2;
    const double inverse = 1 / (half + 1);
    for (std::size_t t = 0; t < samples.size(); ++t) {
        const double u = (static_cast<double>(t) - half) * inverse;
        out[t] = (samples[t] - mean) * (1 - u * u);
    }
}

// `x` has `lags` zeros behind its `n` values.
Autocorrelation autocorrelation(const double* x, std::size_t n) {
    Autocorrelation r{};
    for (std::size_t t = 0; t < n; ++t) {
        for (unsigned lag = 0; lag < lags; ++lag) {
            r[lag] += x[t] * x[t + lag];
        }
    }
    return r;
}

// One row per order: the coefficients of that order, and the share of the energy that it leaves.
struct Levinson {
    std::array<std::array<double, Predictor::max_order>, lags> coefficients{};
    std::array<double, lags> error{};
    unsigned highest = 0;
};

Levinson levinson(const Autocorrelation& r, unsigned max_order) {
    Levinson l;
    l.error[0] = r[0];
    for (unsigned m = 1; m <= max_order; ++m) {
        const auto& last = l.coefficients[m - 1];
        double sum = r[m];
        for (unsigned j = 0; j + 1 < m; ++j) {
            sum -= last[j] * r[m - 1 - j];
        }
        const double reflection = sum / l.error[m - 1];
        const double error = l.error[m - 1] * (1 - reflection * reflection);
        if (!std::isfinite(error) || error <= 0) {
            break;
        }
        auto& next = l.coefficients[m];
        for (unsigned j = 0; j + 1 < m; ++j) {
            next[j] = last[j] - reflection * last[m - 2 - j];
        }
        next[m - 1] = reflection;
        l.error[m] = error;
        l.highest = m;
    }
    return l;
}

unsigned cheapest_order(const Levinson& l, std::size_t n) {
    unsigned best = 0;
    double best_bits = std::numeric_limits<double>::infinity();
    for (unsigned m = 0; m <= l.highest; ++m) {
        const double bits = 0.5 * static_cast<double>(n) * std::log2(l.error[m] + 1e-9) +
                            m * Predictor::coefficient_bits;
        if (bits < best_bits) {
            best_bits = bits;
            best = m;
        }
    }
    return best;
}

// Carries each coefficient's rounding error into the next, as FLAC does, so that the sum stays
// right.
Predictor quantise(std::span<const double> coefficients) {
    Predictor p;
    p.order = static_cast<unsigned>(coefficients.size());
    double largest = 0;
    for (const double c : coefficients) {
        largest = std::max(largest, std::fabs(c));
    }
    constexpr int limit = (1 << (Predictor::coefficient_bits - 1)) - 1;
    int exponent = 0;
    std::frexp(largest, &exponent);
    p.shift = static_cast<unsigned>(std::clamp(
        static_cast<int>(Predictor::coefficient_bits) - 1 - exponent,
        0,
        static_cast<int>(Predictor::max_shift)
    ));
    double carried = 0;
    for (unsigned j = 0; j < p.order; ++j) {
        const double wanted = std::ldexp(coefficients[j], static_cast<int>(p.shift)) + carried;
        const double taken = std::clamp(std::nearbyint(wanted), -1.0 * limit - 1, 1.0 * limit);
        p.coefficients[j] = static_cast<std::int32_t>(taken);
        carried = wanted - taken;
    }
    return p;
}

bool needs_wide(const Predictor& p, std::span<const std::int32_t> samples) {
    const auto [low, high] = std::ranges::minmax(samples);
    const std::int64_t largest = std::max(-std::int64_t{low}, std::int64_t{high});
    std::int64_t weight = 0;
    for (unsigned j = 0; j < p.order; ++j) {
        weight += std::abs(p.coefficients[j]);
    }
    return weight * largest > std::numeric_limits<std::int32_t>::max();
}

constexpr std::uint32_t bits_of(std::int32_t value) {
    return static_cast<std::uint32_t>(value);
}

// The part before `order` samples are known: the last sample is the prediction.
std::size_t warm_up(const Predictor& p, std::size_t n) {
    return std::min<std::size_t>(p.order, n);
}

template <class Signed, class Unsigned>
void predict_rest(
    const Predictor& p,
    std::span<const std::int32_t> x,
    std::span<std::int32_t> out
) {
    constexpr std::size_t stretch = 256;
    std::array<Unsigned, stretch> sums;
    for (std::size_t begin = p.order; begin < x.size(); begin += stretch) {
        const std::size_t count = std::min(stretch, x.size() - begin);
        std::fill_n(sums.begin(), count, Unsigned{0});
        for (unsigned j = 0; j < p.order; ++j) {
            const auto c = static_cast<Unsigned>(static_cast<Signed>(p.coefficients[j]));
            const std::int32_t* from = x.data() + begin - 1 - j;
            for (std::size_t i = 0; i < count; ++i) {
                sums[i] += c * static_cast<Unsigned>(static_cast<Signed>(from[i]));
            }
        }
        for (std::size_t i = 0; i < count; ++i) {
            const auto guess = static_cast<std::uint32_t>(static_cast<Signed>(sums[i]) >> p.shift);
            out[begin + i] = static_cast<std::int32_t>(bits_of(x[begin + i]) - guess);
        }
    }
}

// The number of coefficients is rounded up to a multiple of four (the rest are zero) so that the
// compiler can unroll.
template <unsigned Order, class Signed, class Unsigned>
void restore_rest(const Predictor& p, std::span<std::int32_t> values) {
    std::array<Unsigned, Order> c;
    std::array<Unsigned, Order> past{}; // past[j] = x[t-1-j]
    for (unsigned j = 0; j < Order; ++j) {
        c[j] = static_cast<Unsigned>(static_cast<Signed>(p.coefficients[j]));
        if (j < p.order) {
            past[j] = static_cast<Unsigned>(static_cast<Signed>(values[p.order - 1 - j]));
        }
    }
    for (std::size_t t = p.order; t < values.size(); ++t) {
        Unsigned sum = 0;
        for (unsigned j = Order; j-- > 0;) {
            sum += c[j] * past[j];
        }
        const auto guess = static_cast<std::uint32_t>(static_cast<Signed>(sum) >> p.shift);
        values[t] = static_cast<std::int32_t>(bits_of(values[t]) + guess);
        for (unsigned j = Order - 1; j > 0; --j) {
            past[j] = past[j - 1];
        }
        past[0] = static_cast<Unsigned>(static_cast<Signed>(values[t]));
    }
}

template <class Signed, class Unsigned>
void restore_by_order(const Predictor& p, std::span<std::int32_t> values) {
    if (p.order <= 4) {
        restore_rest<4, Signed, Unsigned>(p, values);
    } else if (p.order <= 8) {
        restore_rest<8, Signed, Unsigned>(p, values);
    } else if (p.order <= 12) {
        restore_rest<12, Signed, Unsigned>(p, values);
    } else {
        restore_rest<16, Signed, Unsigned>(p, values);
    }
}

} // namespace

Predictor fixed_predictor(unsigned order) {
    static constexpr std::array<std::array<std::int32_t, 3>, 4> table{{
        {0, 0, 0},
        {1, 0, 0},
        {2, -1, 0},
        {3, -3, 1},
    }};
    Predictor p;
    p.order = order;
    std::ranges::copy(table[order], p.coefficients.begin());
    return p;
}

Predictor fitted_predictor(std::span<const std::int32_t> samples) {
    // Shorter runs do not earn back their coefficients.
    constexpr std::size_t shortest = 32;
    if (samples.size() < shortest) {
        return {};
    }
    double sum = 0;
    for (const std::int32_t x : samples) {
        sum += x;
    }
    std::vector<double> windowed(samples.size() + lags);
    window(samples, sum / static_cast<double>(samples.size()), windowed);
    const Autocorrelation r = autocorrelation(windowed.data(), samples.size());
    if (!(r[0] > 0)) {
        return {};
    }
    const Levinson l = levinson(r, Predictor::max_order);
    const unsigned order = cheapest_order(l, samples.size());
    if (order == 0) {
        return {};
    }
    Predictor p = quantise(std::span(l.coefficients[order]).first(order));
    p.wide = needs_wide(p, samples);
    return p;
}

void predict(
    const Predictor& predictor,
    std::span<const std::int32_t> samples,
    std::span<std::int32_t> remainder
) {
    std::int32_t last = 0;
    for (std::size_t t = 0; t < warm_up(predictor, samples.size()); ++t) {
        remainder[t] = static_cast<std::int32_t>(bits_of(samples[t]) - bits_of(last));
        last = samples[t];
    }
    if (predictor.order == 0) {
        std::ranges::copy(samples, remainder.begin());
    } else if (predictor.wide) {
        predict_rest<std::int64_t, std::uint64_t>(predictor, samples, remainder);
    } else {
        predict_rest<std::int32_t, std::uint32_t>(predictor, samples, remainder);
    }
}

void restore(const Predictor& predictor, std::span<std::int32_t> values) {
    std::uint32_t last = 0;
    for (std::size_t t = 0; t < warm_up(predictor, values.size()); ++t) {
        last += bits_of(values[t]);
        values[t] = static_cast<std::int32_t>(last);
    }
    if (predictor.order == 0 || values.size() <= predictor.order) {
        return;
    }
    if (predictor.wide) {
        restore_by_order<std::int64_t, std::uint64_t>(predictor, values);
    } else {
        restore_by_order<std::int32_t, std::uint32_t>(predictor, values);
    }
}

} // namespace vigil::signal
