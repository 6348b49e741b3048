// Reads the samples of a block that came off the wire.
#include "check.hpp"
#include "signal/block_samples.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vigil;
    v1::EegBlock block;
    if (!block.ParseFromArray(data, static_cast<int>(size))) {
        return 0;
    }
    const auto samples = signal::block_samples(block);
    if (!samples) {
        fuzz::check(!samples.error().field.empty());
        return 0;
    }
    fuzz::check(
        samples->size() == static_cast<std::size_t>(block.channels_size()) * block.samples()
    );
    for (const v1::Codec codec : {v1::INT16_LE, v1::INT24_LE, v1::LPC_RICE}) {
        signal::set_block_samples(block, *samples, codec).value();
        const auto back = signal::block_samples(block);
        fuzz::check(back && *back == *samples);
    }
    return 0;
}
