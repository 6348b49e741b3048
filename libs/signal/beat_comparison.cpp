#include "signal/beat_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vigil::signal {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max() / 4;

std::optional<double> share(std::uint64_t part, std::uint64_t rest) {
    if (part + rest == 0) {
        return std::nullopt;
    }
    return static_cast<double>(part) / static_cast<double>(part + rest);
}

bool within(std::span<const SampleRange> ranges, std::int64_t sample) {
    const auto after = std::ranges::upper_bound(ranges, sample, {}, &SampleRange::first);
    return after != ranges.begin() && sample < std::prev(after)->end;
}

// A list of beats with a beat that never comes behind its end.
class Beats {
public:
    explicit Beats(std::span<const std::int64_t> samples) : samples_(samples) {}

    [[nodiscard]] std::int64_t now() const { return at(next_); }

    [[nodiscard]] std::int64_t following() const { return at(next_ + 1); }

    void advance() { ++next_; }

private:
    [[nodiscard]] std::int64_t at(std::size_t index) const {
        return index < samples_.size() ? samples_[index] : never;
    }

    std::span<const std::int64_t> samples_;
    std::size_t next_ = 0;
};

void average(
    std::optional<double>& mean,
    std::span<const BeatCounts> records,
    std::optional<double> (BeatCounts::*figure)() const
) {
    double sum = 0;
    std::size_t count = 0;
    for (const BeatCounts& record : records) {
        if (const auto value = (record.*figure)()) {
            sum += *value;
            ++count;
        }
    }
    if (count > 0) {
        mean = sum / static_cast<double>(count);
    }
}

} // namespace

std::optional<double> BeatCounts::sensitivity() const {
    return share(matched, missed);
}

std::optional<double> BeatCounts::positive_predictivity() const {
    return share(matched, extra);
}

BeatCounts BeatCounts::everything() const {
    return {
        .matched = matched + unusable_matched,
        .missed = missed + unusable_missed,
        .extra = extra + unusable_extra
    };
}

BeatCounts& BeatCounts::operator+=(const BeatCounts& other) {
    matched += other.matched;
    missed += other.missed;
    extra += other.extra;
    unusable_matched += other.unusable_matched;
    unusable_missed += other.unusable_missed;
    unusable_extra += other.unusable_extra;
    return *this;
}

BeatCounts compare_beats(
    std::span<const std::int64_t> reference,
    std::span<const std::int64_t> detected,
    double rate_hz,
    std::span<const SampleRange> unusable,
    std::span<const SampleRange> excluded,
    const BeatComparisonRules& rules
) {
    const auto window = static_cast<std::int64_t>(std::floor(rules.match_window_s * rate_hz));
    const auto start = static_cast<std::int64_t>(std::ceil(rules.learning_s * rate_hz));
    BeatCounts counts;
    const auto count = [&](std::int64_t at,
                           std::uint64_t BeatCounts::* usable,
                           std::uint64_t BeatCounts::* other) {
        // a partner of a beat of the test period may lie just before it; alone it is not scored
        if (at >= start && !within(excluded, at)) {
            ++(counts.*(within(unusable, at) ? other : usable));
        }
    };
    Beats truth(reference);
    Beats test(detected);
    while (truth.now() != never || test.now() != never) {
        const std::int64_t reference_at = truth.now();
        const std::int64_t test_at = test.now();
        const bool test_first = test_at < reference_at;
        const std::int64_t apart = std::abs(reference_at - test_at);
        const std::int64_t rival = test_first ? std::abs(reference_at - test.following())
                                              : std::abs(test_at - truth.following());
        if (apart <= window && apart < rival) {
            count(reference_at, &BeatCounts::matched, &BeatCounts::unusable_matched);
            truth.advance();
            test.advance();
        } else if (test_first) {
            count(test_at, &BeatCounts::extra, &BeatCounts::unusable_extra);
            test.advance();
        } else {
            count(reference_at, &BeatCounts::missed, &BeatCounts::unusable_missed);
            truth.advance();
        }
    }
    return counts;
}

BeatSummary summarise(std::span<const BeatCounts> records) {
    BeatCounts sum;
    for (const BeatCounts& record : records) {
        sum += record;
    }
    BeatSummary out;
    out.gross_sensitivity = sum.sensitivity();
    out.gross_positive_predictivity = sum.positive_predictivity();
    average(out.average_sensitivity, records, &BeatCounts::sensitivity);
    average(out.average_positive_predictivity, records, &BeatCounts::positive_predictivity);
    return out;
}

} // namespace vigil::signal
