// How store.db holds what has no column of its own. Used by its writer and its readers.
#pragma once

#include "store/store.hpp"

namespace vigil::store {

/// Rate, channels and flags of a stream, as an EegBlock without samples: its schema is kept
/// compatible anyway.
[[nodiscard]] inline std::string write_description(const StreamRow& row) {
    v1::EegBlock block;
    block.set_rate_numerator(row.rate_numerator);
    block.set_rate_denominator(row.rate_denominator);
    block.set_isolated(row.isolated);
    block.set_synthetic(row.synthetic);
    block.mutable_channels()->Assign(row.channels.begin(), row.channels.end());
    return block.SerializeAsString();
}

inline bool read_description(std::string_view bytes, StreamRow& row) {
    v1::EegBlock block;
    if (!block.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return false;
    }
    row.rate_numerator = block.rate_numerator();
    row.rate_denominator = block.rate_denominator();
    row.isolated = block.isolated();
    row.synthetic = block.synthetic();
    row.channels.assign(block.channels().begin(), block.channels().end());
    return true;
}

/// A detection without what stands in the row's columns and its origin.
[[nodiscard]] inline std::string write_detection(v1::Detection detection) {
    detection.clear_patient();
    detection.clear_device();
    detection.clear_stream();
    detection.clear_model();
    detection.clear_model_version();
    detection.clear_start_time_us();
    return detection.SerializeAsString();
}

/// 32 bits a sample, little endian.
[[nodiscard]] inline std::string write_samples(const std::vector<std::int32_t>& samples) {
    std::string bytes;
    bytes.reserve(samples.size() * 4);
    for (const auto sample : samples) {
        for (unsigned shift = 0; shift < 32; shift += 8) {
            bytes.push_back(static_cast<char>(static_cast<std::uint32_t>(sample) >> shift));
        }
    }
    return bytes;
}

[[nodiscard]] inline std::vector<std::int32_t> read_samples(std::string_view bytes) {
    std::vector<std::int32_t> samples(bytes.size() / 4);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        std::uint32_t value = 0;
        for (unsigned k = 0; k < 4; ++k) {
            value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[4 * i + k]))
                     << (8 * k);
        }
        samples[i] = static_cast<std::int32_t>(value);
    }
    return samples;
}

} // namespace vigil::store
