#include "queueing/tally.hpp"

#include <boost/math/distributions/students_t.hpp>

#include <bit>
#include <cmath>

namespace vigil::queueing {

namespace {

constexpr unsigned dropped_bits = 45; // of 63: 11 of the exponent and 7 of the fraction stay

} // namespace

bool Estimate::covers(double truth, double times) const {
    return std::abs(truth - value) <= times * half_width;
}

Estimate share_estimate(std::span<const Batch> batches) {
    Batch total;
    for (const auto& [part, all] : batches) {
        total.part += part;
        total.all += all;
    }
    Estimate estimate;
    if (total.all == 0) {
        return estimate;
    }
    estimate.value = static_cast<double>(total.part) / static_cast<double>(total.all);
    if (batches.size() < 2) {
        return estimate;
    }
    const auto count = static_cast<double>(batches.size());
    double squares = 0;
    for (const auto& [part, all] : batches) {
        const double off = static_cast<double>(part) - estimate.value * static_cast<double>(all);
        squares += off * off;
    }
    const double mean = static_cast<double>(total.all) / count;
    estimate.standard_error = std::sqrt(squares / (count - 1) / count) / mean;
    const boost::math::students_t student(count - 1);
    estimate.half_width = boost::math::quantile(student, 0.975) * estimate.standard_error;
    return estimate;
}

void TimeHistogram::add(double time_s) {
    ++bins_[std::bit_cast<std::uint64_t>(time_s) >> dropped_bits];
    ++count_;
    sum_ += time_s;
}

double TimeHistogram::quantile(double share) const {
    const double above = share * static_cast<double>(count_);
    double below = 0;
    for (std::size_t bin = 0; bin < bins_.size(); ++bin) {
        below += bins_[bin];
        if (bins_[bin] > 0 && below >= above) {
            const auto low = std::bit_cast<double>(static_cast<std::uint64_t>(bin) << dropped_bits);
            const auto high =
                std::bit_cast<double>(static_cast<std::uint64_t>(bin + 1) << dropped_bits);
            return bin == 0 ? 0 : (low + high) / 2;
        }
    }
    return 0;
}

} // namespace vigil::queueing
