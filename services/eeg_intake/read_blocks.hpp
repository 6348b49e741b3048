// Reads what a sender posted, protobuf or JSON, into blocks. Used by the routes; fuzzed.
#pragma once

#include "base/error.hpp"
#include "vigil/v1/eeg.pb.h"

#include <string>
#include <string_view>
#include <vector>

namespace vigil::eeg_intake {

struct PostedBlocks {
    std::vector<v1::EegBlock> blocks;
    bool numbered = true; // came as a list: a fault names "blocks[i]"
};

/// An EegBlockBatch in protobuf's binary form.
/// errors  invalid_argument: truncated, or no block at all; too_large: more than max_blocks
[[nodiscard]] Result<PostedBlocks> read_blocks_protobuf(std::string_view body);

/// One block as a JSON object, or {"blocks": [...]}: the members of EegBlock by their names in the
/// schema. `data` is a list of integers per channel, or the codec's bytes in base64; with lists
/// `codec` and `samples` may be left out.
///
/// errors  invalid_argument with the member's path: a name twice or unknown, a wrong type, a value
/// that does not fit;
///         too_large: more than max_blocks blocks or max_data_bytes of samples
/// cost    lengthens `body` by the parser's padding
[[nodiscard]] Result<PostedBlocks> read_blocks_json(std::string& body);

/// RFC 4648, section 4, with its padding; nothing else is taken.
[[nodiscard]] Result<std::string> decode_base64(std::string_view text);

} // namespace vigil::eeg_intake
