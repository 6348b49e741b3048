#include "signal/qrs_decision.hpp"

#include "signal/qrs_filter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace vigil::signal {
namespace {

constexpr double in_samples(double seconds) {
    return seconds * qrs_rate_hz;
}

constexpr double impossible = -1e9;
constexpr double certain = 100;
constexpr auto lag = static_cast<std::int64_t>(in_samples(2.5));
constexpr auto learning = static_cast<std::int64_t>(in_samples(6)); // 3 beats at 30 a minute
constexpr double refractory = in_samples(0.2);                      // 300 a minute
constexpr double echo = in_samples(0.42);
constexpr double p_wave = in_samples(0.24);

// No beats are learned whose QRS complexes have under 0.15 mV (as ANSI/AAMI EC13 is quoted; the
// standard could not be read); the envelope of a complex of 1 mV is about 0.45 mV high.
constexpr float least_height_uv = 60;
// But one that is lower than most is held to two fifths of what they have.
constexpr float least_share = 0.4F;

// Taps, T waves and calm noise are not taken for quieter than this share of a beat.
constexpr double lowest_other = -1.6; // log(0.2)
constexpr double price_of_missing = 1.5;
constexpr double most_doubt = 6;
// So much better must another interval explain what comes.
constexpr double clearly = 5;
// Expected errors a decision, over which the levels themselves are doubted.
constexpr double much_doubt = 0.1;
constexpr double far = 0.7;                                        // a factor of two
constexpr std::array<double, 4> log_of{0, 0.6931, 1.0986, 1.3863}; // of 1 to 4 beats
constexpr std::size_t most_beats_learned = 22;                     // 220 a minute

double quantile(std::vector<double> values, double share) {
    const auto at = static_cast<std::ptrdiff_t>(static_cast<double>(values.size() - 1) * share);
    std::ranges::nth_element(values, values.begin() + at);
    return values[static_cast<std::size_t>(at)];
}

void keep_newest(std::vector<double>& values, double value, std::size_t count) {
    if (values.size() >= count) { // learning may have left more
        values.erase(values.begin(), values.end() - static_cast<std::ptrdiff_t>(count) + 1);
    }
    values.push_back(value);
}

// Median deviation of the logarithms of intervals from their median, at most 1.
double irregularity(std::vector<QrsCandidate> beats) {
    std::ranges::sort(beats, {}, &QrsCandidate::at);
    std::vector<double> intervals;
    for (std::size_t i = 1; i < beats.size(); ++i) {
        intervals.push_back(std::log(beats[i].fiducial - beats[i - 1].fiducial));
    }
    if (intervals.empty()) {
        return 1;
    }
    const double middle = quantile(intervals, 0.5);
    for (double& interval : intervals) {
        interval = std::abs(interval - middle);
    }
    return std::min(1.0, quantile(std::move(intervals), 0.5));
}

double bounded_square(double x, double deviation, double bound) {
    return std::min(bound, x * x / (2 * deviation * deviation));
}

} // namespace

double QrsDecision::others_level() const {
    return std::max({other_level_, other_level_ahead_, beat_level_ + lowest_other});
}

float QrsDecision::least_height() const {
    const float usual = beat_height();
    return usual < least_height_uv ? least_height_uv
                                   : std::min(least_height_uv, least_share * usual);
}

double QrsDecision::likelihood(const QrsCandidate& candidate) const {
    if (candidate.height < least_height()) {
        return impossible;
    }
    const double height = std::log(static_cast<double>(candidate.height));
    const double from_beats = height - beat_level_;
    const double from_others =
        height - std::max(others_level(), std::log(static_cast<double>(candidate.noise) + 1));
    const double as_beat =
        from_beats < 0 ? bounded_square(from_beats, 0.4, 5) : bounded_square(from_beats, 0.5, 2.5);
    const double as_other = from_others < 0 ? 0 : bounded_square(from_others, 0.45, 8);
    return as_other - as_beat;
}

QrsDecision::Pair QrsDecision::pair(const QrsCandidate& from, const QrsCandidate& to) {
    Pair out{.interval = to.fiducial - from.fiducial};
    out.logarithm = std::log(std::max(out.interval, 1.0));
    if (out.interval < echo && to.height < 0.5F * from.height) {
        out.doubt += 3;
    }
    if (out.interval < p_wave && from.height < 0.5F * to.height) {
        out.doubt += 3;
    }
    return out;
}

double QrsDecision::transition(const Pair& pair) const {
    if (pair.interval < refractory) {
        return impossible;
    }
    // as so many beats' time as fits best
    const double ratio = pair.interval / std::exp(interval_level_);
    const std::size_t missing = ratio < 1.6 ? 0 : ratio < 2.6 ? 1 : ratio < 3.6 ? 2 : 3;
    const double doubt = bounded_square(
                             pair.logarithm - interval_level_ - log_of[missing],
                             0.2,
                             most_interval_doubt_
                         ) +
                         price_of_missing * static_cast<double>(missing);
    return -std::min(doubt, most_doubt) - pair.doubt;
}

double QrsDecision::silence(double interval) const {
    return -std::clamp(
        price_of_missing * (interval / std::exp(interval_level_) - 1.2),
        0.0,
        most_doubt
    );
}

double QrsDecision::best_rest(
    const std::optional<QrsCandidate>& from,
    std::size_t first,
    std::int64_t now
) const {
    const std::int64_t silent_since = from ? from->at : known_since_;
    double best = silence(static_cast<double>(now - silent_since));
    std::vector<double> scores(undecided_.size());
    for (std::size_t i = first; i < undecided_.size(); ++i) {
        const Node& node = undecided_[i];
        double score = from ? transition(pair(*from, node.candidate)) : 0;
        for (std::size_t j = first; j < i; ++j) {
            score = std::max(score, scores[j] + transition(node.before[i - j - 1]));
        }
        scores[i] = score + node.likelihood;
        best = std::max(best, scores[i] + silence(static_cast<double>(now - node.candidate.at)));
    }
    return best;
}

void QrsDecision::add(const QrsCandidate& candidate) {
    Node node{.candidate = candidate};
    for (std::size_t i = undecided_.size(); i-- > 0;) {
        node.before.push_back(pair(undecided_[i].candidate, candidate));
    }
    undecided_.push_back(std::move(node));
    recent_.push_back(candidate);
    std::erase_if(recent_, [&](const QrsCandidate& old) {
        return old.at + learning < candidate.at;
    });
}

// Splits the heights of the last seconds into beats and others where they are far apart and the
// beats come regularly.
void QrsDecision::learn(std::int64_t now) {
    std::vector<QrsCandidate> tallest_first;
    std::ranges::copy_if(recent_, std::back_inserter(tallest_first), [&](const auto& c) {
        return c.at + learning >= now && c.height >= least_height_uv;
    });
    // what the decision would doubt by its heights is not learned from
    std::erase_if(tallest_first, [&](const QrsCandidate& c) {
        return std::ranges::any_of(recent_, [&](const QrsCandidate& other) {
            const double apart = c.fiducial - other.fiducial;
            return apart > -p_wave && apart < echo && c.height < 0.5F * other.height;
        });
    });
    if (tallest_first.size() < 2) {
        return;
    }
    std::ranges::sort(tallest_first, std::greater(), &QrsCandidate::height);
    const std::size_t most = std::min(tallest_first.size(), most_beats_learned);
    std::size_t beats = most;
    double best = impossible;
    for (std::size_t k = std::min<std::size_t>(3, most); k <= most; ++k) {
        const float next = k < tallest_first.size() ? tallest_first[k].height : least_height_uv / 2;
        const double gap = std::log(static_cast<double>(tallest_first[k - 1].height / next));
        const double worth =
            std::min(gap, 1.5) -
            irregularity(
                {tallest_first.begin(), tallest_first.begin() + static_cast<std::ptrdiff_t>(k)}
            );
        if (worth > best) {
            best = worth;
            beats = k;
        }
    }
    set_levels(std::move(tallest_first), beats);
}

void QrsDecision::set_levels(std::vector<QrsCandidate> tallest_first, std::size_t beats) {
    beat_heights_.clear();
    other_heights_.clear();
    intervals_.clear();
    for (std::size_t i = 0; i < tallest_first.size(); ++i) {
        (i < beats ? beat_heights_ : other_heights_)
            .push_back(std::log(static_cast<double>(tallest_first[i].height)));
    }
    beat_level_ = quantile(beat_heights_, 0.5);
    other_level_ =
        other_heights_.empty() ? beat_level_ + lowest_other : quantile(other_heights_, 0.75);
    tallest_first.resize(beats);
    std::ranges::sort(tallest_first, {}, &QrsCandidate::at);
    for (std::size_t i = 1; i < beats; ++i) {
        intervals_.push_back(tallest_first[i].fiducial - tallest_first[i - 1].fiducial);
    }
    interval_level_ =
        std::log(std::clamp(quantile(intervals_, 0.5), in_samples(0.3), in_samples(2)));
    doubt_ = 0;
    learned_ = true;
}

void QrsDecision::note_other(double height) {
    keep_newest(other_heights_, height, 16);
    other_level_ = quantile(other_heights_, 0.75);
    other_since_beat_ = true;
}

void QrsDecision::note(const DecidedCandidate& decided) {
    const double height = std::log(static_cast<double>(std::max(decided.candidate.height, 1.0F)));
    if (!decided.beat) {
        note_other(height);
        return;
    }
    if (!other_since_beat_) {
        note_other(beat_level_ + lowest_other); // calm counts too, or old noise would last
    }
    other_since_beat_ = false;
    keep_newest(beat_heights_, height, 8);
    beat_level_ = quantile(beat_heights_, 0.5);
    if (last_beat_) {
        const double interval = decided.candidate.fiducial - last_beat_->fiducial;
        if (interval < in_samples(2.5)) {
            keep_newest(intervals_, interval, 8);
            interval_level_ = std::log(quantile(intervals_, 0.5));
        }
    }
    last_beat_ = decided.candidate;
    known_since_ = decided.candidate.at;
}

// The upper quartile of the undecided without as many of the highest as beats are expected.
double QrsDecision::level_ahead() const {
    std::vector<double> heights;
    for (const Node& node : undecided_) {
        heights.push_back(std::log(static_cast<double>(std::max(node.candidate.height, 1.0F))));
    }
    const auto span =
        static_cast<double>(undecided_.back().candidate.at - undecided_.front().candidate.at);
    const auto beats = static_cast<std::size_t>(std::ceil(span / std::exp(interval_level_))) + 1;
    if (heights.size() < beats + 3) {
        return 0;
    }
    std::ranges::sort(heights);
    heights.resize(heights.size() - beats);
    return quantile(std::move(heights), 0.75);
}

// The likelihoods of all undecided by the present levels.
void QrsDecision::weigh() {
    other_level_ahead_ = level_ahead();
    const double clear = bounded_square(beat_level_ - others_level(), 0.45, 8);
    most_interval_doubt_ = std::clamp(4 - 0.5 * (clear - 3), 2.8, 4.0);
    for (Node& node : undecided_) {
        node.likelihood = likelihood(node.candidate);
    }
}

void QrsDecision::decide_first(std::int64_t now, std::vector<DecidedCandidate>& out) {
    const QrsCandidate first = undecided_.front().candidate;
    DecidedCandidate decided{.candidate = first};
    if (first.height < least_height()) {
        decided.margin = certain;
    } else if (learned_) {
        weigh();
        const double as_beat = undecided_.front().likelihood +
                               (last_beat_ ? transition(pair(*last_beat_, first)) : 0) +
                               best_rest(first, 1, now);
        const double as_other = best_rest(last_beat_, 1, now);
        decided.beat = as_beat > as_other;
        decided.margin = std::abs(as_beat - as_other);
        doubt_ += (1 / (1 + std::exp(decided.margin)) - doubt_) / 16;
    }
    note(decided);
    out.push_back(decided);
    undecided_.pop_front();
    if (decided.beat && !undecided_.empty()) {
        reconsider_interval(now);
    }
}

// The expected interval follows the beats and the beats follow the expected interval. So that they
// do not hold each other at a wrong one, it is asked after each beat whether a third, half or twice
// of it explains better what comes; both with the levels that belong to the other one.
void QrsDecision::reconsider_interval(std::int64_t now) {
    const double kept = interval_level_;
    double level = kept;
    double best = clearly;
    for (const double other : {kept - log_of[2], kept - log_of[1], kept + log_of[1]}) {
        if (other < std::log(in_samples(0.27)) || other > std::log(in_samples(2.2))) {
            continue;
        }
        interval_level_ = other;
        weigh();
        const double with_other = best_rest(last_beat_, 0, now);
        interval_level_ = kept;
        const double gain = with_other - best_rest(last_beat_, 0, now);
        if (gain > best) {
            best = gain;
            level = other;
        }
    }
    interval_level_ = level;
    if (level != kept) {
        intervals_.assign(3, std::exp(level));
    }
}

// In noise the levels that were kept are better than what a few seconds teach, unless they are far
// from it.
void QrsDecision::relearn_if_far(std::int64_t now) {
    QrsDecision fresh = *this;
    fresh.learn(now);
    if (std::abs(fresh.beat_level_ - beat_level_) > far) {
        *this = std::move(fresh);
    }
}

void QrsDecision::advance(std::int64_t now, std::vector<DecidedCandidate>& out) {
    const auto patience =
        std::max<std::int64_t>(learning, static_cast<std::int64_t>(3 * std::exp(interval_level_)));
    const bool lost = learned_ && now - known_since_ > patience + lag;
    const bool due = now - learning_since_ >= learning;
    if (due && (!learned_ || lost)) {
        learn(now);
        learning_since_ = now;
    } else if (due && doubt_ > much_doubt) {
        relearn_if_far(now);
        learning_since_ = now;
    }
    while (!undecided_.empty() && undecided_.front().candidate.at < decided_until(now)) {
        decide_first(now, out);
    }
}

void QrsDecision::finish(std::int64_t now, std::vector<DecidedCandidate>& out) {
    if (!learned_) {
        learn(now);
    }
    while (!undecided_.empty()) {
        decide_first(now, out);
    }
}

std::int64_t QrsDecision::decided_until(std::int64_t now) const {
    return now - (learned_ ? lag : learning);
}

float QrsDecision::beat_height() const {
    return learned_ ? static_cast<float>(std::exp(beat_level_)) : 0;
}

} // namespace vigil::signal
