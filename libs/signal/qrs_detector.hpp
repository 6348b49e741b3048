// Finds heart beats in one lead of an electrocardiogram while it comes in, and says where it could
// not. For whoever has ECG and wants beats.
#pragma once

#include "signal/beat_comparison.hpp"
#include "signal/ecg_quality.hpp"
#include "signal/qrs_decision.hpp"
#include "signal/qrs_filter.hpp"
#include "signal/recording.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace vigil::signal {

struct DetectedBeat {
    /// Of the R wave (the complex' largest deflection), in samples of the input.
    std::int64_t sample = 0;
    /// Since the beat before; nothing for a first beat and where an unusable second lies between.
    std::optional<std::uint32_t> rr_us = {};
    /// The second that it lies in is usable.
    bool usable = true;

    friend bool operator==(const DetectedBeat&, const DetectedBeat&) = default;
};

/// One second of the stream; the last one may be shorter.
struct EcgSecond {
    SampleRange range = {};
    EcgQuality quality = EcgQuality::usable;

    friend bool operator==(const EcgSecond&, const EcgSecond&) = default;
};

/// Streaming; any cut into blocks gives the same beats. Polarity does not matter.
///
/// units   microvolts; 100 to 1,000 Hz
/// delay   a beat comes at most `longest_delay_s` after its R wave, `learning_delay_s` in the first
///         seconds of a stream
/// source  filter, search and quality: qrs_filter.hpp, qrs_decision.hpp, ecg_quality.hpp. A second
///         is noisy where the search expects more than 0.12 errors a beat around it.
/// threads one
class QrsDetector {
public:
    static constexpr double longest_delay_s = 5;
    static constexpr double learning_delay_s = 9;

    /// Whether there is a detector for this rate: 100 to 1,000 Hz and a ratio to 250 Hz that
    /// PolyphaseResampler supports.
    [[nodiscard]] static bool supports(Rate rate);

    /// Throws std::invalid_argument where supports() is false.
    explicit QrsDetector(Rate rate, EcgLimits limits = {});

    /// The next samples. What is not a number makes its second unusable.
    void push(std::span<const float> ecg_uv);

    /// Decides all that is left of the stream. Call reset() before the next push.
    void finish();

    /// Begins anew behind a gap; the next sample pushed has this index in its stream.
    void reset(std::uint64_t first_index);

    /// What was decided since the last call, in order.
    [[nodiscard]] std::vector<DetectedBeat> take_beats();
    [[nodiscard]] std::vector<EcgSecond> take_seconds();

    /// Every beat and every second before this sample has been given out.
    [[nodiscard]] std::int64_t decided_until() const { return decided_until_; }

private:
    void find_candidates(bool ended);
    [[nodiscard]] bool is_hump(std::size_t at) const;
    [[nodiscard]] float noise(std::size_t at);
    [[nodiscard]] double fiducial(std::size_t at);
    void decide(bool ended);
    void give_second(std::uint64_t second, SampleRange range);
    [[nodiscard]] bool is_noisy(double from_s, double to_s) const;
    [[nodiscard]] std::int64_t first_of(std::uint64_t second) const;

    Rate rate_;
    EcgSeconds quality_;
    QrsFilter filter_;
    QrsDecision decision_;
    std::vector<float> clean_, above_;
    std::vector<QrsBand> band_;             // the newest outputs of the filter
    std::uint64_t band_first_ = 0;          // number of the first of them
    std::uint64_t next_candidate_ = 0;      // number of the next output to judge
    double polarity_ = 0;                   // of the last beats' R waves, -1 to 1
    std::vector<DecidedCandidate> decided_; // not yet given out
    std::uint64_t index_ = 0;               // of the next sample
    std::uint64_t second_ = 0;              // the next to give out
    std::int64_t decided_until_ = 0;
    std::optional<double> last_beat_; // fiducial
    std::vector<DetectedBeat> beats_;
    std::vector<EcgSecond> seconds_;
};

/// The unusable seconds, neighbours joined.
[[nodiscard]] std::vector<SampleRange> unusable_ranges(std::span<const EcgSecond> seconds);

} // namespace vigil::signal
