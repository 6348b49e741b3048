#include "eeg_intake/read_blocks.hpp"

#include "base/strict_json.hpp"
#include "eeg_intake/block_limits.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <limits>
#include <optional>

namespace vigil::eeg_intake {

namespace {

using json::Path;
using json::ondemand::object;
using json::ondemand::value;

constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t uint32_max = std::numeric_limits<std::uint32_t>::max();

/// `data` as it was posted, until codec and channels are known: members come in any order.
struct PostedData {
    std::optional<std::string> bytes;
    std::vector<std::int32_t> values;
    std::size_t channels = 0;
    std::size_t samples = 0;
    bool wide = false; // some value needs 24 bits
};

Result<void> read_channel(value from, const Path& path, v1::Channel& channel) {
    static constexpr std::array<std::string_view, 4> names{"label", "unit", "scale", "offset"};
    return json::done(json::each_member_of(
        from,
        names,
        path,
        [&](std::size_t name, value v, const Path& here) -> Result<void> {
            switch (name) {
                case 0:
                    return json::keep(json::text(v, here), [&](std::string_view t) {
                        channel.set_label(std::string(t));
                    });
                case 1:
                    return json::keep(json::text(v, here), [&](std::string_view t) {
                        channel.set_unit(std::string(t));
                    });
                case 2:
                    return json::keep(json::number(v, here), [&](double d) {
                        channel.set_scale(d);
                    });
                default:
                    return json::keep(json::number(v, here), [&](double d) {
                        channel.set_offset(d);
                    });
            }
        }
    ));
}

Result<void> read_data(value from, const Path& path, PostedData& data) {
    if (std::string_view base64; from.get_string().get(base64) == simdjson::SUCCESS) {
        auto bytes = decode_base64(base64);
        if (!bytes) {
            return json::wrong(path, bytes.error().detail);
        }
        data.bytes = std::move(*bytes);
        return {};
    }
    constexpr std::size_t most_values = max_data_bytes / 2;
    auto channels = json::each_element(
        from,
        max_channels,
        path,
        [&](std::size_t channel, value list, const Path& here) -> Result<void> {
            auto count = json::each_element(
                list,
                most_values,
                here,
                [&](std::size_t, value v, const Path& at) -> Result<void> {
                    auto sample = json::integer(v, at, -(1 << 23), (1 << 23) - 1);
                    if (!sample) {
                        return std::unexpected(std::move(sample.error()));
                    }
                    if (data.values.size() == most_values) {
                        return fail(
                            ErrorCode::too_large,
                            std::format(
                                "has more than {} bytes: send shorter blocks",
                                max_data_bytes
                            ),
                            path.text()
                        );
                    }
                    data.wide = data.wide || *sample < -32768 || *sample > 32767;
                    data.values.push_back(static_cast<std::int32_t>(*sample));
                    return {};
                }
            );
            if (!count) {
                return std::unexpected(std::move(count.error()));
            }
            if (channel > 0 && *count != data.samples) {
                return json::wrong(here, "must be as long as the first channel");
            }
            data.samples = *count;
            return {};
        }
    );
    if (!channels) {
        return std::unexpected(std::move(channels.error()));
    }
    data.channels = *channels;
    return {};
}

Result<v1::Codec> read_codec(value from, const Path& path) {
    auto name = json::text(from, path);
    if (!name) {
        return std::unexpected(std::move(name.error()));
    }
    if (*name == "INT16_LE") {
        return v1::INT16_LE;
    }
    if (*name == "INT24_LE") {
        return v1::INT24_LE;
    }
    return json::wrong(path, "must be INT16_LE or INT24_LE");
}

/// Puts the posted samples into the block's codec and lets lists say what was left out.
Result<void> encode(PostedData& data, const Path& path, bool samples_given, v1::EegBlock& block) {
    if (data.bytes) {
        block.set_data(std::move(*data.bytes));
        return {};
    }
    if (data.channels != static_cast<std::size_t>(block.channels_size())) {
        return json::wrong(path.member("data"), "must have one list for each channel");
    }
    if (samples_given && block.samples() != data.samples) {
        return json::wrong(path.member("samples"), "is not the length of the lists in data");
    }
    block.set_samples(static_cast<std::uint32_t>(data.samples));
    if (block.codec() == v1::CODEC_UNSPECIFIED) {
        block.set_codec(data.wide ? v1::INT24_LE : v1::INT16_LE);
    }
    if (data.wide && block.codec() == v1::INT16_LE) {
        return json::wrong(path.member("codec"), "INT16_LE is too narrow for the samples");
    }
    const int width = block.codec() == v1::INT16_LE ? 2 : 3;
    auto& bytes = *block.mutable_data();
    bytes.reserve(data.values.size() * static_cast<std::size_t>(width));
    for (const auto sample : data.values) {
        for (int byte = 0; byte < width; ++byte) {
            bytes += static_cast<char>(static_cast<std::uint32_t>(sample) >> (8 * byte));
        }
    }
    return {};
}

Result<v1::EegBlock::SignalKind> read_signal_kind(value from, const Path& path) {
    auto name = json::text(from, path);
    if (!name) {
        return std::unexpected(std::move(name.error()));
    }
    if (*name == "scalp") {
        return v1::EegBlock::SCALP;
    }
    if (*name == "intracranial") {
        return v1::EegBlock::INTRACRANIAL;
    }
    return json::wrong(path, "must be scalp or intracranial, or left out where nobody knows");
}

Result<v1::EegBlock::Reference> read_reference(value from, const Path& path) {
    auto name = json::text(from, path);
    if (!name) {
        return std::unexpected(std::move(name.error()));
    }
    if (*name == "average") {
        return v1::EegBlock::AVERAGE;
    }
    if (*name == "bipolar") {
        return v1::EegBlock::BIPOLAR;
    }
    if (*name == "common") {
        return v1::EegBlock::COMMON;
    }
    return json::wrong(path, "must be average, bipolar or common, or left out where nobody knows");
}

constexpr std::array<std::string_view, 15> block_names{
    "device",
    "stream",
    "first_sample",
    "rate_numerator",
    "rate_denominator",
    "start_time_us",
    "channels",
    "samples",
    "codec",
    "data",
    "isolated",
    "synthetic",
    "signal_kind",
    "reference",
    "blocks"
};
constexpr std::size_t samples_name = 7;
constexpr std::size_t blocks_name = 14;

Result<void>
read_member(std::size_t name, value v, const Path& here, v1::EegBlock& block, PostedData& data) {
    const auto whole = [&](std::int64_t most, auto set) {
        return json::keep(json::integer(v, here, 0, most), set);
    };
    switch (name) {
        case 0:
            return json::keep(json::text(v, here), [&](std::string_view t) {
                block.set_device(std::string(t));
            });
        case 1:
            return json::keep(json::text(v, here), [&](std::string_view t) {
                block.set_stream(std::string(t));
            });
        case 2:
            return whole(int64_max, [&](auto n) {
                block.set_first_sample(static_cast<std::uint64_t>(n));
            });
        case 3:
            return whole(uint32_max, [&](auto n) {
                block.set_rate_numerator(static_cast<std::uint32_t>(n));
            });
        case 4:
            return whole(uint32_max, [&](auto n) {
                block.set_rate_denominator(static_cast<std::uint32_t>(n));
            });
        case 5:
            return json::keep(
                json::integer(v, here, std::numeric_limits<std::int64_t>::min(), int64_max),
                [&](auto n) { block.set_start_time_us(n); }
            );
        case 6:
            return json::done(json::each_element(
                v,
                max_channels,
                here,
                [&](std::size_t, value c, const Path& at) {
                    return read_channel(c, at, *block.add_channels());
                }
            ));
        case 7:
            return whole(uint32_max, [&](auto n) {
                block.set_samples(static_cast<std::uint32_t>(n));
            });
        case 8:
            return json::keep(read_codec(v, here), [&](v1::Codec c) { block.set_codec(c); });
        case 9:
            return read_data(v, here, data);
        case 10:
            return json::keep(json::boolean(v, here), [&](bool b) { block.set_isolated(b); });
        case 11:
            return json::keep(json::boolean(v, here), [&](bool b) { block.set_synthetic(b); });
        case 12:
            return json::keep(read_signal_kind(v, here), [&](auto kind) {
                block.set_signal_kind(kind);
            });
        default:
            return json::keep(read_reference(v, here), [&](auto reference) {
                block.set_reference(reference);
            });
    }
}

Result<v1::EegBlock> read_block(object from, const Path& path) {
    v1::EegBlock block;
    block.set_rate_denominator(1);
    PostedData data;
    const std::span names(block_names.data(), blocks_name);
    auto seen =
        json::each_member(from, names, path, [&](std::size_t name, value v, const Path& here) {
            return read_member(name, v, here, block, data);
        });
    if (!seen) {
        return std::unexpected(std::move(seen.error()));
    }
    const bool samples_given = (*seen & (1U << samples_name)) != 0;
    if (auto encoded = encode(data, path, samples_given, block); !encoded) {
        return std::unexpected(std::move(encoded.error()));
    }
    return block;
}

} // namespace

Result<PostedBlocks> read_blocks_protobuf(std::string_view body) {
    v1::EegBlockBatch batch;
    if (body.size() > max_body_bytes ||
        !batch.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
        return fail(ErrorCode::invalid_argument, "the body is not a whole EegBlockBatch");
    }
    if (batch.blocks_size() == 0) {
        return fail(ErrorCode::invalid_argument, "must have at least one block", "blocks");
    }
    if (batch.blocks_size() > static_cast<int>(max_blocks)) {
        return fail(
            ErrorCode::too_large,
            std::format("has more than {} blocks", max_blocks),
            "blocks"
        );
    }
    PostedBlocks posted;
    posted.blocks.assign(
        std::make_move_iterator(batch.mutable_blocks()->begin()),
        std::make_move_iterator(batch.mutable_blocks()->end())
    );
    return posted;
}

Result<PostedBlocks> read_blocks_json(std::string& body) {
    return json::read_object(body, [](object root, const Path& path) -> Result<PostedBlocks> {
        PostedBlocks posted;
        v1::EegBlock single;
        single.set_rate_denominator(1);
        PostedData data;
        auto seen = json::each_member(
            root,
            block_names,
            path,
            [&](std::size_t name, value v, const Path& here) -> Result<void> {
                if (name != blocks_name) {
                    return read_member(name, v, here, single, data);
                }
                return json::done(json::each_element(
                    v,
                    max_blocks,
                    here,
                    [&](std::size_t, value b, const Path& at) -> Result<void> {
                        auto object = json::object_of(b, at);
                        if (!object) {
                            return std::unexpected(std::move(object.error()));
                        }
                        return json::keep(read_block(*object, at), [&](v1::EegBlock& block) {
                            posted.blocks.push_back(std::move(block));
                        });
                    }
                ));
            }
        );
        if (!seen) {
            return std::unexpected(std::move(seen.error()));
        }
        constexpr std::uint64_t list = std::uint64_t{1} << blocks_name;
        if ((*seen & list) != 0) {
            if (*seen != list) {
                return json::wrong(path.member("blocks"), "must be the only member");
            }
            if (posted.blocks.empty()) {
                return json::wrong(path.member("blocks"), "must have at least one block");
            }
            return posted;
        }
        const bool samples_given = (*seen & (1U << samples_name)) != 0;
        if (auto encoded = encode(data, path, samples_given, single); !encoded) {
            return std::unexpected(std::move(encoded.error()));
        }
        posted.numbered = false;
        posted.blocks.push_back(std::move(single));
        return posted;
    });
}

} // namespace vigil::eeg_intake
