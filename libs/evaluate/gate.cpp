#include "evaluate/gate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>
#include <limits>
#include <random>

namespace vigil::evaluate {

namespace {

constexpr double worse_side = 0.025;
// 1 - 0.95 is a little more than 0.05 in binary
constexpr double rounding = 1e-9;
constexpr double infinite = std::numeric_limits<double>::infinity();

struct Pair {
    const Tally* candidate;
    const Tally* active;
};

/// Each figure so that more is worse.
struct Losses {
    double sensitivity = 0;
    double f1 = 0;
    double false_alarm_factor = 0;
    double latency_s = 0;
};

double loss(std::optional<double> candidate, std::optional<double> active) {
    return candidate && active ? *active - *candidate : infinite;
}

double factor(std::uint64_t candidate, std::uint64_t active) {
    if (active == 0) {
        return candidate == 0 ? 1 : infinite;
    }
    return static_cast<double>(candidate) / static_cast<double>(active);
}

/// Latencies of one model, each with its patient, in order: made once for all draws.
struct Latencies {
    struct One {
        double seconds;
        std::size_t patient;
    };

    std::vector<One> sorted;

    Latencies(const std::vector<Pair>& pairs, const Tally* Pair::* model) {
        for (std::size_t patient = 0; patient < pairs.size(); ++patient) {
            for (const double seconds : (pairs[patient].*model)->latencies_s) {
                sorted.push_back({.seconds = seconds, .patient = patient});
            }
        }
        std::ranges::sort(sorted, {}, &One::seconds);
    }

    /// The median where patient i was drawn times[i] times.
    [[nodiscard]] std::optional<double> median(const std::vector<std::uint32_t>& times) const {
        std::uint64_t count = 0;
        for (const auto& one : sorted) {
            count += times[one.patient];
        }
        std::uint64_t before = 0;
        std::optional<double> lower;
        for (const auto& one : sorted) {
            before += times[one.patient];
            if (!lower && before > (count - 1) / 2) {
                lower = one.seconds;
            }
            if (lower && before > count / 2) {
                return (*lower + one.seconds) / 2;
            }
        }
        return std::nullopt;
    }
};

class Comparison {
public:
    explicit Comparison(std::vector<Pair> pairs) : pairs_(std::move(pairs)) {}

    [[nodiscard]] std::size_t patients() const { return pairs_.size(); }

    [[nodiscard]] std::uint64_t seizures() const {
        std::uint64_t sum = 0;
        for (const auto& pair : pairs_) {
            sum += pair.candidate->seizures;
        }
        return sum;
    }

    /// Over the patients, of whom i counts times[i] times.
    [[nodiscard]] Losses losses(const std::vector<std::uint32_t>& times) const {
        Counts candidate;
        Counts active;
        for (std::size_t patient = 0; patient < pairs_.size(); ++patient) {
            add(candidate, pairs_[patient].candidate->events, times[patient]);
            add(active, pairs_[patient].active->events, times[patient]);
        }
        // the hours are the same, so that the counts' ratio is the rates'
        return {
            .sensitivity = loss(candidate.sensitivity(), active.sensitivity()),
            .f1 = loss(candidate.f1(), active.f1()),
            .false_alarm_factor = factor(candidate.false_alarms, active.false_alarms),
            .latency_s = loss(active_s_.median(times), candidate_s_.median(times)),
        };
    }

private:
    static void add(Counts& sum, const Counts& counts, std::uint64_t times) {
        sum.reference += times * counts.reference;
        sum.detected += times * counts.detected;
        sum.false_alarms += times * counts.false_alarms;
    }

    std::vector<Pair> pairs_;
    Latencies candidate_s_{pairs_, &Pair::candidate};
    Latencies active_s_{pairs_, &Pair::active};
};

Result<std::vector<Pair>>
paired(std::span<const PatientTally> candidate, std::span<const PatientTally> active) {
    std::vector<Pair> pairs;
    for (const auto& mine : candidate) {
        const auto other = std::ranges::find(active, mine.patient, &PatientTally::patient);
        if (other == active.end()) {
            return fail(
                ErrorCode::invalid_argument,
                std::format("patient {} is not among the other model's", mine.patient)
            );
        }
        if (mine.tally.seizures != other->tally.seizures ||
            mine.tally.events.reference != other->tally.events.reference ||
            mine.tally.events.samples != other->tally.events.samples) {
            return fail(
                ErrorCode::invalid_argument,
                std::format(
                    "patient {} has {} seizures in {:.4f} h here, {} in {:.4f} h in the other "
                    "model's results: they were not made on the same recordings",
                    mine.patient,
                    mine.tally.seizures,
                    mine.tally.events.days() * 24,
                    other->tally.seizures,
                    other->tally.events.days() * 24
                )
            );
        }
        pairs.push_back({.candidate = &mine.tally, .active = &other->tally});
    }
    if (pairs.size() != active.size()) {
        return fail(
            ErrorCode::invalid_argument,
            std::format(
                "the other model was run on {} patients, not {}",
                active.size(),
                pairs.size()
            )
        );
    }
    return pairs;
}

/// The draws' value that 2.5 % of them reach or exceed.
double bound(std::vector<double> values) {
    const auto above =
        static_cast<std::ptrdiff_t>(std::floor(worse_side * static_cast<double>(values.size())));
    const auto at = values.end() - std::max<std::ptrdiff_t>(1, above);
    std::ranges::nth_element(values, at);
    return *at;
}

std::vector<Losses> bootstrap(const Comparison& comparison, const GateOptions& options) {
    // the standard fixes the engine's numbers, but not those of its distributions
    std::mt19937_64 engine(options.seed);
    const auto below = [&engine](std::size_t size) {
        return static_cast<std::size_t>((static_cast<unsigned __int128>(engine()) * size) >> 64U);
    };
    std::vector<Losses> drawn;
    for (std::uint64_t draw = 0; draw < options.draws; ++draw) {
        std::vector<std::uint32_t> times(comparison.patients());
        for (std::size_t patient = 0; patient < times.size(); ++patient) {
            ++times[below(times.size())];
        }
        drawn.push_back(comparison.losses(times));
    }
    return drawn;
}

GateCheck check(
    std::string_view figure,
    double Losses::* of,
    const Losses& all,
    const std::vector<Losses>& drawn,
    double limit,
    bool less_is_worse
) {
    std::vector<double> values(drawn.size());
    std::ranges::transform(drawn, values.begin(), of);
    const double worst = bound(std::move(values));
    const double sign = less_is_worse ? -1 : 1;
    return {
        .figure = figure,
        .estimate = sign * (all.*of),
        .bound = sign * worst,
        .limit = sign * limit,
        .holds = worst <= limit + rounding,
    };
}

} // namespace

Result<GateResult> gate(
    std::span<const PatientTally> candidate,
    std::span<const PatientTally> active,
    const GateOptions& options
) {
    auto pairs = paired(candidate, active);
    if (!pairs) {
        return std::unexpected(pairs.error());
    }
    const Comparison comparison(std::move(*pairs));
    GateResult result{.patients = comparison.patients(), .seizures = comparison.seizures()};
    if (result.patients < gate_patients || result.seizures < gate_seizures || options.draws == 0) {
        return result;
    }
    const auto all = comparison.losses(std::vector<std::uint32_t>(comparison.patients(), 1));
    const auto drawn = bootstrap(comparison, options);
    const auto& margins = gate_margins;
    result.checks = {
        check("sensitivity", &Losses::sensitivity, all, drawn, margins.sensitivity, true),
        check("f1", &Losses::f1, all, drawn, margins.f1, true),
        check(
            "false alarms",
            &Losses::false_alarm_factor,
            all,
            drawn,
            margins.false_alarm_factor,
            false
        ),
        check("median latency", &Losses::latency_s, all, drawn, margins.latency_s, false),
    };
    const bool passed = std::ranges::all_of(result.checks, &GateCheck::holds);
    result.outcome = passed ? GateOutcome::passed : GateOutcome::failed;
    return result;
}

} // namespace vigil::evaluate
