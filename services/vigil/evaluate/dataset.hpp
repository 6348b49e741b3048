// Which recordings there are in a folder, whose they are, and what a reader marked in each. Used by
// `vigil evaluate`.
#pragma once

#include "base/error.hpp"
#include "evaluate/hed_score.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace vigil::evaluate {

struct Reference {
    std::vector<Event> seizures = {};
    std::optional<double> recording_duration_s = {};
};

struct Case {
    std::filesystem::path file; // a recording, or a table of events
    std::string name;           // its path below the folder
    std::string patient;
    Result<Reference> reference; // or why there is none
};

/// The recordings in a folder and below, in order, each with its reference: `STEM_events.tsv` (in
/// BIDS without the stem's last part, such as _eeg), `STEM.tsv`, or the line of a
/// `*-summary.txt` as CHB-MIT has it, in the same place below `references`, which may be the same
/// folder. The patient is BIDS's sub-..., else the summary's name, else the file's own.
///
/// errors  not_found: a folder cannot be read, or has no recording
[[nodiscard]] Result<std::vector<Case>>
find_recordings(const std::filesystem::path& folder, const std::filesystem::path& references);

/// The tables of events in a folder and below: those named *_events.tsv, or where none is, all that
/// end in .tsv.
///
/// errors  as above
[[nodiscard]] Result<std::vector<Case>> find_tables(const std::filesystem::path& folder);

/// Reads a table.
/// errors  not_found, and those of read_hed_score; the detail names no folder
[[nodiscard]] Result<Reference> read_table(const std::filesystem::path& file);

} // namespace vigil::evaluate
