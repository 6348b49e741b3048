// The stationary distribution of a finite Markov chain in continuous time, without a subtraction.
// Used by dispatch and network where there is no formula.
#pragma once

#include <cstddef>
#include <vector>

namespace vigil::queueing {

/// A chain whose rates lie within `reach` of the diagonal, which is what bounds its cost.
class MarkovChain {
public:
    MarkovChain(std::size_t states, std::size_t reach);

    /// Adds to the rate from one state to another; they are at most `reach` apart.
    void add(std::size_t from, std::size_t to, double rate) { at(from, to) += rate; }

    /// The share of time in each state; the rates are used up.
    ///
    /// source  Grassmann, Taksar and Heyman, Oper. Res. 33 (1985) 1107: every entry to nearly full
    ///         precision, since nothing is subtracted
    /// cost    states * reach^2
    [[nodiscard]] std::vector<double> stationary() &&;

    /// Whether a chain of that size is solved in about a second.
    [[nodiscard]] static bool solvable(double states, double reach);

private:
    double& at(std::size_t from, std::size_t to) {
        return rates_[from * width_ + to + reach_ - from];
    }

    std::size_t states_;
    std::size_t reach_;
    std::size_t width_;
    std::vector<double> rates_;
};

} // namespace vigil::queueing
