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
    /// Whether its metadata says that a model made it, or why they cannot be read. A recording's
    /// own header may say so too (signal::RecordingInfo).
    Result<bool> synthetic = false;
};

/// Whether BIDS metadata declare a recording, or a table of one, as synthetic: a member "Synthetic"
/// that is true in its sidecar (..._eeg.json, ..._ieeg.json) or in the dataset_description.json of
/// a folder that it lies in, from `top` downwards. The member is Vigil's own; BIDS has none.
///
/// errors  invalid_argument with the file's name: no JSON object, or neither true nor false
[[nodiscard]] Result<bool>
declared_synthetic(const std::filesystem::path& file, const std::filesystem::path& top);

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
