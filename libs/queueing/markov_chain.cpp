#include "queueing/markov_chain.hpp"

#include <algorithm>

namespace vigil::queueing {

MarkovChain::MarkovChain(std::size_t states, std::size_t reach)
    : states_(states),
      reach_(std::min(reach, states)),
      width_(2 * reach_ + 1),
      rates_(states * width_, 0.0) {}

bool MarkovChain::solvable(double states, double reach) {
    constexpr double most_operations = 1e9;
    constexpr double most_rates = 2e7;
    const double wide = std::min(states, reach);
    return states * wide * wide <= most_operations && states * (2 * wide + 1) <= most_rates;
}

std::vector<double> MarkovChain::stationary() && {
    for (std::size_t last = states_ - 1; last > 0; --last) {
        const std::size_t first = last > reach_ ? last - reach_ : 0;
        double away = 0;
        for (std::size_t to = first; to < last; ++to) {
            away += at(last, to);
        }
        for (std::size_t from = first; from < last; ++from) {
            double& share = at(from, last);
            if (share == 0) {
                continue;
            }
            share /= away;
            for (std::size_t to = first; to < last; ++to) {
                at(from, to) += share * at(last, to);
            }
        }
    }
    std::vector<double> held(states_, 0.0);
    held[0] = 1;
    double total = 1;
    for (std::size_t state = 1; state < states_; ++state) {
        for (std::size_t from = state > reach_ ? state - reach_ : 0; from < state; ++from) {
            held[state] += held[from] * at(from, state);
        }
        total += held[state];
    }
    for (double& share : held) {
        share /= total;
    }
    return held;
}

} // namespace vigil::queueing
