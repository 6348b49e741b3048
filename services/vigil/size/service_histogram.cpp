#include "vigil/size/service_histogram.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace vigil::size {

namespace {

struct Cell {
    double low = 0;
    double high = 0;
    double count = 0;
};

/// The last bucket has no end: it is taken to twice its beginning.
std::vector<Cell> cells_of(const std::vector<TimeBucket>& buckets) {
    std::vector<Cell> cells;
    double low = 0;
    for (const auto& bucket : buckets) {
        const double high = std::isfinite(bucket.upper_s) ? bucket.upper_s : 2 * low;
        if (bucket.count > 0 && high > low) {
            cells.push_back({.low = low, .high = high, .count = bucket.count});
        }
        low = high;
    }
    return cells;
}

double count_of(const std::vector<Cell>& cells) {
    return std::ranges::fold_left(cells, 0.0, [](double sum, const Cell& cell) {
        return sum + cell.count;
    });
}

/// To which all times are as near as their cells allow.
double level_of(const std::vector<Cell>& cells, double sum) {
    double below = 0;
    double above = cells.back().high;
    for (int step = 0; step < 200; ++step) {
        const double level = (below + above) / 2;
        double reached = 0;
        for (const auto& cell : cells) {
            reached += cell.count * std::clamp(level, cell.low, cell.high);
        }
        (reached < sum ? below : above) = level;
    }
    return below;
}

double least_squares(const std::vector<Cell>& cells, double sum) {
    const double level = level_of(cells, sum);
    double squares = 0;
    for (const auto& cell : cells) {
        const double at = std::clamp(level, cell.low, cell.high);
        squares += cell.count * at * at;
    }
    return squares;
}

/// The shares of the cells' times that lie at the upper edge, where all lie at an edge and the
/// longest at the upper one.
std::vector<double> raised_of(const std::vector<Cell>& cells, double sum) {
    for (const auto& cell : cells) {
        sum -= cell.count * cell.low;
    }
    std::vector<double> raised(cells.size(), 0);
    for (std::size_t i = cells.size(); i-- > 0 && sum > 0;) {
        const double most = cells[i].count * (cells[i].high - cells[i].low);
        raised[i] = std::min(1.0, sum / most);
        sum -= raised[i] * most;
    }
    return raised;
}

double most_squares(const std::vector<Cell>& cells, double sum) {
    const auto raised = raised_of(cells, sum);
    double squares = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto& [low, high, count] = cells[i];
        squares += count * (low * low + raised[i] * (high * high - low * low));
    }
    return squares;
}

/// The first two moments on [0, 1] of a density that falls as exp(-fall * x).
std::pair<double, double> moments(double fall) {
    if (std::abs(fall) < 1e-3) {
        return {0.5, 1.0 / 3};
    }
    const double left = std::exp(-fall);
    const double once = 1 / fall;
    const double all = 1 - left;
    return {
        (once - left * (1 + once)) / all,
        (2 * once * once - left * (1 + 2 * once + 2 * once * once)) / all
    };
}

/// Within each cell the density goes from its geometric mean with the cell before to that with the
/// cell after: how steeply it falls, as for moments().
double fall_of(const std::vector<Cell>& cells, std::size_t i) {
    constexpr double emptiest = 0.01; // of a cell's own density at an edge beyond which nothing is
    const auto density = [](const Cell& cell) { return cell.count / (cell.high - cell.low); };
    const auto& cell = cells[i];
    const double own = density(cell);
    double before = cell.low > 0 ? emptiest * own : own;
    double after = emptiest * own;
    if (i > 0 && cells[i - 1].high == cell.low) {
        before = std::max(before, std::sqrt(own * density(cells[i - 1])));
    }
    if (i + 1 < cells.size() && cells[i + 1].low == cell.high) {
        after = std::max(after, std::sqrt(own * density(cells[i + 1])));
    }
    return std::log(before / after);
}

/// Times are then scaled to the exact mean.
double likely_squares(const std::vector<Cell>& cells, double sum) {
    double times = 0;
    double squares = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto& cell = cells[i];
        const double width = cell.high - cell.low;
        const auto [first, second] = moments(fall_of(cells, i));
        times += cell.count * (cell.low + width * first);
        squares += cell.count *
                   (cell.low * cell.low + 2 * cell.low * width * first + width * width * second);
    }
    const double scale = sum / times;
    return squares * scale * scale;
}

} // namespace

std::optional<Variation> variation_of(const std::vector<TimeBucket>& buckets, double mean_s) {
    const auto cells = cells_of(buckets);
    const double count = count_of(cells);
    if (!(count > 0) || !(mean_s > 0) || !std::isfinite(mean_s)) {
        return std::nullopt;
    }
    const auto squared_variation = [&](double squares) {
        return std::max(0.0, squares / (count * mean_s * mean_s) - 1);
    };
    const double sum = mean_s * count;
    const bool open =
        !buckets.empty() && !std::isfinite(buckets.back().upper_s) && buckets.back().count > 0;
    const double low = squared_variation(least_squares(cells, sum));
    const double high = open ? std::numeric_limits<double>::infinity()
                             : std::max(low, squared_variation(most_squares(cells, sum)));
    const double likely = squared_variation(likely_squares(cells, sum));
    return Variation{.estimate = std::clamp(likely, low, high), .low = low, .high = high};
}

DrawnTimes times_of(const std::vector<TimeBucket>& buckets, double mean_s, std::size_t count) {
    const auto cells = cells_of(buckets);
    const double all = count_of(cells);
    DrawnTimes times;
    if (!(all > 0) || !(mean_s > 0) || !std::isfinite(mean_s)) {
        return times;
    }
    const double level = level_of(cells, mean_s * all);
    const auto raised = raised_of(cells, mean_s * all);
    std::size_t at = 0;
    double below = 0; // times of the cells before
    for (std::size_t i = 0; i < count; ++i) {
        const double rank = (static_cast<double>(i) + 0.5) / static_cast<double>(count) * all;
        while (at + 1 < cells.size() && rank > below + cells[at].count) {
            below += cells[at++].count;
        }
        const auto& cell = cells[at];
        const double share = std::min((rank - below) / cell.count, 1.0);
        const double fall = fall_of(cells, at);
        const double place =
            std::abs(fall) < 1e-3 ? share : -std::log1p(share * std::expm1(-fall)) / fall;
        times.likely_s.push_back(cell.low + (cell.high - cell.low) * place);
        times.least_varied_s.push_back(std::clamp(level, cell.low, cell.high));
        times.most_varied_s.push_back(share > 1 - raised[at] ? cell.high : cell.low);
    }
    for (auto* each : {&times.likely_s, &times.least_varied_s, &times.most_varied_s}) {
        const double sum = std::ranges::fold_left(*each, 0.0, std::plus());
        for (auto& time : *each) {
            time *= mean_s * static_cast<double>(count) / sum;
        }
    }
    return times;
}

} // namespace vigil::size
