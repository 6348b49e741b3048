#include "store/chunk.hpp"

#include "journal/varint.hpp"
#include "signal/sample_codec.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ranges>

namespace vigil::store {

namespace {

using journal::put_varint;
using journal::take_varint;
using journal::unzigzag;
using journal::zigzag;

constexpr char version = 1;
constexpr std::int64_t second_us = 1'000'000;

// Half of what 64 bits hold, 146,000 years: sums of times stay within them.
constexpr double farthest_us = 0x1p62;

// A day of seconds: more than any row spans, and a bound for what bytes may claim.
constexpr std::size_t max_seconds = 86'400;

Result<void> check(std::span<const Run> runs, std::size_t channels) {
    if (channels == 0 || channels > max_channels) {
        return fail(ErrorCode::invalid_argument, "1 to 256 channels", "channels");
    }
    if (runs.size() > max_runs) {
        return fail(ErrorCode::invalid_argument, "too many runs for one row", "runs");
    }
    for (const auto& run : runs) {
        if (run.samples.empty() || run.samples.size() % channels != 0 ||
            run.samples.size() > signal::max_codec_samples) {
            return fail(
                ErrorCode::invalid_argument,
                "a run's samples do not fill its channels, or are too many",
                "runs"
            );
        }
    }
    return {};
}

std::unexpected<Error> broken(const char* what) {
    return fail(ErrorCode::invalid_argument, what);
}

void put_little_endian(std::string& out, std::int32_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) {
        out.push_back(static_cast<char>(static_cast<std::uint32_t>(value) >> (8 * i)));
    }
}

std::int32_t take_little_endian(std::string_view& in, unsigned width) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < width; ++i) {
        value |= static_cast<std::uint32_t>(static_cast<unsigned char>(in[i])) << (8 * i);
    }
    in.remove_prefix(width);
    return width == 2 ? static_cast<std::int16_t>(value) : static_cast<std::int32_t>(value);
}

std::int64_t floor_second(std::int64_t us) {
    return us / second_us - (us % second_us < 0 ? 1 : 0);
}

// Joins part of one run, all within one second, into that second's extremes.
void join(
    std::vector<PyramidSecond>& seconds,
    std::int64_t second,
    const Run& run,
    std::size_t channels,
    std::size_t from,
    std::size_t to
) {
    auto at = std::ranges::lower_bound(seconds, second, {}, &PyramidSecond::second);
    if (at == seconds.end() || at->second != second) {
        constexpr Extremes none{
            std::numeric_limits<std::int32_t>::max(),
            std::numeric_limits<std::int32_t>::min()
        };
        at = seconds.insert(at, {second, std::vector<Extremes>(channels, none)});
    }
    const auto length = run.samples.size() / channels;
    for (std::size_t c = 0; c < channels; ++c) {
        const auto part = std::span(run.samples).subspan(c * length + from, to - from);
        const auto [low, high] = std::ranges::minmax(part);
        at->channels[c] = {
            std::min(at->channels[c].minimum, low),
            std::max(at->channels[c].maximum, high)
        };
    }
}

} // namespace

Result<std::string> encode_runs(std::span<const Run> runs, std::size_t channels) {
    if (auto checked = check(runs, channels); !checked) {
        return std::unexpected(checked.error());
    }
    std::string payload(1, version);
    put_varint(payload, runs.size());
    std::uint64_t sample = 0;
    std::int64_t start = 0;
    for (const auto& run : runs) {
        const auto length = run.samples.size() / channels;
        const auto bytes = signal::encode_samples(run.samples, channels);
        if (!bytes) {
            return std::unexpected(bytes.error());
        }
        // differences may wrap: unsigned arithmetic gives them back all the same
        put_varint(payload, zigzag(static_cast<std::int64_t>(run.first_sample - sample)));
        put_varint(
            payload,
            static_cast<std::uint64_t>(run.start_us) - static_cast<std::uint64_t>(start)
        );
        put_varint(payload, length);
        put_varint(payload, bytes->size());
        payload += *bytes;
        sample = run.first_sample + length;
        start = run.start_us;
    }
    return payload;
}

Result<std::vector<Run>> decode_runs(std::string_view payload, std::size_t channels) {
    if (channels == 0 || channels > max_channels || payload.empty() || payload.front() != version) {
        return broken("not a payload of samples");
    }
    payload.remove_prefix(1);
    const auto count = take_varint(payload);
    if (!count || *count > max_runs) {
        return broken("a payload with too many runs");
    }
    std::vector<Run> runs;
    std::uint64_t sample = 0;
    std::int64_t start = 0;
    std::size_t total = 0;
    for (std::uint64_t i = 0; i < *count; ++i) {
        const auto first = take_varint(payload);
        const auto later = first ? take_varint(payload) : std::nullopt;
        const auto length = later ? take_varint(payload) : std::nullopt;
        const auto size = length ? take_varint(payload) : std::nullopt;
        if (!size || *size > payload.size() || *length > signal::max_codec_samples / channels) {
            return broken("a payload that is cut short");
        }
        if (*length == 0) {
            return broken("a payload with an empty run");
        }
        total += *length * channels;
        if (total > signal::max_codec_samples) {
            return broken("a payload with too many samples");
        }
        auto samples = signal::decode_samples(payload.substr(0, *size), channels, *length);
        if (!samples) {
            return std::unexpected(samples.error());
        }
        payload.remove_prefix(*size);
        sample += static_cast<std::uint64_t>(unzigzag(*first));
        start = static_cast<std::int64_t>(static_cast<std::uint64_t>(start) + *later);
        runs.push_back({.first_sample = sample, .start_us = start, .samples = std::move(*samples)});
        sample += *length;
    }
    if (!payload.empty()) {
        return broken("a payload with more than its runs");
    }
    return runs;
}

Result<std::string> encode_pyramid(
    std::span<const Run> runs,
    std::size_t channels,
    std::uint32_t rate_numerator,
    std::uint32_t rate_denominator
) {
    if (auto checked = check(runs, channels); !checked) {
        return std::unexpected(checked.error());
    }
    if (rate_numerator == 0 || rate_denominator == 0) {
        return fail(ErrorCode::invalid_argument, "a rate of zero", "rate");
    }
    std::vector<PyramidSecond> seconds;
    for (const auto& run : runs) {
        const auto length = run.samples.size() / channels;
        const double us_per_sample = 1e6 * rate_denominator / rate_numerator;
        const double span_us = us_per_sample * static_cast<double>(length);
        if (!(std::abs(static_cast<double>(run.start_us)) + span_us < farthest_us)) {
            return fail(ErrorCode::invalid_argument, "a run's time is out of range", "runs");
        }
        const auto second_of = [&](std::size_t i) {
            return floor_second(
                run.start_us + static_cast<std::int64_t>(static_cast<double>(i) * us_per_sample)
            );
        };
        for (std::size_t from = 0; from < length;) {
            const auto second = second_of(from);
            const auto to = *std::ranges::partition_point(
                std::views::iota(from + 1, length),
                [&](std::size_t i) { return second_of(i) == second; }
            );
            join(seconds, second, run, channels, from, to);
            from = to;
        }
    }
    const bool narrow = std::ranges::all_of(seconds, [](const PyramidSecond& s) {
        return std::ranges::all_of(s.channels, [](const Extremes& e) {
            return e.minimum >= INT16_MIN && e.maximum <= INT16_MAX;
        });
    });
    const unsigned width = narrow ? 2 : 4;
    std::string pyramid(1, static_cast<char>(width));
    put_varint(pyramid, seconds.size());
    std::int64_t before = 0;
    for (const auto& second : seconds) {
        put_varint(pyramid, zigzag(second.second - before));
        before = second.second;
        for (const auto& channel : second.channels) {
            put_little_endian(pyramid, channel.minimum, width);
            put_little_endian(pyramid, channel.maximum, width);
        }
    }
    return pyramid;
}

Result<std::vector<PyramidSecond>> decode_pyramid(std::string_view pyramid, std::size_t channels) {
    if (channels == 0 || channels > max_channels || pyramid.empty() ||
        (pyramid.front() != 2 && pyramid.front() != 4)) {
        return broken("not a pyramid");
    }
    const auto width = static_cast<unsigned>(pyramid.front());
    pyramid.remove_prefix(1);
    const auto count = take_varint(pyramid);
    if (!count || *count > max_seconds) {
        return broken("a pyramid with too many seconds");
    }
    std::vector<PyramidSecond> seconds;
    std::uint64_t second = 0;
    for (std::uint64_t i = 0; i < *count; ++i) {
        const auto later = take_varint(pyramid);
        if (!later || pyramid.size() < channels * 2 * width) {
            return broken("a pyramid that is cut short");
        }
        second += static_cast<std::uint64_t>(unzigzag(*later));
        PyramidSecond one{.second = static_cast<std::int64_t>(second), .channels = {}};
        one.channels.reserve(channels);
        for (std::size_t c = 0; c < channels; ++c) {
            const auto minimum = take_little_endian(pyramid, width);
            one.channels.push_back({minimum, take_little_endian(pyramid, width)});
        }
        seconds.push_back(std::move(one));
    }
    if (!pyramid.empty()) {
        return broken("a pyramid with more than its seconds");
    }
    return seconds;
}

} // namespace vigil::store
