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

Result<std::vector<LongContextScore>>
LongContext::push(std::uint64_t first, std::span<const double> samples_uv) {
    std::vector<LongContextScore> out;
    if (samples_uv.empty()) {
        return out;
    }
    if (!began_ ||
        (first > next_ && first - next_ >= rules_.longest_hole_s * spectrum_.samples())) {
        begin_at(first);
    }
    while (next_ < first) {
        if (auto taken = take(missing, out); !taken) {
            return std::unexpected(taken.error());
        }
    }
    const auto known = std::min<std::uint64_t>(next_ - first, samples_uv.size());
    for (const double sample : samples_uv.subspan(known)) {
        if (auto taken = take(sample, out); !taken) {
            return std::unexpected(taken.error());
        }
    }
    return out;
}

Result<void> LongContext::take(double sample_uv, std::vector<LongContextScore>& out) {
    recent_.push_back(sample_uv);
    ++next_;
    if (next_ % spectrum_.hop() != 0) {
        return {};
    }
    take_hop();
    if (next_ % (step_hops * spectrum_.hop()) != 0) {
        return {};
    }
    const auto found = step();
    if (!found) {
        return std::unexpected(found.error());
    }
    out.push_back(*found);
    return {};
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
    std::vector<bool> has_power(context_columns);
    for (std::size_t i = 0; i < context_columns; ++i) {
        has_power[i] = column(i).says_anything;
    }
    found.state = LongContextScore::State::not_evaluated;
    if (std::ranges::count(has_power, true) < std::int64_t{rules_.least_segments} ||
        !has_power[context_columns - 1 - rules_.lag_half_s]) {
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
