// Line length against its own running baseline: the classical detector, and one whose every score
// can be explained by two numbers. Used by `vigil evaluate`; made to run live as well.
#pragma once

#include "detect/model_card.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace vigil::detect {

/// How long the curve of a window is: the sum of the absolute differences of neighbouring samples.
///
/// units   in and out microvolts, at one rate: the sum grows with amplitude and with frequency
/// errors  none: a window of fewer than two samples has the length 0
/// source  Esteller, Echauz, Tcheng, Litt and Pless, Proc. 23rd IEEE EMBS (2001) 1707. The paper
/// itself was not at hand: the sum is as public implementations that name it give it. Some
/// divide by the number of samples, which changes no ratio.
/// threads any      cost  one pass
[[nodiscard]] double line_length(std::span<const float> window_uv);

/// How a line length becomes a score. All three numbers are ours and were set without looking at
/// any recording.
struct LineLengthRules {
    /// The baseline is the median of the line lengths of so many seconds before the window. A
    /// seizure of less than half of that cannot raise the median above what was there before it.
    std::uint32_t baseline_s = 600;
    /// Fewer windows than this in that time: there is no baseline yet, and no score.
    std::uint32_t least_windows = 60;
    /// The threshold in baselines: a window so many times as long as the baseline scores one half.
    double ratio = 2.0;
};

/// A window's score and what it was made of.
struct LineLengthScore {
    double length_uv = 0;
    double baseline_uv = 0;
    /// r^2 / (r^2 + ratio^2) for r = length / baseline: one half at the threshold, 0.2 at the
    /// baseline itself where the ratio is 2, 0.8 at twice the threshold; it never falls as r rises.
    float score = 0;
};

/// One channel's windows to scores. A score depends on the windows of the last baseline_s seconds
/// that are known by then, and on nothing before: kept() is all that another owner needs to go on.
///
/// source  of the median as baseline: Logesparan, Rodriguez-Villegas and Casson, Med. Biol. Eng.
/// Comput. 53 (2015) 929, whose abstract finds a median over the past best of five ways to
/// normalise line length; a plain median over a fixed time is ours
/// threads one      cost  a search in the baseline's windows
class LineLength {
public:
    explicit LineLength(LineLengthRules rules = {});

    /// Takes the window that ends at second `k` of the stream. One that cannot be evaluated is left
    /// away: it has no score and is no part of a baseline. A late one gets the score of the windows
    /// before it that are still kept, and is part of later baselines.
    ///
    /// errors  nothing: `k` is known, or lies over baseline_s before the newest, or there is no
    /// baseline yet, or the baseline is 0
    [[nodiscard]] std::optional<LineLengthScore> push(std::uint64_t k, double length_uv);

    /// A window's number and its length, which is rounded to a float so that it can be written
    /// down.
    using Kept = std::pair<std::uint64_t, float>;

    /// By number.
    [[nodiscard]] const std::deque<Kept>& kept() const { return recent_; }

    /// Goes on from what another kept.
    void load(std::span<const Kept> kept);

private:
    void forget_before(std::uint64_t k);
    [[nodiscard]] std::optional<LineLengthScore> score_late(std::uint64_t k, float length);
    [[nodiscard]] LineLengthScore score_against(double baseline, double length_uv) const;

    LineLengthRules rules_;
    std::deque<Kept> recent_;   // by time
    std::vector<float> sorted_; // the same lengths, by length
};

/// What the model reads: a second at 100 Hz. WindowShape's filter then ends below mains, which
/// would lengthen every curve and hide what changes.
[[nodiscard]] ModelCard line_length_card();

} // namespace vigil::detect
