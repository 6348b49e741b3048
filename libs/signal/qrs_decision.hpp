// Which humps of the QRS complex's band are beats: a search for the likeliest sequence. Private to
// qrs_detector.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace vigil::signal {

/// A hump of the envelope. Times in samples at qrs_rate_hz.
struct QrsCandidate {
    std::int64_t at = 0;
    float height = 0;
    float noise = 0;     // height that noise would have here, by what is above the band
    double fiducial = 0; // where the R wave is, in parts of a sample
};

struct DecidedCandidate {
    QrsCandidate candidate;
    bool beat = false;
    /// How much likelier the decision is than its opposite; a difference of logarithms, at least 0.
    double margin = 0;
};

/// Each candidate has a likelihood of being a beat by its height (against the heights of the last
/// beats and of the last others), each pair of successive beats one by its interval (against the
/// last intervals); the sequence with the highest sum is kept, and what lies `lag` behind is
/// decided.
///
/// source  the search is that of Viterbi, IEEE Trans. Inf. Theory 13 (1967) 260, with a fixed lag;
///         levels of beats and of noise as running medians and the doubt about small humps after a
///         beat: Hamilton and Tompkins, IEEE Trans. Biomed. Eng. 33 (1986) 1157
/// threads one
class QrsDecision {
public:
    explicit QrsDecision(std::int64_t start) : known_since_(start), learning_since_(start) {}

    /// Takes the next candidate; its place is after all before it.
    void add(const QrsCandidate& candidate);

    /// Decides what is old enough now that all candidates before `now` are there; in order.
    void advance(std::int64_t now, std::vector<DecidedCandidate>& out);

    /// Decides all that is left.
    void finish(std::int64_t now, std::vector<DecidedCandidate>& out);

    /// Every candidate before it is decided once the stream has reached `now`.
    [[nodiscard]] std::int64_t decided_until(std::int64_t now) const;

    /// Height that a beat is expected to have; 0 while it is not known.
    [[nodiscard]] float beat_height() const;

private:
    // What two successive beats would have between them.
    struct Pair {
        double interval = 0;
        double logarithm = 0;
        double doubt = 0; // that both are beats, by their heights
    };

    struct Node {
        QrsCandidate candidate;
        double likelihood = 0;
        std::vector<Pair> before = {}; // with the undecided before it, the nearest first
    };

    void learn(std::int64_t now);
    void relearn_if_far(std::int64_t now);
    void set_levels(std::vector<QrsCandidate> tallest_first, std::size_t beats);
    void decide_first(std::int64_t now, std::vector<DecidedCandidate>& out);
    void note(const DecidedCandidate& decided);
    void note_other(double height);
    [[nodiscard]] double level_ahead() const;
    [[nodiscard]] double others_level() const;
    [[nodiscard]] float least_height() const;
    [[nodiscard]] double likelihood(const QrsCandidate& candidate) const;
    [[nodiscard]] static Pair pair(const QrsCandidate& from, const QrsCandidate& to);
    [[nodiscard]] double transition(const Pair& pair) const;
    void weigh();
    [[nodiscard]] double silence(double interval) const;
    void reconsider_interval(std::int64_t now);
    /// The highest sum of any sequence of beats that follows `from` and is made of the undecided
    /// from number `first` on.
    [[nodiscard]] double
    best_rest(const std::optional<QrsCandidate>& from, std::size_t first, std::int64_t now) const;

    std::deque<Node> undecided_;
    std::optional<QrsCandidate> last_beat_;
    std::int64_t known_since_ = 0; // of last_beat_, or the stream's start where there is none
    bool other_since_beat_ = false;
    bool learned_ = false;
    std::int64_t learning_since_ = 0;
    std::vector<QrsCandidate> recent_; // of the last seconds, for learning
    std::vector<double> beat_heights_, other_heights_, intervals_; // of the last few
    // logarithms: the median beat, the upper quartile of the others, the median interval
    double beat_level_ = 0, other_level_ = 0, interval_level_ = 0;
    // The most that an unexpected interval can weigh: under half of what a clear beat does, or a
    // sudden doubling of the rate would look like every second beat; more in noise.
    double most_interval_doubt_ = 4;
    double doubt_ = 0;             // of the last decisions: how likely they are wrong
    double other_level_ahead_ = 0; // of the undecided: noise is known before it is decided
};

} // namespace vigil::signal
