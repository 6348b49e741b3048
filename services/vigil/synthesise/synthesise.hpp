// Synthetic patients as a BIDS dataset on disk. Used by the command line of `vigil synthesise`.
#pragma once

#include "base/error.hpp"
#include "signal/synthetic/continuous.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace vigil::synthesise {

struct SynthesisOptions {
    std::filesystem::path out; // must not be there, or be an empty folder
    unsigned patients = 1;
    /// Of every patient; `seed` is the dataset's, from which each patient's is drawn.
    signal::ContinuousPlan plan = {};
    std::string version; // of this program, for the dataset's description
};

inline constexpr unsigned most_patients = 1000;

struct SynthesisSummary {
    std::uint64_t seizures = 0;
    std::uint64_t artefacts = 0;
    std::uint64_t bytes = 0; // of the recordings
};

/// Called now and then: which patient, of how many, its name, the share of it that is done.
using SynthesisProgress =
    std::function<void(std::size_t number, std::size_t of, const std::string& name, double share)>;

/// Writes a folder that `vigil evaluate` reads: of each patient one EDF+ file, its channels, the
/// seizures as the reference (HED-SCORE) and the artefacts in a second table. It is made beside its
/// place as OUT.partial and takes its name when it is complete. Patients do not depend on how many
/// there are.
///
/// errors  invalid_argument with the field, as signal::check() and "patients", "hours" where a file
///         would be larger than is read again; conflict with "out": something is there;
///         unavailable: the disk has no room or cannot be written
/// source  BIDS 1.9, Electroencephalography (names and required fields from memory: not validated
///         with its validator); SzCORE, Epilepsia 2024
[[nodiscard]] Result<SynthesisSummary>
synthesise(const SynthesisOptions& options, const SynthesisProgress& progress);

} // namespace vigil::synthesise
