// The text header (.hea) of a WFDB record. Private to libs/signal.
#pragma once

#include "signal/recording.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::signal {

struct WfdbSignal {
    RecordingChannel channel;
    std::string file;
    int format = 0;
    std::size_t per_frame = 1;
    std::size_t prolog = 0;   // bytes before the samples
    std::size_t position = 0; // of its first sample in a frame of its file
};

struct WfdbHeader {
    std::vector<WfdbSignal> signals;
    Rate frame_rate{250, 1};  // header(5): the default
    std::uint64_t frames = 0; // 0: not said
    std::optional<UtcTime> start;
};

/// errors  invalid_argument: a field that cannot be; unprocessable: a format, skew or several
/// segments, which are not supported source  header(5) of the WFDB Applications Guide
[[nodiscard]] Result<WfdbHeader> read_wfdb_header(std::string_view text);

} // namespace vigil::signal
