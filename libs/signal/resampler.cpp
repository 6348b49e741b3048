#include "signal/resampler.hpp"

#include "signal/windowed_sinc.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>

namespace vigil::signal {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr double kaiser_beta = 5;
constexpr std::uint64_t half_length_factor = 10;
constexpr std::size_t lanes = 8;

} // namespace

// The taps by phase, each row reversed and padded at its front with zeros to a multiple of the
// lanes.
class ResamplingFilter {
public:
    ResamplingFilter(std::uint64_t up, std::uint64_t down)
        : up_(up),
          down_(down),
          half_(half_length_factor * std::max(up, down)),
          taps_((2 * half_ + up) / up),
          row_((taps_ + lanes - 1) / lanes * lanes),
          table_(up * row_) {
        const std::vector<double> taps = resampling_taps(up, down);
        for (std::uint64_t index = 0; index <= half_; ++index) {
            place(index, taps[index]);
            place(2 * half_ - index, taps[index]);
        }
    }

    [[nodiscard]] std::uint64_t up() const { return up_; }

    [[nodiscard]] std::uint64_t down() const { return down_; }

    [[nodiscard]] std::uint64_t half() const { return half_; }

    [[nodiscard]] std::size_t row() const { return row_; }

    // The order of the additions is fixed: the same window gives the same bits.
    [[nodiscard]] float apply(std::uint64_t phase, const float* window) const {
        const float* taps = table_.data() + phase * row_;
        std::array<float, lanes> sums{};
        for (std::size_t i = 0; i < row_; i += lanes) {
            for (std::size_t lane = 0; lane < lanes; ++lane) {
                sums[lane] += taps[i + lane] * window[i + lane];
            }
        }
        return ((sums[0] + sums[4]) + (sums[1] + sums[5])) +
               ((sums[2] + sums[6]) + (sums[3] + sums[7]));
    }

private:
    void place(std::uint64_t index, double value) {
        table_[(index % up_) * row_ + (row_ - 1 - index / up_)] = static_cast<float>(value);
    }

    std::uint64_t up_;
    std::uint64_t down_;
    std::uint64_t half_;
    std::size_t taps_;
    std::size_t row_;
    std::vector<float> table_;
};

std::vector<double> resampling_taps(std::uint64_t up, std::uint64_t down) {
    if (!PolyphaseResampler::supports(up, down)) {
        throw std::invalid_argument("no resampling filter for this ratio of rates");
    }
    const std::uint64_t common = std::gcd(up, down);
    const std::uint64_t longer = std::max(up, down) / common;
    const auto half = static_cast<double>(half_length_factor * longer);
    std::vector<double> taps(half_length_factor * longer + 1);
    double sum = 0;
    for (std::size_t index = 0; index < taps.size(); ++index) {
        const double offset = static_cast<double>(index) - half;
        taps[index] = windowed_sinc(offset, 0.5 / static_cast<double>(longer), half, kaiser_beta);
        sum += index + 1 == taps.size() ? taps[index] : 2 * taps[index];
    }
    const double scale = static_cast<double>(up / common) / sum;
    for (double& tap : taps) {
        tap *= scale;
    }
    return taps;
}

bool PolyphaseResampler::supports(std::uint64_t up, std::uint64_t down) {
    return up != 0 && down != 0 && std::max(up, down) / std::gcd(up, down) <= max_ratio_term;
}

PolyphaseResampler::PolyphaseResampler(std::uint64_t up, std::uint64_t down) {
    if (!supports(up, down)) {
        throw std::invalid_argument("no resampling filter for this ratio of rates");
    }
    const std::uint64_t common = std::gcd(up, down);
    filter_ = std::make_shared<const ResamplingFilter>(up / common, down / common);
    reset(0);
}

void PolyphaseResampler::reset(std::uint64_t first_index) {
    past_.assign(2 * filter_->row(), 0);
    past_end_ = 0;
    next_input_ = first_index;
    const Wide up = filter_->up();
    const Wide down = filter_->down();
    next_output_ = static_cast<std::uint64_t>((first_index * up + down - 1) / down);
    const Wide position = next_output_ * down + filter_->half();
    last_needed_ = static_cast<std::uint64_t>(position / up);
    phase_ = static_cast<std::uint64_t>(position % up);
}

void PolyphaseResampler::take(float sample, std::vector<float>& out) {
    const std::size_t row = filter_->row();
    past_[past_end_] = sample;
    past_[past_end_ + row] = sample;
    past_end_ = past_end_ + 1 == row ? 0 : past_end_ + 1;
    while (last_needed_ == next_input_) {
        out.push_back(filter_->apply(phase_, past_.data() + past_end_));
        ++next_output_;
        phase_ += filter_->down();
        last_needed_ += phase_ / filter_->up();
        phase_ %= filter_->up();
    }
    ++next_input_;
}

std::vector<float> PolyphaseResampler::push(std::span<const float> samples) {
    std::vector<float> out;
    out.reserve(samples.size() * filter_->up() / filter_->down() + 1);
    for (const float sample : samples) {
        take(sample, out);
    }
    return out;
}

std::vector<float> PolyphaseResampler::finish() {
    const Wide up = filter_->up();
    const Wide down = filter_->down();
    const auto end = static_cast<std::uint64_t>((next_input_ * up + down - 1) / down);
    const std::uint64_t missing = end > next_output_ ? end - next_output_ : 0;
    std::vector<float> out;
    while (out.size() < missing) {
        take(0, out);
    }
    out.resize(missing);
    next_output_ = end;
    return out;
}

} // namespace vigil::signal
