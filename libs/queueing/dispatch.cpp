#include "queueing/dispatch.hpp"

#include "queueing/loss.hpp"
#include "queueing/markov_chain.hpp"
#include "queueing/pod_states.hpp"
#include "queueing/root.hpp"
#include "queueing/rounds.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <ranges>

namespace vigil::queueing {

namespace {

constexpr std::uint64_t most_pods = 100'000;
constexpr std::uint64_t most_in_rounds = 256;

Result<void> check(const Pods& pods) {
    if (pods.pods == 0 || pods.slots == 0 || !(pods.cores > 0) || pods.dispatchers == 0) {
        return fail(
            ErrorCode::invalid_argument,
            "a service needs at least one pod, each with at least one slot and some of a core, and "
            "one dispatcher"
        );
    }
    return {};
}

std::unexpected<Error> too_many_states(const Pods& pods) {
    return fail(
        ErrorCode::unprocessable,
        std::format(
            "{} pods of {} slots that share cores have too many states to be solved under {}; "
            "simulate "
            "them",
            pods.pods,
            pods.slots,
            name(pods.dispatch)
        )
    );
}

/// GI/M/m/m with gaps of `pods` exponential phases; (1 - phi) / phi of Takacs' product is (1 + j /
/// offered)^pods - 1.
double round_robin_own_cores(const Pods& pods, double offered) {
    const auto groups = static_cast<double>(pods.pods);
    double term = 1;
    double sum = 1;
    for (std::uint64_t busy = 1; busy <= pods.slots; ++busy) {
        const auto count = static_cast<double>(busy);
        term *= static_cast<double>(pods.slots - busy + 1) / count *
                std::expm1(groups * std::log1p(count / offered));
        sum += term;
    }
    return 1 / sum;
}

/// One pod: how many slots are used, and for each dispatcher how many of its requests went to
/// others since its last to this pod. That is a phase; where all of them are too many states, fewer
/// and slower ones stand for them, which makes gaps less regular and refuses more.
class TurnsOfOnePod {
public:
    TurnsOfOnePod(const Pods& pods, double offered)
        : pods_(pods), phases_(pods.pods), places_(places_of(pods.pods)) {
        const auto all = std::views::iota(std::uint64_t{1}, pods.pods + 1);
        const auto quick = [this](std::uint64_t phases) {
            const double places = places_of(phases);
            return static_cast<double>(pods_.slots + 1) * places * places * places <= most_work;
        };
        if (!exact_in_time()) {
            const auto over = std::ranges::partition_point(all, quick);
            phases_ = std::max<std::uint64_t>(1, *over - 1);
            places_ = places_of(phases_);
        }
        rate_ = offered / static_cast<double>(pods.dispatchers) * static_cast<double>(phases_) /
                static_cast<double>(pods.pods);
    }

    [[nodiscard]] bool exact() const { return phases_ == pods_.pods; }

    /// The share of requests.
    [[nodiscard]] double refused() const {
        const auto places = static_cast<std::size_t>(places_);
        MarkovChain chain((pods_.slots + 1) * places, places);
        for (std::size_t busy = 0; busy <= pods_.slots; ++busy) {
            for (std::size_t place = 0; place < places; ++place) {
                add_moves(chain, busy, place);
            }
        }
        const auto held = std::move(chain).stationary();
        double arrivals = 0; // of one dispatcher, as of any
        double full = 0;
        for (std::size_t busy = 0; busy <= pods_.slots; ++busy) {
            for (std::size_t place = phases_ - 1; place < places; place += phases_) {
                const double here = held[busy * places + place];
                arrivals += here;
                full += busy == pods_.slots ? here : 0;
            }
        }
        return full / arrivals;
    }

private:
    /// Some hundredths of a second: a search or a chart asks a hundred times.
    static constexpr double most_work = 2e7;

    [[nodiscard]] double places_of(std::uint64_t phases) const {
        return std::pow(static_cast<double>(phases), static_cast<double>(pods_.dispatchers));
    }

    [[nodiscard]] bool exact_in_time() const {
        const double states = static_cast<double>(pods_.slots + 1) * places_;
        return pods_.dispatchers == 1 ? MarkovChain::solvable(states, places_)
                                      : states * places_ * places_ <= most_work;
    }

    /// `place` has the first dispatcher's phase as its lowest digit to the base of the phases.
    void add_moves(MarkovChain& chain, std::size_t busy, std::size_t place) const {
        const auto places = static_cast<std::size_t>(places_);
        const std::size_t here = busy * places + place;
        const std::size_t more = std::min<std::size_t>(busy + 1, pods_.slots) * places;
        std::size_t digit = 1;
        for (std::uint64_t dispatcher = 0; dispatcher < pods_.dispatchers; ++dispatcher) {
            const std::size_t phase = place / digit % phases_;
            const bool ours = phase + 1 == phases_;
            const std::size_t there = ours ? more + place - phase * digit : here + digit;
            if (there != here) {
                chain.add(here, there, rate_);
            }
            digit *= phases_;
        }
        if (busy > 0) {
            chain.add(here, here - places, std::min(static_cast<double>(busy), pods_.cores));
        }
    }

    const Pods& pods_;
    std::uint64_t phases_;
    double places_;
    double rate_ = 0; // of a phase
};

PodsBlocking round_robin(const Pods& pods, double offered) {
    if (pods.dispatchers == 1 && pods.own_cores()) {
        return {.share = round_robin_own_cores(pods, offered)};
    }
    const TurnsOfOnePod turns(pods, offered);
    return {.share = turns.refused(), .many_pods = !turns.exact()};
}

/// With y(k) the share of pods that have k or more slots in use, what comes in at k goes out at k:
/// a (y(k-1)^2 - y(k)^2) = min(k, cores) (y(k) - y(k+1)). From the last downwards y(0) must come
/// out as 1.
Result<double> two_choices_of_many(const Pods& pods, double offered) {
    const double each = offered / static_cast<double>(pods.pods);
    const auto excess = [&](double full) {
        double above = 0;
        double here = full;
        for (std::uint64_t busy = pods.slots; busy > 0; --busy) {
            const double rate = std::min(static_cast<double>(busy), pods.cores);
            const double below = std::sqrt(here * here + rate * (here - above) / each);
            above = here;
            here = below;
        }
        return std::log(here);
    };
    constexpr double next_to_nothing = 1e-150;
    if (excess(next_to_nothing) > 0) {
        return 0.0;
    }
    return increasing_root(excess, 0.5).transform([](double full) { return full * full; });
}

} // namespace

std::string_view name(Dispatch dispatch) {
    return std::ranges::find(dispatches, dispatch, &DispatchTraits::dispatch)->name;
}

double Pods::capacity() const {
    return static_cast<double>(pods) * std::min(static_cast<double>(slots), cores);
}

bool holds_for_any_time(const Pods& pods) {
    return pods.dispatch == Dispatch::random || pods.pods == 1 ||
           (pods.dispatch == Dispatch::least_busy && pods.own_cores());
}

Result<PodsBlocking> blocking(const Pods& pods, double offered) {
    if (auto good = check(pods).and_then([&] { return check_offered(offered); }); !good) {
        return std::unexpected(good.error());
    }
    const auto exactly = [](double share) { return PodsBlocking{.share = share}; };
    const double each = offered / static_cast<double>(pods.pods);
    if (pods.dispatch == Dispatch::random || pods.pods == 1) {
        return exactly(shared_cores_blocking(pods.slots, pods.cores, each));
    }
    if (pods.dispatch == Dispatch::round_robin) {
        return round_robin(pods, offered);
    }
    if (pods.dispatch == Dispatch::traefik) {
        return pods.pods <= most_in_rounds ? Result<PodsBlocking>(rounds_blocking(pods, offered))
                                           : too_many_states(pods);
    }
    if (pods.dispatch == Dispatch::least_busy && pods.own_cores()) {
        return exactly(erlang_b(pods.pods * pods.slots, offered));
    }
    if (pod_states_solvable(pods)) {
        return exactly(pod_states_blocking(pods, offered));
    }
    if (pods.dispatch == Dispatch::least_busy) {
        return too_many_states(pods);
    }
    return two_choices_of_many(pods, offered).transform([](double share) {
        return PodsBlocking{.share = share, .many_pods = true};
    });
}

Result<std::uint64_t>
fewest_pods(const std::function<Result<double>(std::uint64_t pods)>& refused, double target) {
    if (auto good = check_target(target); !good) {
        return std::unexpected(good.error());
    }
    // doubled until enough, then halved down to the fewest
    std::uint64_t too_few = 0;
    std::uint64_t enough = 1;
    while (true) {
        const auto share = refused(enough);
        if (!share) {
            return std::unexpected(share.error());
        }
        if (*share <= target) {
            break;
        }
        too_few = enough;
        enough *= 2;
        if (enough > most_pods) {
            return fail(ErrorCode::too_large, std::format("it takes more than {} pods", most_pods));
        }
    }
    while (enough - too_few > 1) {
        const std::uint64_t middle = too_few + (enough - too_few) / 2;
        const auto share = refused(middle);
        if (!share) {
            return std::unexpected(share.error());
        }
        (*share <= target ? enough : too_few) = middle;
    }
    return enough;
}

Result<std::uint64_t> pods_for(Pods pods, double offered, double target) {
    const auto refused = [&](std::uint64_t count) {
        pods.pods = count;
        return blocking(pods, offered).transform([](const PodsBlocking& found) {
            return found.share;
        });
    };
    return fewest_pods(refused, target);
}

} // namespace vigil::queueing
