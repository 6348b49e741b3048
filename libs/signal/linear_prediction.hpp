// Linear prediction in integers: the model that the sample codec codes the remainder of. Private to
// libs/signal.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace vigil::signal {

/// pred[t] = (sum of coefficients[j] * x[t-1-j]) >> shift, for t >= order; before that pred[t] =
/// x[t-1], and pred[0] = 0. All arithmetic is modulo 2^32 (2^64 when `wide`), so that it is exact
/// both ways whatever the samples are.
struct Predictor {
    static constexpr unsigned max_order = 16;
    static constexpr unsigned coefficient_bits = 12;
    static constexpr unsigned max_shift = 15;

    unsigned order = 0;
    unsigned shift = 0;
    bool wide = false;
    std::array<std::int32_t, max_order> coefficients{};
};

/// The polynomial predictors of order 0 to 3 of Shorten and FLAC.
/// source  Robinson, SHORTEN, CUED/F-INFENG/TR.156 (1994), section 3.2
[[nodiscard]] Predictor fixed_predictor(unsigned order);

/// The predictor that is expected to need the fewest bits for these samples, its own coefficients
/// counted; order 0 when none helps.
///
/// source  autocorrelation method and Levinson-Durbin recursion: Makhoul, Proc. IEEE 63 (1975) 561,
/// section III
[[nodiscard]] Predictor fitted_predictor(std::span<const std::int32_t> samples);

/// remainder[t] = samples[t] - pred[t]; both have one size.
void predict(
    const Predictor& predictor,
    std::span<const std::int32_t> samples,
    std::span<std::int32_t> remainder
);

/// The inverse, in place.
void restore(const Predictor& predictor, std::span<std::int32_t> values);

} // namespace vigil::signal
