// The samples of an EegBlock as integers, whatever its codec. Used by whoever looks into a block.
#pragma once

#include "base/error.hpp"
#include "vigil/v1/eeg.pb.h"

#include <cstdint>
#include <span>
#include <vector>

namespace vigil::signal {

/// Unpacks the samples of a block.
///
/// shape   [channels][samples] row-major; value in the channel's unit = sample * scale + offset
/// errors  invalid_argument with the field: an unknown codec, no channels, more channels
/// than encode_samples takes, or data of another length than channels and samples ask for
/// threads any
[[nodiscard]] Result<std::vector<std::int32_t>> block_samples(const v1::EegBlock& block);

/// How a channel's samples become microvolts: sample * scale_uv + offset_uv.
struct MicrovoltScale {
    double scale_uv = 1;
    double offset_uv = 0;

    [[nodiscard]] double operator()(std::int32_t sample) const {
        return sample * scale_uv + offset_uv;
    }
};

/// units   UCUM: uV, mV, V. Anything else, which intake refuses, is taken for microvolts
[[nodiscard]] MicrovoltScale microvolt_scale(const v1::Channel& channel);

/// Packs samples into a block whose channels are set already, and sets `samples`, `codec` and
/// `data`. Nothing is ever clipped: where a value does not fit in `codec`, the next wider one is
/// taken (INT16_LE, INT24_LE, LPC_RICE).
///
/// shape   [channels][samples] row-major
/// errors  invalid_argument with the field, and the block is as it was: a size that is no multiple
/// of block.channels_size(), or over the limits of encode_samples where that is needed threads any
[[nodiscard]] Result<void> set_block_samples(
    v1::EegBlock& block,
    std::span<const std::int32_t> channel_major,
    v1::Codec codec
);

} // namespace vigil::signal
