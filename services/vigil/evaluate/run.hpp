// The work of `vigil evaluate`: recordings or tables of events to results. Used by its command
// line.
#pragma once

#include "vigil/evaluate/results.hpp"
#include "vigil/evaluate/score_recording.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace vigil::evaluate {

struct RunOptions {
    std::filesystem::path recordings;
    /// Where the references lie, in the same places as the recordings below their folder.
    std::filesystem::path reference;
    /// Where to write each recording's events as a table, in the same places; empty: nowhere.
    std::filesystem::path write_events = {};
    ScoreOptions score = {};
};

/// Called now and then: which recording, of how many, its name, the share of it that is done.
using RunProgress =
    std::function<void(std::size_t number, std::size_t of, const std::string& name, double share)>;

/// Runs the model over every recording that has a reference. What cannot be read, or has none, is
/// named in left_out, and the others go on.
///
/// errors  not_found: no recording, or none that could be evaluated; unavailable: events cannot be
/// written; internal: the model failed
[[nodiscard]] Result<Results>
evaluate_recordings(const RunOptions& options, RecordingModel& model, const RunProgress& progress);

/// Compares tables of events with those of the same name below `reference`, of which each must say
/// how long its recording was, there or in the hypothesis. A hypothesis that is missing or cannot
/// be read counts as one without events, as SzCORE has it, and is named in without_hypothesis.
///
/// errors  not_found: no table, or none that could be evaluated
[[nodiscard]] Result<Results>
evaluate_tables(const std::filesystem::path& hypothesis, const std::filesystem::path& reference);

/// A recording's events as a table for SzCORE.
[[nodiscard]] std::string
events_table(const ScoredRecording& scored, const detect::EventParameters& parameters);

/// errors  unavailable with the file's name
[[nodiscard]] Result<void> write_file(const std::filesystem::path& file, std::string_view text);

/// In words, for reports.
[[nodiscard]] std::string describe(const detect::EventParameters& parameters);

} // namespace vigil::evaluate
