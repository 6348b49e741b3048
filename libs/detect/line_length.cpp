#include "detect/line_length.hpp"

#include <algorithm>
#include <cmath>

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

double LineLength::median() const {
    const auto middle = sorted_.size() / 2;
    return sorted_.size() % 2 == 1 ? sorted_[middle] : (sorted_[middle - 1] + sorted_[middle]) / 2;
}

std::optional<LineLengthScore> LineLength::push(std::uint64_t k, double length_uv) {
    if (!std::isfinite(length_uv) || (!recent_.empty() && k <= recent_.back().first)) {
        return std::nullopt;
    }
    forget_before(k < rules_.baseline_s ? 0 : k - rules_.baseline_s);
    std::optional<LineLengthScore> scored;
    if (!sorted_.empty() && sorted_.size() >= rules_.least_windows && median() > 0) {
        const double baseline = median();
        const double r = length_uv / (rules_.ratio * baseline);
        // written so that a huge length gives 1 and not infinity over infinity
        const double score = r <= 1 ? r * r / (r * r + 1) : 1 / (1 + 1 / (r * r));
        scored = {length_uv, baseline, static_cast<float>(score)};
    }
    recent_.emplace_back(k, length_uv);
    sorted_.insert(std::ranges::upper_bound(sorted_, length_uv), length_uv);
    return scored;
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
