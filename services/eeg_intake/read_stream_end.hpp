// Reads what a sender posted when it ends a stream. Used by post_stream_end; fuzzed.
#pragma once

#include "base/error.hpp"
#include "vigil/v1/eeg.pb.h"

#include <string>

namespace vigil::eeg_intake {

/// {"device": ..., "stream": ..., "end_sample": ...}
///
/// errors  invalid_argument with the member's path: a name twice or unknown, a wrong type
/// cost    lengthens `body` by the parser's padding
[[nodiscard]] Result<v1::StreamEnd> read_stream_end_json(std::string& body);

} // namespace vigil::eeg_intake
