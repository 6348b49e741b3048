// A recording's windows as the detector cuts them from a stream. Used by the models that read
// windows.
#pragma once

#include "detect/model_card.hpp"
#include "vigil/evaluate/recording_model.hpp"

#include <span>

namespace vigil::evaluate {

/// Consecutive windows, one a second.
struct WindowBatch {
    /// The number of the first: it ends at floor(k * rate).
    std::uint64_t first_k = 0;
    /// One past each window's last sample, and how many samples it was made of.
    std::vector<std::uint64_t> ends;
    std::uint64_t needed = 0;
    /// [windows][channels]: whether the channel says anything there.
    std::vector<bool> evaluated;
    /// Those that do, in that order, each of the card's number of samples.
    std::vector<float> windows_uv;
};

/// Cuts the channels into windows (services/detector/README.md): none across a gap, at the card's
/// rate and length.
///
/// errors  unprocessable: a rate that cannot be brought to the card's; those of the sink
[[nodiscard]] Result<void> read_windows(
    const signal::Recording& recording,
    const std::vector<std::size_t>& channels,
    const detect::ModelCard& card,
    const std::function<Result<void>(const WindowBatch&)>& sink,
    const ScoreProgress& progress
);

} // namespace vigil::evaluate
