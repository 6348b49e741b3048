// The two kinds of source. Used by open_patients alone.
#pragma once

#include "play/source.hpp"

namespace vigil::play {

[[nodiscard]] std::vector<PlayedPatient> synthetic_patients(
    const signal::SyntheticWardOptions& options
);

/// Plays a recording from `start_s` (from its beginning where it is not longer), again and again.
/// errors  unprocessable: no channel is a voltage
[[nodiscard]] Result<std::shared_ptr<Source>>
recorded_source(std::unique_ptr<signal::Recording> recording, double start_s);

} // namespace vigil::play
