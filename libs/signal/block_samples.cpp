#include "signal/block_samples.hpp"

#include "signal/sample_codec.hpp"

#include <algorithm>
#include <string>

namespace vigil::signal {
namespace {

std::vector<std::int32_t> from_int16(std::string_view data) {
    std::vector<std::int32_t> out(data.size() / 2);
    const auto* in = reinterpret_cast<const std::uint8_t*>(data.data());
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<std::int16_t>(in[2 * i] | (in[2 * i + 1] << 8));
    }
    return out;
}

std::vector<std::int32_t> from_int24(std::string_view data) {
    std::vector<std::int32_t> out(data.size() / 3);
    const auto* in = reinterpret_cast<const std::uint8_t*>(data.data());
    for (std::size_t i = 0; i < out.size(); ++i) {
        const std::uint32_t bits = (std::uint32_t{in[3 * i]} << 8) |
                                   (std::uint32_t{in[3 * i + 1]} << 16) |
                                   (std::uint32_t{in[3 * i + 2]} << 24);
        out[i] = static_cast<std::int32_t>(bits) >> 8;
    }
    return out;
}

std::string to_bytes(std::span<const std::int32_t> samples, std::size_t width) {
    std::string out;
    out.resize_and_overwrite(samples.size() * width, [&](char* data, std::size_t size) {
        for (const std::int32_t sample : samples) {
            const auto bits = static_cast<std::uint32_t>(sample);
            for (std::size_t byte = 0; byte < width; ++byte) {
                *data++ = static_cast<char>(bits >> (8 * byte));
            }
        }
        return size;
    });
    return out;
}

v1::Codec wide_enough(std::span<const std::int32_t> samples, v1::Codec wanted) {
    if (samples.empty() || wanted == v1::LPC_RICE) {
        return wanted;
    }
    const auto [low, high] = std::ranges::minmax(samples);
    if (wanted == v1::INT16_LE && low >= -(1 << 15) && high < (1 << 15)) {
        return v1::INT16_LE;
    }
    return low >= -(1 << 23) && high < (1 << 23) ? v1::INT24_LE : v1::LPC_RICE;
}

} // namespace

Result<std::vector<std::int32_t>> block_samples(const v1::EegBlock& block) {
    const auto channels = static_cast<std::uint64_t>(block.channels_size());
    if (channels == 0) {
        return fail(ErrorCode::invalid_argument, "a block needs at least one channel", "channels");
    }
    // What could not be stored as the codec of stored samples is not read either.
    if (channels > max_codec_channels) {
        return fail(ErrorCode::invalid_argument, "a block has at most 256 channels", "channels");
    }
    if (block.codec() == v1::LPC_RICE) {
        return decode_samples(block.data(), channels, block.samples());
    }
    if (block.codec() != v1::INT16_LE && block.codec() != v1::INT24_LE) {
        return fail(ErrorCode::invalid_argument, "codec must be INT16_LE or INT24_LE", "codec");
    }
    const std::uint64_t width = block.codec() == v1::INT16_LE ? 2 : 3;
    const std::uint64_t expected = channels * block.samples() * width;
    if (block.data().size() != expected) {
        return fail(
            ErrorCode::invalid_argument,
            "data has " + std::to_string(block.data().size()) + " bytes; " +
                std::to_string(channels) + " channels of " + std::to_string(block.samples()) +
                " samples are " + std::to_string(expected),
            "data"
        );
    }
    return width == 2 ? from_int16(block.data()) : from_int24(block.data());
}

MicrovoltScale microvolt_scale(const v1::Channel& channel) {
    double per_unit = 1;
    if (channel.unit() == "mV") {
        per_unit = 1e3;
    } else if (channel.unit() == "V") {
        per_unit = 1e6;
    }
    return {.scale_uv = channel.scale() * per_unit, .offset_uv = channel.offset() * per_unit};
}

Result<void> set_block_samples(
    v1::EegBlock& block,
    std::span<const std::int32_t> channel_major,
    v1::Codec codec
) {
    const auto channels = static_cast<std::size_t>(block.channels_size());
    if (channels == 0 ? !channel_major.empty() : channel_major.size() % channels != 0) {
        return fail(
            ErrorCode::invalid_argument,
            "the samples do not fill the block's channels",
            "samples"
        );
    }
    const v1::Codec used = wide_enough(channel_major, codec);
    if (used == v1::LPC_RICE) {
        auto bytes = encode_samples(channel_major, channels);
        if (!bytes) {
            return std::unexpected(std::move(bytes.error()));
        }
        block.set_data(std::move(*bytes));
    } else {
        block.set_data(to_bytes(channel_major, used == v1::INT24_LE ? 3 : 2));
    }
    block.set_samples(
        channels == 0 ? 0 : static_cast<std::uint32_t>(channel_major.size() / channels)
    );
    block.set_codec(used);
    return {};
}

} // namespace vigil::signal
