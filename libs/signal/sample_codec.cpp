#include "signal/sample_codec.hpp"

#include "signal/bit_stream.hpp"
#include "signal/linear_prediction.hpp"
#include "signal/rice_code.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <limits>
#include <optional>

namespace vigil::signal {
namespace {

constexpr char version = 1;

enum Kind : std::uint8_t { verbatim = 0, fixed = 1, fitted = 2, reference = 3 };

unsigned verbatim_width(std::span<const std::int32_t> samples) {
    std::uint32_t used = 0;
    for (const std::int32_t x : samples) {
        used |= static_cast<std::uint32_t>(x ^ (x >> 31));
    }
    return static_cast<unsigned>(std::bit_width(used)) + 1;
}

struct Reference {
    std::size_t channel = 0;
    bool inverted = false;
    std::int32_t offset = 0;
};

constexpr std::int32_t referred(std::int32_t value, const Reference& r) {
    const auto v = static_cast<std::uint32_t>(value);
    return static_cast<std::int32_t>(
        (r.inverted ? 0U - v : v) + static_cast<std::uint32_t>(r.offset)
    );
}

// Bipolar montages repeat a pair of electrodes, also the other way round (CHB-MIT: T8-P8 twice,
// T7-P7 and P7-T7): such a channel costs next to nothing. A few samples tell; rounding may leave a
// difference of one.
std::optional<Reference>
find_reference(std::span<const std::int32_t> all, std::size_t channel, std::size_t samples) {
    constexpr std::size_t probes = 16;
    constexpr std::size_t shortest = 64;
    if (samples < shortest) {
        return std::nullopt;
    }
    const std::int32_t* mine = all.data() + channel * samples;
    const std::size_t step = samples / probes;
    for (std::size_t other = 0; other < channel; ++other) {
        const std::int32_t* theirs = all.data() + other * samples;
        for (const bool inverted : {false, true}) {
            const std::int64_t sign = inverted ? -1 : 1;
            const std::int64_t offset = mine[0] - sign * theirs[0];
            std::size_t t = step;
            while (t < samples && std::llabs(mine[t] - sign * theirs[t] - offset) <= 1) {
                t += step;
            }
            if (t >= samples && std::llabs(offset) <= std::numeric_limits<std::int32_t>::max()) {
                return Reference{other, inverted, static_cast<std::int32_t>(offset)};
            }
        }
    }
    return std::nullopt;
}

// Scratch memory of one call, so that channels share it.
struct Scratch {
    std::vector<std::int32_t> remainder;
    RiceCoded best;
    RiceCoded trial;
};

struct Choice {
    Kind kind = verbatim;
    std::uint64_t bits = 0;
    unsigned width = 0;
    Predictor predictor = {};
    Reference reference = {};
};

void try_remainder(Scratch& s, Choice& best, Choice candidate, unsigned header_bits) {
    rice_code(s.remainder, s.trial);
    candidate.bits = s.trial.bits + header_bits;
    if (candidate.bits < best.bits) {
        best = candidate;
        std::swap(s.best, s.trial);
    }
}

// Sums of magnitudes rank the fixed predictors well enough; only the best is coded.
unsigned best_fixed_order(std::span<const std::int32_t> x) {
    std::array<std::uint64_t, 4> sums{};
    for (std::size_t t = 3; t < x.size(); ++t) {
        const std::int64_t d0 = x[t];
        const std::int64_t d1 = d0 - x[t - 1];
        const std::int64_t d2 = d1 - x[t - 1] + x[t - 2];
        const std::int64_t d3 = d2 - x[t - 1] + 2 * std::int64_t{x[t - 2]} - x[t - 3];
        sums[0] += static_cast<std::uint64_t>(std::llabs(d0));
        sums[1] += static_cast<std::uint64_t>(std::llabs(d1));
        sums[2] += static_cast<std::uint64_t>(std::llabs(d2));
        sums[3] += static_cast<std::uint64_t>(std::llabs(d3));
    }
    return static_cast<unsigned>(std::ranges::min_element(sums) - sums.begin());
}

Choice
choose(std::span<const std::int32_t> all, std::size_t channel, std::size_t samples, Scratch& s) {
    const auto x = all.subspan(channel * samples, samples);
    Choice best{.kind = verbatim, .width = verbatim_width(x)};
    best.bits = best.width * samples + 5;
    if (const auto found = find_reference(all, channel, samples)) {
        const auto theirs = all.subspan(found->channel * samples, samples);
        for (std::size_t t = 0; t < samples; ++t) {
            s.remainder[t] = static_cast<std::int32_t>(
                static_cast<std::uint32_t>(x[t]) -
                static_cast<std::uint32_t>(referred(theirs[t], *found))
            );
        }
        try_remainder(s, best, {.kind = reference, .reference = *found}, 41);
        if (best.bits <= 3 * samples) {
            return best;
        }
    }
    if (const Predictor p = fitted_predictor(x); p.order != 0) {
        predict(p, x, s.remainder);
        try_remainder(
            s,
            best,
            {.kind = fitted, .predictor = p},
            9 + p.order * Predictor::coefficient_bits
        );
    }
    const Predictor p = fixed_predictor(samples > 3 ? best_fixed_order(x) : 0);
    predict(p, x, s.remainder);
    try_remainder(s, best, {.kind = fixed, .predictor = p}, 2);
    return best;
}

void put_channel(
    BitWriter& out,
    std::span<const std::int32_t> x,
    const Choice& c,
    const RiceCoded& coded
) {
    out.put(c.kind, 2);
    switch (c.kind) {
        case verbatim:
            out.put(c.width - 1, 5);
            for (const std::int32_t v : x) {
                out.put(static_cast<std::uint32_t>(v) & (~0U >> (32 - c.width)), c.width);
            }
            return;
        case fixed:
            out.put(c.predictor.order, 2);
            break;
        case fitted:
            out.put(c.predictor.order - 1, 4);
            out.put(c.predictor.shift, 4);
            out.put(c.predictor.wide ? 1 : 0, 1);
            for (unsigned j = 0; j < c.predictor.order; ++j) {
                constexpr std::uint32_t mask = (1U << Predictor::coefficient_bits) - 1;
                out.put(
                    static_cast<std::uint32_t>(c.predictor.coefficients[j]) & mask,
                    Predictor::coefficient_bits
                );
            }
            break;
        case reference:
            out.put(c.reference.channel, 8);
            out.put(c.reference.inverted ? 1 : 0, 1);
            out.put(static_cast<std::uint32_t>(c.reference.offset), 32);
            break;
    }
    put_rice(out, coded);
}

Predictor take_fitted(BitReader& in) {
    Predictor p;
    p.order = in.take(4) + 1;
    p.shift = in.take(4);
    p.wide = in.take(1) != 0;
    for (unsigned j = 0; j < p.order; ++j) {
        p.coefficients[j] = in.take_signed(Predictor::coefficient_bits);
    }
    return p;
}

bool take_reference(
    BitReader& in,
    std::span<std::int32_t> all,
    std::size_t channel,
    std::size_t samples
) {
    Reference r;
    r.channel = in.take(8);
    r.inverted = in.take(1) != 0;
    r.offset = in.take_signed(32);
    const auto out = all.subspan(channel * samples, samples);
    if (r.channel >= channel || !take_rice(in, out)) {
        return false;
    }
    const auto theirs = all.subspan(r.channel * samples, samples);
    for (std::size_t t = 0; t < samples; ++t) {
        out[t] = static_cast<std::int32_t>(
            static_cast<std::uint32_t>(out[t]) + static_cast<std::uint32_t>(referred(theirs[t], r))
        );
    }
    return true;
}

bool take_verbatim(BitReader& in, std::span<std::int32_t> out) {
    const unsigned width = in.take(5) + 1;
    if (in.bits_left() < width * out.size()) {
        return false;
    }
    for (std::int32_t& v : out) {
        v = in.take_signed(width);
    }
    return true;
}

bool take_channel(
    BitReader& in,
    std::span<std::int32_t> all,
    std::size_t channel,
    std::size_t samples
) {
    const auto out = all.subspan(channel * samples, samples);
    Predictor p;
    switch (in.take(2)) {
        case verbatim:
            return take_verbatim(in, out);
        case reference:
            return take_reference(in, all, channel, samples);
        case fixed:
            p = fixed_predictor(in.take(2));
            break;
        default:
            p = take_fitted(in);
            break;
    }
    if (!take_rice(in, out)) {
        return false;
    }
    restore(p, out);
    return true;
}

std::unexpected<Error> over_limits() {
    return fail(
        ErrorCode::invalid_argument,
        "more channels or samples than one payload may have",
        "samples"
    );
}

} // namespace

Result<std::string>
encode_samples(std::span<const std::int32_t> channel_major, std::size_t channels) {
    if (channels > max_codec_channels || channel_major.size() > max_codec_samples) {
        return over_limits();
    }
    if (channels == 0 ? !channel_major.empty() : channel_major.size() % channels != 0) {
        return fail(
            ErrorCode::invalid_argument,
            "the samples do not fill their channels",
            "samples"
        );
    }
    const std::size_t samples = channels == 0 ? 0 : channel_major.size() / channels;
    Scratch scratch;
    scratch.remainder.resize(samples);
    std::string bytes;
    // No channel is larger than verbatim: 7 bits and 32 a sample; 8 bytes are what the writer may
    // hold.
    bytes.resize_and_overwrite(1 + channels * (samples * 4 + 1) + 8, [&](char* data, std::size_t) {
        data[0] = version;
        BitWriter out(data + 1);
        for (std::size_t channel = 0; channel < channels; ++channel) {
            const Choice choice = choose(channel_major, channel, samples, scratch);
            put_channel(
                out,
                channel_major.subspan(channel * samples, samples),
                choice,
                scratch.best
            );
        }
        return 1 + out.finish();
    });
    bytes.shrink_to_fit();
    return bytes;
}

Result<std::vector<std::int32_t>>
decode_samples(std::string_view bytes, std::size_t channels, std::size_t samples) {
    if (bytes.empty() || bytes[0] != version) {
        return fail(
            ErrorCode::invalid_argument,
            "not samples in the codec LPC_RICE, version 1",
            "data"
        );
    }
    if (channels > max_codec_channels || samples > max_codec_samples ||
        channels * samples > max_codec_samples) {
        return over_limits();
    }
    if (channels * least_rice_bits(samples) > bytes.size() * 8) {
        return fail(ErrorCode::invalid_argument, "fewer bytes than so many samples need", "data");
    }
    std::vector<std::int32_t> out(channels * samples);
    BitReader in(bytes.substr(1));
    for (std::size_t channel = 0; channel < channels; ++channel) {
        if (!take_channel(in, out, channel, samples)) {
            return fail(
                ErrorCode::invalid_argument,
                "the compressed samples are damaged or cut short",
                "data"
            );
        }
    }
    if (in.overrun() || in.bits_left() >= 8) {
        return fail(
            ErrorCode::invalid_argument,
            "the compressed samples have another length than announced",
            "data"
        );
    }
    return out;
}

} // namespace vigil::signal
