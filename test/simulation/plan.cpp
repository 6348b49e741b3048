#include "simulation/plan.hpp"

#include "signal/block_samples.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::simulation {

namespace {

constexpr std::size_t window_samples = 178;

std::uint64_t mix(std::uint64_t value) { // splitmix64
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

void cut_to_blocks(Engine& random, Stream& stream, bool overlaps) {
    const auto second = stream.rate_numerator / stream.rate_denominator;
    const std::uint64_t length = second * (2 + pick(random, chance(random, 20) ? 18 : 5));
    for (std::uint64_t first = 0; first < length;) {
        const auto samples = 1 + pick(random, chance(random, 20) ? 20 : second + second / 2);
        const auto end = std::min(length, first + samples);
        stream.todo.push_back({first, end});
        first = end;
    }
    // Blocks that overlap, as after a reconnection with another cut.
    for (auto count = overlaps ? 1 + pick(random, 4) : 0; count > 0; --count) {
        const auto first = pick(random, length);
        const auto at = static_cast<std::ptrdiff_t>(pick(random, stream.todo.size()));
        stream.todo.insert(
            stream.todo.begin() + at,
            {first, std::min(length, first + 1 + pick(random, second))}
        );
    }
}

void make_windows(Engine& random, Stream& stream) {
    const auto count = 2 + pick(random, 8);
    for (std::uint64_t window = 0; window < count; ++window) {
        const auto first =
            ((1'764'000'000 + window) * 65'536 + pick(random, 65'536)) * window_samples;
        stream.todo.push_back({first, first + window_samples});
        stream.starts[first] = to_us(epoch) + static_cast<std::int64_t>(window) * 1'025'000;
    }
}

/// Long enough for what is said of a detector that lags (alarm::LagWatch).
Stream make_long_stream(Engine& random) {
    Stream stream;
    stream.salt = random();
    stream.patient = "p0";
    stream.device = "long";
    stream.name = "s";
    stream.rate_numerator = 17361;
    stream.rate_denominator = 100;
    stream.waits = true;
    for (std::uint64_t block = 0; block < Stream::long_blocks; ++block) {
        const auto first = block * Stream::long_block_samples;
        stream.todo.push_back({first, first + Stream::long_block_samples});
    }
    return stream;
}

/// Late blocks: a few are moved back.
void disorder(Engine& random, std::deque<journal::SampleRange>& todo) {
    for (auto count = pick(random, 5); count > 0; --count) {
        const auto from = pick(random, todo.size());
        const auto to = std::min(todo.size() - 1, from + pick(random, 6));
        std::rotate(
            todo.begin() + static_cast<std::ptrdiff_t>(from),
            todo.begin() + static_cast<std::ptrdiff_t>(from) + 1,
            todo.begin() + static_cast<std::ptrdiff_t>(to) + 1
        );
    }
}

} // namespace

std::int32_t Stream::sample(std::uint64_t index, std::size_t channel) const {
    if (index >= broken_from && channel + 1 == channels) {
        index = broken_from + (index - broken_from) % repeats;
    }
    return static_cast<std::int32_t>(mix(salt ^ (index * 8 + channel)) % 1001) - 500;
}

v1::EegBlock Stream::block(journal::SampleRange range, bool other) const {
    v1::EegBlock block;
    block.set_device(device);
    block.set_stream(name);
    block.set_first_sample(range.first);
    block.set_rate_numerator(rate_numerator);
    block.set_rate_denominator(rate_denominator);
    block.set_isolated(isolated);
    const auto rate = static_cast<double>(rate_numerator) / rate_denominator;
    block.set_start_time_us(
        isolated ? starts.at(range.first)
                 : to_us(epoch) + std::llround(static_cast<double>(range.first) * 1e6 / rate)
    );
    std::vector<std::int32_t> values;
    for (std::size_t channel = 0; channel < channels; ++channel) {
        auto& described = *block.add_channels();
        described.set_label("C" + std::to_string(channel));
        described.set_unit("uV");
        described.set_scale(1.0);
        for (auto index = range.first; index < range.end; ++index) {
            values.push_back(sample(index, channel) + (other ? 1 : 0));
        }
    }
    signal::set_block_samples(block, values, v1::INT16_LE).value();
    return block;
}

std::vector<Stream> make_streams(Engine& random, bool overlaps) {
    std::vector<Stream> streams;
    const auto patients = 2 + pick(random, 2);
    for (std::uint64_t patient = 0; patient < patients; ++patient) {
        const auto count = 1 + pick(random, 2);
        for (std::uint64_t number = 0; number < count; ++number) {
            Stream stream;
            stream.salt = random();
            stream.patient = "p" + std::to_string(patient);
            stream.isolated = chance(random, 30) && number == 0;
            const bool native =
                stream.isolated || chance(random, 80); // the model's own rate: cheap
            stream.by_device = !stream.isolated && chance(random, 25);
            stream.device = stream.isolated    ? "legacy"
                            : stream.by_device ? stream.patient + "-cap" + std::to_string(number)
                                               : "d" + std::to_string(number);
            stream.name = stream.isolated ? "eeg" : "s";
            stream.rate_numerator = native ? 17361 : 256;
            stream.rate_denominator = native ? 100 : 1;
            stream.channels = stream.isolated ? 1 : 1 + pick(random, 2);
            if (stream.isolated) {
                make_windows(random, stream);
            } else {
                cut_to_blocks(random, stream, overlaps);
                if (chance(random, 50)) {
                    stream.broken_from = pick(random, 3 * 256);
                    stream.repeats = chance(random, 50) ? 1 : 50 + pick(random, 200);
                }
            }
            disorder(random, stream.todo);
            streams.push_back(std::move(stream));
        }
    }
    if (pick(random, 7) == 0) {
        streams.push_back(make_long_stream(random));
    }
    return streams;
}

} // namespace vigil::simulation
