// What the samples of an electrocardiogram themselves say about its quality, second by second.
// Private to qrs_detector.cpp, except for the names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace vigil::signal {

enum class EcgQuality : std::uint8_t {
    usable,
    missing,   // some samples are not numbers
    flat,      // nothing moves for two seconds
    saturated, // it stands still far from its middle, or at a limit of the converter
    noisy,     // beats cannot be told from what is between them
};

/// What the converter can deliver; a sample at one of them is cut off. Microvolts.
struct EcgLimits {
    float lowest_uv = -1e9F;
    float highest_uv = 1e9F;
};

/// Takes samples and knows of each whole second of the stream whether it is missing, flat or
/// saturated. threads one
class EcgSeconds {
public:
    EcgSeconds(double rate_hz, EcgLimits limits);

    void reset(std::uint64_t first_index);

    /// Returns the sample to go on with: the one before it where this one is not a number.
    float take(float sample);

    /// Whether this second's quality is known; flatness needs the second behind it.
    [[nodiscard]] bool knows(std::uint64_t second, bool stream_ended) const;

    /// Forgets the seconds before. Usable where nothing speaks against it; never noisy.
    [[nodiscard]] EcgQuality quality(std::uint64_t second);

private:
    struct Second {
        std::uint64_t number = 0;
        float lowest = 0, highest = 0;
        float still_farthest_low = 0, still_farthest_high = 0; // extremes among long still runs
        bool any = false, has_still = false, missing = false, at_limit = false;
    };

    void note_run(Second& second);

    double rate_hz_;
    EcgLimits limits_;
    std::size_t still_samples_, limit_samples_;
    std::uint64_t index_ = 0;
    float last_ = 0;
    bool started_ = false;
    std::size_t run_ = 0; // equal samples up to the last one
    std::deque<Second> seconds_;
};

} // namespace vigil::signal
