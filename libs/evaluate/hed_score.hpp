// Event files of EEG recordings as BIDS and SzCORE have them (HED-SCORE, tab separated), and the
// seizure lists of CHB-MIT. Used by `vigil evaluate`; the caller reads and writes the files.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "evaluate/event.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::evaluate {

struct Mark {
    double onset_s = 0;
    double duration_s = 0;
    std::string type = {};                  // "sz", "sz_foc_ia", "bckg"
    std::optional<double> confidence = {};  // 0 to 1
    std::vector<std::string> channels = {}; // empty: not said
};

struct EventFile {
    std::vector<Mark> marks = {};
    std::optional<double> recording_duration_s = {};
};

/// A year: nothing that is recorded in one file is longer, and masks of it fit in memory.
inline constexpr double longest_recording_s = 366.0 * 86'400;
inline constexpr std::size_t most_marks = 100'000;

/// Reads a table whose first line names its columns: onset, duration and eventType (or trial_type)
/// must be there, confidence, channels and recordingDuration may be, others are passed over.
///
/// errors  invalid_argument with the line: a column missing, a seizure without onset or duration, a
/// time below 0, no number or beyond a year; too_large: more than most_marks lines
/// source  BIDS, "Events"; HED-SCORE as in Dan et al., SzCORE, Epilepsia 2024
[[nodiscard]] Result<EventFile> read_hed_score(std::string_view table);

/// The marks whose type begins with "sz".
[[nodiscard]] std::vector<Event> seizures_of(const EventFile& file);

/// The table that SzCORE takes from an algorithm: times with two digits; without a mark one line
/// "bckg" over the whole recording, since the length is read from a line. Its reader insists on a
/// time: without `start` it is 2000-01-01 00:00:00.
///
/// source  epilepsy2bids, Annotations.saveTsv
[[nodiscard]] std::string
hed_score_text(std::span<const Mark> marks, double duration_s, std::optional<UtcTime> start);

/// The seizures of each recording that a CHB-MIT "chbNN-summary.txt" lists, by file name; a
/// recording without a seizure has an empty list.
///
/// errors  invalid_argument with the line: a time without its file, an end before its start,
/// another number of seizures than announced, a file listed twice with other seizures source
/// PhysioNet chbmit 1.0.0
[[nodiscard]] Result<std::map<std::string, std::vector<Event>, std::less<>>> read_chb_summary(
    std::string_view text
);

} // namespace vigil::evaluate
