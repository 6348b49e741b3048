#include "detect/long_context.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace vigil::detect {

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t step_hops = 4;
constexpr std::uint32_t most_lag = 2 * 20;

} // namespace

Result<void> check(const LongContextRules& rules) {
    if (rules.lag_half_s > most_lag) {
        return fail(ErrorCode::invalid_argument, "The lag is at most 20 s.", "lag");
    }
    if (rules.least_segments < 1 || rules.least_segments > context_columns) {
        return fail(ErrorCode::invalid_argument, "There are 1 to 599 segments.", "least_segments");
    }
    if (rules.longest_hole_s < 1 || rules.longest_hole_s > context_s) {
        return fail(ErrorCode::invalid_argument, "A hole has 1 to 300 s.", "longest_hole");
    }
    return {};
}

LongContext::LongContext(SpectrogramModel& model, Spectrum spectrum, LongContextRules rules)
    : model_(&model), spectrum_(std::move(spectrum)), rules_(rules), columns_(context_columns) {}

Result<LongContext> LongContext::make(
    SpectrogramModel& model,
    std::uint32_t rate_numerator,
    std::uint32_t rate_denominator,
    LongContextRules rules
) {
    if (auto checked = check(rules); !checked) {
        return std::unexpected(checked.error());
    }
    return Spectrum::make(rate_numerator, rate_denominator).transform([&](Spectrum spectrum) {
        return LongContext(model, std::move(spectrum), rules);
    });
}

void LongContext::begin_at(std::uint64_t index) {
    began_ = index;
    next_ = index;
    // as if all before had been missing, back to the begin of the hop before this one
    recent_.assign(spectrum_.hop() + index % spectrum_.hop(), missing);
}

/// Calls `at_step` for each step that becomes known.
template <class AtStep>
Result<void>
LongContext::take_all(std::uint64_t first, std::span<const double> samples_uv, AtStep at_step) {
    if (samples_uv.empty()) {
        return {};
    }
    if (!began_ ||
        (first > next_ && first - next_ >= rules_.longest_hole_s * spectrum_.samples())) {
        begin_at(first);
    }
    const auto known =
        std::min<std::uint64_t>(next_ > first ? next_ - first : 0, samples_uv.size());
    while (next_ < first) {
        if (!take(missing)) {
            continue;
        }
        if (auto stepped = at_step(); !stepped) {
            return stepped;
        }
    }
    for (const double sample : samples_uv.subspan(known)) {
        if (!take(sample)) {
            continue;
        }
        if (auto stepped = at_step(); !stepped) {
            return stepped;
        }
    }
    return {};
}

Result<std::vector<LongContextScore>>
LongContext::push(std::uint64_t first, std::span<const double> samples_uv) {
    std::vector<LongContextScore> out;
    return take_all(
               first,
               samples_uv,
               [&]() -> Result<void> {
                   return step().transform([&](const LongContextScore& found) {
                       out.push_back(found);
                   });
               }
    ).transform([&] { return std::move(out); });
}

std::size_t LongContext::pass(std::uint64_t first, std::span<const double> samples_uv) {
    std::size_t passed = 0;
    (void)take_all(first, samples_uv, [&]() -> Result<void> {
        passed += next_ - *began_ >= context_s * spectrum_.samples() && can_decide(with_power());
        return {};
    });
    return passed;
}

std::optional<std::uint64_t> LongContext::needs_from() const {
    return began_.transform([this](std::uint64_t began) {
        const auto context = (context_s + 2) * spectrum_.samples();
        return std::max(began, next_ > context ? next_ - context : 0);
    });
}

bool LongContext::take(double sample_uv) {
    recent_.push_back(sample_uv);
    ++next_;
    if (next_ % spectrum_.hop() != 0) {
        return false;
    }
    take_hop();
    return next_ % (step_hops * spectrum_.hop()) == 0;
}

/// Makes the column of the two hops that are whole now.
void LongContext::take_hop() {
    const auto hops = next_ / spectrum_.hop();
    auto& column = columns_[(hops + context_columns - 2) % context_columns];
    column.says_anything = segments_to_evaluate(recent_, spectrum_.hop()).front();
    if (column.says_anything) {
        std::array<double, spectrum_bins> power{};
        (void)spectrum_.power(recent_, power);
        column.power.resize(spectrum_bins);
        std::ranges::transform(power, column.power.begin(), [](double value) {
            return static_cast<float>(value);
        });
    }
    recent_.erase(recent_.begin(), recent_.begin() + static_cast<std::ptrdiff_t>(spectrum_.hop()));
}

const LongContext::Column& LongContext::column(std::size_t number) const {
    const auto oldest = next_ / spectrum_.hop() - 2 * context_s;
    return columns_[(oldest + number) % context_columns];
}

std::vector<bool> LongContext::with_power() const {
    std::vector<bool> has_power(context_columns);
    for (std::size_t i = 0; i < context_columns; ++i) {
        has_power[i] = column(i).says_anything;
    }
    return has_power;
}

bool LongContext::can_decide(const std::vector<bool>& has_power) const {
    return std::ranges::count(has_power, true) >= std::int64_t{rules_.least_segments} &&
           has_power[context_columns - 1 - rules_.lag_half_s];
}

Result<LongContextScore> LongContext::step() const {
    const auto hop = spectrum_.hop();
    const auto back = std::uint64_t{rules_.lag_half_s} * hop;
    LongContextScore found{
        .known_until = next_,
        .first_sample = next_ > back + 2 * hop ? next_ - back - 2 * hop : 0,
        .end_sample = next_ > back ? next_ - back : 0,
    };
    if (next_ - *began_ < context_s * spectrum_.samples()) {
        return found;
    }
    const auto has_power = with_power();
    found.state = LongContextScore::State::not_evaluated;
    if (!can_decide(has_power)) {
        return found;
    }
    return decide(has_power).transform([&found](float score) {
        found.state = LongContextScore::State::scored;
        found.score = score;
        return found;
    });
}

Result<float> LongContext::decide(const std::vector<bool>& has_power) const {
    std::vector<double> power(context_columns * spectrum_bins);
    for (std::size_t i = 0; i < context_columns; ++i) {
        if (has_power[i]) {
            std::ranges::copy(
                column(i).power,
                power.begin() + static_cast<std::ptrdiff_t>(i * spectrum_bins)
            );
        }
    }
    std::vector<float> spectrogram(power.size());
    normalise_bins(power, has_power, spectrogram);
    return model_->score(spectrogram).transform([this](const std::vector<float>& scores) {
        return scores[context_columns - 1 - rules_.lag_half_s];
    });
}

} // namespace vigil::detect
