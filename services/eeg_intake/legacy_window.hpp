// The old contract's EEG window: 178 integers with a user and a local time. Used by the old route;
// fuzzed and benchmarked.
#pragma once

#include "base/error.hpp"
#include "eeg_intake/block_limits.hpp"
#include "eeg_intake/local_time.hpp"
#include "vigil/v1/eeg.pb.h"

#include <array>
#include <cstdint>
#include <string>

namespace vigil::eeg_intake {

struct LegacyWindow {
    std::uint32_t number = 0; // fk_user
    std::chrono::sys_seconds start;
    std::array<std::int16_t, legacy_samples> samples{};
};

/// Reads the body of the old `POST /eeg`. Values are integers (1.0 is one); a value with a fraction
/// is refused and never rounded.
///
/// errors  invalid_argument with the member's name: fewer or more than 178 values, a value that is
/// no integer of 16 bits
///         ("eeg_data[17]"), a user that is no number of 1 to 4294967295, a time that is none, a
///         member twice or unknown
/// cost    below 10 µs; lengthens `body` by the parser's padding
[[nodiscard]] Result<LegacyWindow> read_legacy_window(std::string& body, const LocalZone& zone);

/// Reads the body of the old `POST /eeg_chunks/add`: a window with what the old predictor
/// made of it. That must be a number of 0 to 1 and is dropped: Vigil's own detector scores the
/// window.
///
/// errors  as read_legacy_window(), and the same for epilepsy_prediction_probability
[[nodiscard]] Result<LegacyWindow> read_legacy_chunk(std::string& body, const LocalZone& zone);

/// As an isolated block of one channel. first_sample = (Unix second * 65536 + low 16 bits of the
/// content's digest) * 178: the same window again is the same range, and two windows of one second
/// do not meet.
[[nodiscard]] v1::EegBlock legacy_block(const LegacyWindow& window);

/// Which of the old calls a body on `POST /` is, by its first telling member.
enum class LegacyCall : std::uint8_t { unknown, eeg, heart };
[[nodiscard]] LegacyCall legacy_call(std::string& body);

} // namespace vigil::eeg_intake
