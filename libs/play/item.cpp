#include "play/item.hpp"

#include "vigil/v1/eeg.pb.h"

#include <format>

namespace vigil::play {

std::string describe(const Item& item) {
    switch (item.kind) {
        case Kind::eeg_block: {
            v1::EegBlockBatch batch;
            if (!batch.ParseFromString(item.body) || batch.blocks_size() != 1) {
                return "EEG block";
            }
            const auto& block = batch.blocks(0);
            return std::format(
                "EEG block of stream {} from sample {}",
                block.stream(),
                block.first_sample()
            );
        }
        case Kind::vital:
            return "value of heart rate";
        case Kind::beats:
            return "beats";
        case Kind::stream_end: {
            v1::StreamEnd end;
            return end.ParseFromString(item.body) ? "end of stream " + end.stream()
                                                  : "end of a stream";
        }
        case Kind::legacy_window:
            return "EEG window";
        case Kind::legacy_heart:
            return "old value of heart rate";
    }
    return "item";
}

} // namespace vigil::play
