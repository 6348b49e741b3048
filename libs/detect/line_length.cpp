#include "detect/line_length.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vigil::detect {

double line_length(std::span<const float> window_uv) {
    double sum = 0;
    for (std::size_t i = 1; i < window_uv.size(); ++i) {
        sum += std::abs(static_cast<double>(window_uv[i]) - static_cast<double>(window_uv[i - 1]));
    }
    return sum;
}

LineLength::LineLength(LineLengthRules rules) : rules_(rules) {}

void LineLength::forget_before(std::uint64_t k) {
    while (!recent_.empty() && recent_.front().first < k) {
        sorted_.erase(std::ranges::lower_bound(sorted_, recent_.front().second));
        recent_.pop_front();
    }
}

namespace {

/// Of lengths by length; at least one.
double median(std::span<const float> sorted) {
    const auto middle = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? double{sorted[middle]}
                                  : (double{sorted[middle - 1]} + double{sorted[middle]}) / 2;
}

} // namespace

LineLengthScore LineLength::score_against(double baseline, double length_uv) const {
    const double r = length_uv / (rules_.ratio * baseline);
    // written so that a huge length gives 1 and not infinity over infinity
    const double score = r <= 1 ? r * r / (r * r + 1) : 1 / (1 + 1 / (r * r));
    return {length_uv, baseline, static_cast<float>(score)};
}

std::optional<LineLengthScore> LineLength::push(std::uint64_t k, double length_uv) {
    if (!std::isfinite(length_uv)) {
        return std::nullopt;
    }
    const auto length =
        static_cast<float>(std::min(length_uv, double{std::numeric_limits<float>::max()}));
    if (!recent_.empty() && k <= recent_.back().first) {
        return score_late(k, length);
    }
    forget_before(k < rules_.baseline_s ? 0 : k - rules_.baseline_s);
    std::optional<LineLengthScore> scored;
    if (!sorted_.empty() && sorted_.size() >= rules_.least_windows && median(sorted_) > 0) {
        scored = score_against(median(sorted_), length);
    }
    recent_.emplace_back(k, length);
    sorted_.insert(std::ranges::upper_bound(sorted_, length), length);
    return scored;
}

std::optional<LineLengthScore> LineLength::score_late(std::uint64_t k, float length) {
    const auto place = std::ranges::lower_bound(recent_, k, {}, &Kept::first);
    if (place->first == k || k + rules_.baseline_s < recent_.back().first) {
        return std::nullopt;
    }
    std::vector<float> before;
    for (auto at = recent_.begin(); at != place; ++at) {
        if (at->first + rules_.baseline_s >= k) {
            before.push_back(at->second);
        }
    }
    std::ranges::sort(before);
    std::optional<LineLengthScore> scored;
    if (!before.empty() && before.size() >= rules_.least_windows && median(before) > 0) {
        scored = score_against(median(before), length);
    }
    recent_.insert(place, {k, length});
    sorted_.insert(std::ranges::upper_bound(sorted_, length), length);
    return scored;
}

void LineLength::load(std::span<const Kept> kept) {
    recent_.assign(kept.begin(), kept.end());
    sorted_.clear();
    for (const auto& [k, length_uv] : recent_) {
        sorted_.push_back(length_uv);
    }
    std::ranges::sort(sorted_);
}

ModelCard line_length_card() {
    return {
        .name = "line-length",
        .version = "1.0.0",
        .sha256 = {},
        .input_name = {},
        .output_name = {},
        .samples = 100,
        .rate_numerator = 100,
        .rate_denominator = 1,
        .kind = ModelCard::Kind::algorithm,
        .rate_tolerance_hz = 0.1,
    };
}

} // namespace vigil::detect
