// Times that the simulator draws: services, gaps between arrivals, starts of pods.
#pragma once

#include "base/error.hpp"
#include "queueing/random_stream.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace vigil::queueing {

/// A distribution of times in seconds; cheap to copy.
class Distribution {
public:
    static Distribution exponential(double mean_s);
    static Distribution fixed(double value_s);
    static Distribution uniform(double low_s, double high_s);
    /// By mean and squared coefficient of variation.
    static Distribution lognormal(double mean_s, double variation);
    /// Draws one of the values, each as often: what was measured.
    ///
    /// errors  invalid_argument: no value, or one that is negative or no number
    static Result<Distribution> measured(std::vector<double> values_s);

    [[nodiscard]] double draw(RandomStream& random) const {
        switch (kind_) {
            case Kind::exponential:
                return first_ * random.exponential();
            case Kind::fixed:
                return first_;
            case Kind::uniform:
                return first_ + (second_ - first_) * random.uniform();
            case Kind::lognormal:
                return std::exp(first_ + second_ * random.normal());
            case Kind::measured:
                break;
        }
        return (*values_)[random.below(values_->size())];
    }

    [[nodiscard]] double mean_s() const;
    /// The squared coefficient of variation.
    [[nodiscard]] double variation() const;

    /// Whether it can be drawn as times: finite, nothing below 0.
    [[nodiscard]] bool valid() const;

private:
    enum class Kind : std::uint8_t { exponential, fixed, uniform, lognormal, measured };

    Distribution(Kind kind, double first, double second)
        : kind_(kind), first_(first), second_(second) {}

    Kind kind_;
    double first_;
    double second_;
    std::shared_ptr<const std::vector<double>> values_;
};

} // namespace vigil::queueing
