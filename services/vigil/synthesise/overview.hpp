// What a synthetic dataset looks like, as one page: when things happen, and the traces around the
// first seizure. Written by synthesise().
#pragma once

#include "signal/synthetic/continuous.hpp"

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace vigil::synthesise {

/// The samples around the first seizure, or the first ones where there is none, taken as they are
/// made.
class Excerpt {
public:
    static constexpr std::size_t before_s = 5;
    static constexpr std::size_t length_s = 20;

    /// The second that was just made of the recording.
    void take(std::span<const std::int16_t> second, const signal::ContinuousRecording& recording);

    /// Seconds of samples, each [channels][rate].
    [[nodiscard]] const std::deque<std::vector<std::int16_t>>& seconds() const { return seconds_; }

    [[nodiscard]] double start_s() const { return start_s_; }

private:
    std::deque<std::vector<std::int16_t>> seconds_;
    std::deque<std::vector<std::int16_t>> recent_; // the last ones, until a seizure begins
    double start_s_ = 0;
    bool of_seizure_ = false;
};

/// One patient's part of the page: a row of seizures and of each kind of artefact over the whole
/// recording, and the excerpt's traces.
[[nodiscard]] std::string overview_of(
    const std::string& patient,
    const signal::ContinuousRecording& recording,
    const Excerpt& excerpt
);

/// The page around the parts, by itself: no script, no request to anywhere.
[[nodiscard]] std::string overview_page(std::span<const std::string> parts, std::size_t patients);

} // namespace vigil::synthesise
