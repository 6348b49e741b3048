#include "queueing/distribution.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vigil::queueing {

Distribution Distribution::exponential(double mean_s) {
    return {Kind::exponential, mean_s, 0};
}

Distribution Distribution::fixed(double value_s) {
    return {Kind::fixed, value_s, 0};
}

Distribution Distribution::uniform(double low_s, double high_s) {
    return {Kind::uniform, low_s, high_s};
}

Distribution Distribution::lognormal(double mean_s, double variation) {
    const double variance = std::log1p(variation);
    return {Kind::lognormal, std::log(mean_s) - variance / 2, std::sqrt(variance)};
}

Result<Distribution> Distribution::measured(std::vector<double> values_s) {
    const auto is_time = [](double value) { return std::isfinite(value) && value >= 0; };
    if (values_s.empty() || !std::ranges::all_of(values_s, is_time)) {
        return fail(
            ErrorCode::invalid_argument,
            "measured times are at least one, none negative and all numbers"
        );
    }
    Distribution result(Kind::measured, 0, 0);
    result.values_ = std::make_shared<const std::vector<double>>(std::move(values_s));
    return result;
}

double Distribution::mean_s() const {
    switch (kind_) {
        case Kind::exponential:
        case Kind::fixed:
            return first_;
        case Kind::uniform:
            return (first_ + second_) / 2;
        case Kind::lognormal:
            return std::exp(first_ + second_ * second_ / 2);
        case Kind::measured:
            break;
    }
    return std::accumulate(values_->begin(), values_->end(), 0.0) /
           static_cast<double>(values_->size());
}

double Distribution::variation() const {
    const double mean = mean_s();
    switch (kind_) {
        case Kind::exponential:
            return 1;
        case Kind::fixed:
            return 0;
        case Kind::uniform:
            return (second_ - first_) * (second_ - first_) / (12 * mean * mean);
        case Kind::lognormal:
            return std::expm1(second_ * second_);
        case Kind::measured:
            break;
    }
    double squares = 0;
    for (const double value : *values_) {
        squares += (value - mean) * (value - mean);
    }
    return squares / static_cast<double>(values_->size()) / (mean * mean);
}

bool Distribution::valid() const {
    if (kind_ == Kind::measured) {
        return true;
    }
    if (!std::isfinite(first_) || !std::isfinite(second_)) {
        return false;
    }
    return kind_ == Kind::lognormal ||
           (first_ >= 0 && (kind_ != Kind::uniform || second_ >= first_));
}

} // namespace vigil::queueing
