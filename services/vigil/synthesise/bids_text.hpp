// The texts of a synthetic BIDS dataset: its description, its patients and what goes with each
// recording. Used by synthesise().
#pragma once

#include "base/time.hpp"
#include "signal/synthetic/continuous.hpp"
#include "vigil/synthesise/synthesise.hpp"

#include <span>
#include <string>

namespace vigil::synthesise {

/// dataset_description.json, with the member "Synthetic" and how to make the same again.
[[nodiscard]] std::string dataset_description(const SynthesisOptions& options);

[[nodiscard]] std::string readme(const SynthesisOptions& options);

[[nodiscard]] std::string participants(std::span<const std::string> patients);

/// The sidecar of a recording.
[[nodiscard]] std::string eeg_sidecar(const signal::ContinuousRecording& recording);

[[nodiscard]] std::string channels_table(const signal::ContinuousRecording& recording);

/// The reference: seizures by the state that the model reached.
[[nodiscard]] std::string events_table(const signal::ContinuousRecording& recording, UtcTime start);

/// Every artefact with its HED tag and the channels that show it.
[[nodiscard]] std::string
artefacts_table(const signal::ContinuousRecording& recording, UtcTime start);

} // namespace vigil::synthesise
