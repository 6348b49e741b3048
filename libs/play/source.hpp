// Where what is played comes from: a synthetic patient or a recording, as blocks and heart values.
// Used by the player.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "play/play_options.hpp"
#include "signal/recording.hpp"
#include "vigil/v1/eeg.pb.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace vigil::play {

struct Beat {
    double time_s = 0; // in the stream's own time
    std::uint32_t rr_us = 0;
};

/// What one source has for one stretch of time.
struct Stretch {
    std::uint64_t first_sample = 0;
    std::uint64_t samples = 0; // 0: nothing was recorded then
    std::uint64_t span = 0;    // how far the index moved: more than `samples` over a gap
    std::vector<std::int32_t> channel_major = {};
    std::vector<Beat> beats = {};
    bool last = false; // of its stream
};

/// threads one at a time
class Source {
public:
    virtual ~Source() = default;
    [[nodiscard]] virtual const std::vector<signal::RecordingChannel>& channels() const = 0;
    [[nodiscard]] virtual signal::Rate rate() const = 0;
    [[nodiscard]] virtual bool synthetic() const = 0;
    /// Samples until the end of the stream; 0: it has none.
    [[nodiscard]] virtual std::uint64_t length() const = 0;
    /// The next `samples`; fewer at an end or a gap. After the last one the stream begins anew.
    [[nodiscard]] virtual Result<Stretch> next(std::uint64_t samples) = 0;
};

struct PlayedPatient {
    std::string id = {};
    std::string label = {}; // for the page: where it comes from
    bool synthetic = false;
    std::shared_ptr<Source> source = {};
};

/// Opens all that will be played; which patients there are is known from it. What cannot be read is
/// said in `notes`. errors  not_found: no folder, or nothing in it can be played
[[nodiscard]] Result<std::vector<PlayedPatient>>
open_patients(const PlayOptions& options, std::vector<std::string>& notes);

} // namespace vigil::play
