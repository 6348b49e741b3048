#include "signal/qrs_detector.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace vigil::signal {
namespace {

// A candidate is the highest within 100 ms: less than half the shortest interval.
constexpr std::size_t hump_reach = 25;
// The R wave lies within 60 ms of the hump's top.
constexpr std::size_t fiducial_reach = 15;
// Noise is measured over 300 ms either side, of which a QRS complex takes less than half.
constexpr std::size_t noise_reach = 75;
// Height that three quarters of the humps of a flat spectrum stay under, over the median of the
// envelope at 35 Hz.
constexpr float noise_height = 1.6F;
// Decisions just outside a second count for it too.
constexpr double beside_s = 0.25;
// Errors that the search expects for each beat there, or for one where there is none.
constexpr double errors_per_beat = 0.18;

Rate checked(Rate rate) {
    if (!QrsDetector::supports(rate)) {
        throw std::invalid_argument("no QRS detector for this rate");
    }
    return rate;
}

} // namespace

bool QrsDetector::supports(Rate rate) {
    return rate.denominator > 0 && rate.hertz() >= 100 && rate.hertz() <= 1000 &&
           PolyphaseResampler::supports(
               std::uint64_t{qrs_rate_hz} * rate.denominator,
               rate.numerator
           );
}

QrsDetector::QrsDetector(Rate rate, EcgLimits limits)
    : rate_(checked(rate)), quality_(rate.hertz(), limits), filter_(rate), decision_(0) {
    reset(0);
}

void QrsDetector::reset(std::uint64_t first_index) {
    quality_.reset(first_index);
    filter_.reset(first_index);
    decision_ = QrsDecision(static_cast<std::int64_t>(filter_.next_output()));
    band_.clear();
    band_first_ = filter_.next_output();
    next_candidate_ = band_first_;
    polarity_ = 0;
    decided_.clear();
    index_ = first_index;
    second_ = static_cast<std::uint64_t>(static_cast<double>(first_index) / rate_.hertz());
    decided_until_ = static_cast<std::int64_t>(first_index);
    last_beat_.reset();
}

void QrsDetector::push(std::span<const float> ecg_uv) {
    // in pieces of a quarter of a second, so that memory does not follow the block's size
    const auto piece = static_cast<std::size_t>(rate_.hertz() / 4);
    for (std::size_t at = 0; at < ecg_uv.size(); at += piece) {
        const auto part = ecg_uv.subspan(at, std::min(piece, ecg_uv.size() - at));
        clean_.clear();
        for (const float sample : part) {
            clean_.push_back(quality_.take(sample));
        }
        index_ += part.size();
        filter_.push(clean_, band_);
        find_candidates(false);
        decide(false);
    }
}

void QrsDetector::finish() {
    filter_.finish(band_);
    find_candidates(true);
    decide(true);
}

bool QrsDetector::is_hump(std::size_t at) const {
    const float height = band_[at].envelope;
    const std::size_t from = at > hump_reach ? at - hump_reach : 0;
    const std::size_t to = std::min(band_.size(), at + hump_reach + 1);
    for (std::size_t i = from; i < to; ++i) {
        // of two equal ones the first
        if (i < at ? band_[i].envelope >= height : band_[i].envelope > height) {
            return false;
        }
    }
    return true;
}

float QrsDetector::noise(std::size_t at) {
    const std::size_t from = at > noise_reach ? at - noise_reach : 0;
    const std::size_t to = std::min(band_.size(), at + noise_reach + 1);
    above_.clear();
    for (std::size_t i = from; i < to; ++i) {
        above_.push_back(band_[i].above);
    }
    const auto middle = above_.begin() + static_cast<std::ptrdiff_t>(above_.size() / 2);
    std::ranges::nth_element(above_, middle);
    return noise_height * *middle;
}

// The largest deflection of the polarity that the beats before had, or of the other where that one
// is twice as large.
double QrsDetector::fiducial(std::size_t at) {
    const std::size_t from = at > fiducial_reach ? at - fiducial_reach : 0;
    const std::size_t to = std::min(band_.size(), at + fiducial_reach + 1);
    std::size_t highest = at;
    std::size_t lowest = at;
    for (std::size_t i = from; i < to; ++i) {
        highest = band_[i].real > band_[highest].real ? i : highest;
        lowest = band_[i].real < band_[lowest].real ? i : lowest;
    }
    const double up = band_[highest].real;
    const double down = -static_cast<double>(band_[lowest].real);
    const bool upward = up * (1 + 0.9 * polarity_) >= down * (1 - 0.9 * polarity_);
    polarity_ += 0.1 * ((up > down ? 1 : -1) - polarity_);
    const std::size_t top = upward ? highest : lowest;
    const auto number = static_cast<double>(band_first_ + top);
    if (top == 0 || top + 1 >= band_.size()) {
        return number;
    }
    // the vertex of the parabola through three samples
    const double left = band_[top - 1].real;
    const double middle = band_[top].real;
    const double right = band_[top + 1].real;
    const double bend = left - 2 * middle + right;
    return bend == 0 ? number : number + std::clamp(0.5 * (left - right) / bend, -0.5, 0.5);
}

void QrsDetector::find_candidates(bool ended) {
    const std::uint64_t known = band_first_ + band_.size();
    for (; next_candidate_ + (ended ? 0 : noise_reach) < known; ++next_candidate_) {
        const auto at = static_cast<std::size_t>(next_candidate_ - band_first_);
        if (is_hump(at)) {
            decision_.add({
                .at = static_cast<std::int64_t>(next_candidate_),
                .height = band_[at].envelope,
                .noise = noise(at),
                .fiducial = fiducial(at),
            });
        }
        decision_.advance(static_cast<std::int64_t>(next_candidate_) + 1, decided_);
    }
    if (ended) {
        decision_.finish(static_cast<std::int64_t>(next_candidate_), decided_);
    }
    const std::uint64_t keep = next_candidate_ > noise_reach ? next_candidate_ - noise_reach : 0;
    if (keep > band_first_) {
        band_.erase(band_.begin(), band_.begin() + static_cast<std::ptrdiff_t>(keep - band_first_));
        band_first_ = keep;
    }
}

std::int64_t QrsDetector::first_of(std::uint64_t second) const {
    return static_cast<std::int64_t>(
        (second * rate_.numerator + rate_.denominator - 1) / rate_.denominator
    );
}

bool QrsDetector::is_noisy(double from_s, double to_s) const {
    double errors = 0;
    double beats = 0;
    for (const DecidedCandidate& decided : decided_) {
        const double at_s = decided.candidate.fiducial / qrs_rate_hz;
        if (at_s >= from_s && at_s < to_s) {
            errors += 1 / (1 + std::exp(decided.margin));
            beats += decided.beat ? 1 : 0;
        }
    }
    return errors > errors_per_beat * std::max(1.0, beats);
}

void QrsDetector::give_second(std::uint64_t second, SampleRange range) {
    const auto start_s = static_cast<double>(second);
    EcgQuality quality = quality_.quality(second);
    if (quality == EcgQuality::usable && is_noisy(start_s - beside_s, start_s + 1 + beside_s)) {
        quality = EcgQuality::noisy;
    }
    const bool usable = quality == EcgQuality::usable;
    if (!usable) {
        last_beat_.reset();
    }
    seconds_.push_back({range, quality});
    for (const DecidedCandidate& decided : decided_) {
        const double at = decided.candidate.fiducial / qrs_rate_hz * rate_.hertz();
        const auto sample = std::clamp(
            std::llround(at),
            static_cast<long long>(0),
            static_cast<long long>(index_) - 1
        );
        if (!decided.beat || sample < range.first || sample >= range.end) {
            continue;
        }
        DetectedBeat beat{.sample = sample, .usable = usable};
        if (last_beat_ && usable) {
            const double interval_s = (decided.candidate.fiducial - *last_beat_) / qrs_rate_hz;
            beat.rr_us = static_cast<std::uint32_t>(std::llround(interval_s * 1e6));
        }
        if (usable) {
            last_beat_ = decided.candidate.fiducial;
        }
        beats_.push_back(beat);
    }
}

void QrsDetector::decide(bool ended) {
    const auto decided_s =
        static_cast<double>(decision_.decided_until(static_cast<std::int64_t>(next_candidate_))) /
        qrs_rate_hz;
    while (first_of(second_) < static_cast<std::int64_t>(index_)) {
        const auto start_s = static_cast<double>(second_);
        const double needed_s = start_s + 1 + beside_s;
        if (!ended && (decided_s < needed_s + 0.1 || !quality_.knows(second_, false))) {
            return;
        }
        const SampleRange range{
            std::max(first_of(second_), decided_until_),
            std::min(first_of(second_ + 1), static_cast<std::int64_t>(index_))
        };
        give_second(second_, range);
        decided_until_ = range.end;
        ++second_;
        std::erase_if(decided_, [&](const DecidedCandidate& decided) {
            return decided.candidate.fiducial / qrs_rate_hz < start_s + 1 - 2 * beside_s;
        });
    }
}

std::vector<DetectedBeat> QrsDetector::take_beats() {
    return std::exchange(beats_, {});
}

std::vector<EcgSecond> QrsDetector::take_seconds() {
    return std::exchange(seconds_, {});
}

std::vector<SampleRange> unusable_ranges(std::span<const EcgSecond> seconds) {
    std::vector<SampleRange> out;
    for (const EcgSecond& second : seconds) {
        if (second.quality == EcgQuality::usable) {
            continue;
        }
        if (!out.empty() && out.back().end == second.range.first) {
            out.back().end = second.range.end;
        } else {
            out.push_back(second.range);
        }
    }
    return out;
}

} // namespace vigil::signal
