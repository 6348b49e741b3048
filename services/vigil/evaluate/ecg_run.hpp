// The work of `vigil evaluate --ecg`: a folder of electrocardiograms to results. Used by its
// command line.
#pragma once

#include "vigil/evaluate/ecg_results.hpp"
#include "vigil/evaluate/run.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vigil::evaluate {

struct EcgOptions {
    std::filesystem::path folder;
    /// Labels of which the first that a record has is read; empty: see choose_ecg().
    std::vector<std::string> channels = {};
    /// Each record with reference beats again with three kinds of noise at 12, 6 and 0 dB from each
    /// of these seeds; empty: not at all.
    std::vector<std::uint64_t> noise_seeds = {};
};

inline constexpr std::size_t most_noise_seeds = 1000;

/// "7", or "100-119".
/// errors  invalid_argument with the field noise-seeds: no such range, or more than 1,000
[[nodiscard]] Result<std::vector<std::uint64_t>> parse_seeds(std::string_view text);

/// Runs the beat detector over every WFDB and EDF record in the folder and below. Reference beats
/// are those of X.atr, beside an X.edf also X.edf.atr; a record that cannot be read, or has none,
/// is named in left_out and the others go on, with the rate of what could be read. Seizures are
/// those of X_events.tsv, as find_recordings() has it.
///
/// errors  not_found: no such record, or none that could be read
[[nodiscard]] Result<EcgResults>
evaluate_ecg(const EcgOptions& options, const RunProgress& progress);

} // namespace vigil::evaluate
