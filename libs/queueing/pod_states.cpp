#include "queueing/pod_states.hpp"

#include "queueing/markov_chain.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace vigil::queueing {

namespace {

/// How many pods have 0, 1, ... slots in use.
using State = std::vector<std::uint32_t>;

std::size_t busy_slots(const State& state) {
    std::size_t busy = 0;
    for (std::size_t level = 0; level < state.size(); ++level) {
        busy += level * state[level];
    }
    return busy;
}

/// All states by slots in use, so that neighbours stand near each other.
std::vector<State> all_states(const Pods& pods) {
    std::vector<State> states;
    State state(pods.slots + 1, 0);
    const auto place = [&](auto&& again, std::size_t level, std::uint32_t left) -> void {
        if (level == pods.slots) {
            state[level] = left;
            states.push_back(state);
            return;
        }
        for (std::uint32_t here = 0; here <= left; ++here) {
            state[level] = here;
            again(again, level + 1, left - here);
        }
    };
    place(place, 0, static_cast<std::uint32_t>(pods.pods));
    std::ranges::stable_sort(states, {}, busy_slots);
    return states;
}

double pairs(double count) {
    return count * (count - 1) / 2;
}

/// The share of arrivals that goes to a pod with `level` slots in use, of which there are `here`,
/// and `above` that have more.
double share_of(const Pods& pods, double here, double above) {
    const auto all = static_cast<double>(pods.pods);
    const double from = here + above;
    switch (pods.dispatch) {
        case Dispatch::two_choices:
            return here * (from + above) / (all * all);
        case Dispatch::two_distinct:
            return (pairs(here) + here * above) / pairs(all);
        case Dispatch::least_busy:
            return here > 0 && from == all ? 1 : 0;
        case Dispatch::random:
        case Dispatch::round_robin:
        case Dispatch::traefik:
            break;
    }
    return here / all;
}

std::vector<double> shares(const Pods& pods, const State& state) {
    std::vector<double> result(state.size());
    double above = 0;
    for (std::size_t level = state.size(); level-- > 0;) {
        const double here = state[level];
        result[level] = share_of(pods, here, above);
        above += here;
    }
    return result;
}

/// How many ways there are to place `pods` at the levels 0 to `slots`.
double count_states(const Pods& pods) {
    const auto slots = static_cast<double>(pods.slots);
    const auto count = static_cast<double>(pods.pods);
    return std::exp(
        std::lgamma(count + slots + 1) - std::lgamma(count + 1) - std::lgamma(slots + 1)
    );
}

struct Move {
    std::size_t from;
    std::size_t to;
    double rate;
};

State moved(State state, std::size_t from, std::size_t to) {
    --state[from];
    ++state[to];
    return state;
}

std::vector<Move> moves(const Pods& pods, double offered, const std::vector<State>& states) {
    std::map<State, std::size_t> place;
    for (std::size_t i = 0; i < states.size(); ++i) {
        place.emplace(states[i], i);
    }
    std::vector<Move> all;
    for (std::size_t i = 0; i < states.size(); ++i) {
        const auto& state = states[i];
        const auto arrivals = shares(pods, state);
        for (std::size_t level = 0; level < pods.slots; ++level) {
            if (arrivals[level] > 0) {
                const auto to = place.at(moved(state, level, level + 1));
                all.push_back({i, to, offered * arrivals[level]});
            }
        }
        for (std::size_t level = 1; level <= pods.slots; ++level) {
            if (state[level] > 0) {
                const double rate = state[level] * std::min(static_cast<double>(level), pods.cores);
                all.push_back({i, place.at(moved(state, level, level - 1)), rate});
            }
        }
    }
    return all;
}

} // namespace

bool pod_states_solvable(const Pods& pods) {
    constexpr double most_states = 6000;
    const double states = count_states(pods);
    const auto levels = static_cast<double>(pods.pods * pods.slots + 1);
    // states with equally many slots in use lie together, about twice the mean number in the middle
    return states <= most_states && MarkovChain::solvable(states, 4 * states / levels);
}

double pod_states_blocking(const Pods& pods, double offered) {
    const auto states = all_states(pods);
    const auto all = moves(pods, offered, states);
    std::size_t reach = 1;
    for (const auto& [from, to, rate] : all) {
        reach = std::max(reach, from > to ? from - to : to - from);
    }
    MarkovChain chain(states.size(), reach);
    for (const auto& [from, to, rate] : all) {
        chain.add(from, to, rate);
    }
    const auto held = std::move(chain).stationary();
    double refused = 0;
    for (std::size_t i = 0; i < states.size(); ++i) {
        refused += held[i] * shares(pods, states[i]).back();
    }
    return refused;
}

} // namespace vigil::queueing
