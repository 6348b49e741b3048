#include "queueing/loss.hpp"
#include "vigil/size/answer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>
#include <iterator>
#include <set>

namespace vigil::size {

namespace {

constexpr double width = 900;
constexpr double height = 560;
constexpr double left = 70;
constexpr double right = 60;
constexpr double top = 30;
constexpr double bottom = 50;
constexpr double lowest = 1e-5; // of the refused share
constexpr int steps = 48;       // of a curve

constexpr std::string_view head =
    R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 560" role="img">
<style>
text { font: 12px system-ui, sans-serif; fill: #1c2430; } .grid { stroke: #d5dbe3; } .curve { fill: none; stroke: #2257a8; stroke-width: 1.5; }
.erlang { fill: none; stroke: #66707f; stroke-dasharray: 4 4; } .target { stroke: #b8431f; } .now { fill: #b8431f; } .seen { fill: none; stroke: #b8431f; stroke-width: 2; }
@media (prefers-color-scheme: dark) { svg { background: #14181f; } text { fill: #e6eaf0; } .grid { stroke: #38414e; } .curve { stroke: #7fb0f5; }
  .erlang { stroke: #9aa5b4; } .target { stroke: #f08a63; } .now { fill: #f08a63; } .seen { stroke: #f08a63; } }
</style>
)";

/// Both axes are logarithmic.
class Axes {
public:
    Axes(double low, double high) : low_(std::log(low)), span_(std::log(high) - low_) {}

    [[nodiscard]] double load(int step) const { return std::exp(low_ + span_ * step / steps); }

    [[nodiscard]] double x(double load) const {
        return left + (std::log(load) - low_) / span_ * (width - left - right);
    }

    [[nodiscard]] static double y(double share) {
        return top + std::log(share) / std::log(lowest) * (height - top - bottom);
    }

private:
    double low_;
    double span_;
};

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            default:
                safe += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
        }
    }
    return safe;
}

std::string grid(const Axes& axes, double low, double high) {
    std::string text;
    for (double share = 1; share > lowest / 2; share /= 10) {
        text += std::format(
            "<line class=\"grid\" x1=\"{:.0f}\" x2=\"{:.0f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
            "<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\">{:g} %</text>\n",
            left,
            width - right,
            Axes::y(share),
            Axes::y(share),
            left - 6,
            Axes::y(share) + 4,
            std::round(share * 1e7) / 1e5
        );
    }
    for (double power = std::pow(10, std::floor(std::log10(low))); power <= high; power *= 10) {
        for (const double load : {power, 2 * power, 5 * power}) {
            if (load >= low && load <= high) {
                text += std::format(
                    "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.0f}\" "
                    "y2=\"{2:.0f}\"/>"
                    "<text x=\"{0:.1f}\" y=\"{3:.0f}\" text-anchor=\"middle\">{4:g}</text>\n",
                    axes.x(load),
                    top,
                    height - bottom,
                    height - bottom + 18,
                    load
                );
            }
        }
    }
    return text;
}

struct Point {
    double load;
    double share;
};

/// Where the curve comes up through the chart's lower edge, between two points.
double entry(const Axes& axes, const Point& below, const Point& above) {
    const double part = std::log(lowest / below.share) / std::log(above.share / below.share);
    return axes.x(below.load) + part * (axes.x(above.load) - axes.x(below.load));
}

/// From where it enters the chart, which is where its label stands; empty where it never does.
std::string curve(
    const Axes& axes,
    const std::vector<Point>& points,
    std::string_view kind,
    std::string_view label
) {
    const auto first =
        std::ranges::find_if(points, [](const Point& p) { return p.share >= lowest; });
    if (first == points.end()) {
        return {};
    }
    double x = axes.x(first->load);
    double y = Axes::y(first->share);
    if (first != points.begin() && std::prev(first)->share > 0) {
        x = entry(axes, *std::prev(first), *first);
        y = Axes::y(lowest);
    }
    std::string line = std::format("{:.1f},{:.1f} ", x, y);
    for (auto point = first; point != points.end(); ++point) {
        line += std::format("{:.1f},{:.1f} ", axes.x(point->load), Axes::y(point->share));
    }
    return std::format(
        "<polyline class=\"{}\" points=\"{}\"/><text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
        kind,
        line,
        x + 4,
        y - 4,
        label
    );
}

/// Half a dozen numbers of pods around the one that is needed, and what runs now.
std::set<std::uint64_t> counts(std::uint64_t needed, const std::optional<std::uint64_t>& now) {
    std::set<std::uint64_t> pods{needed, needed + 1};
    for (const double part : {0.1, 0.25, 0.5, 0.75, 1.5, 2.0}) {
        pods.insert(std::max<std::uint64_t>(
            1,
            static_cast<std::uint64_t>(std::round(part * static_cast<double>(needed)))
        ));
    }
    for (std::uint64_t few = 1; few <= std::min<std::uint64_t>(10, 2 * needed); ++few) {
        if (needed <= 10) {
            pods.insert(few);
        }
    }
    if (now) {
        pods.insert(*now);
    }
    return pods;
}

/// What was measured: the load at the mean rate, and what was refused of it.
std::string running_point(const Axes& axes, const Answer& answer) {
    if (!answer.measured || answer.measured->attempts == 0) {
        return {};
    }
    const auto& load = *answer.measured;
    const double refused = static_cast<double>(load.refused) / static_cast<double>(load.attempts);
    return std::format(
        "<circle class=\"seen\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"7\"><title>{} as it runs: {} "
        "refused at {:.4g} erlangs{}</title></circle>\n",
        axes.x(load.rate_per_s * answer.size.load.service_s),
        Axes::y(std::max(refused, lowest)),
        escaped(load.service),
        percent(refused),
        load.rate_per_s * answer.size.load.service_s,
        answer.pods_now ? std::format(", {} pods", *answer.pods_now) : ""
    );
}

} // namespace

Result<std::string> blocking_chart(const Answer& answer, const Sizing& sizing) {
    const auto& size = answer.size;
    const auto pods = counts(size.needed.pods, answer.pods_now ? answer.pods_now : sizing.pods);
    const double most = pods_of(size.load, sizing, *pods.rbegin()).capacity();
    const double seen =
        answer.measured ? answer.measured->rate_per_s * size.load.service_s : size.offered;
    const double low = std::min({size.offered / 3, seen / 2, most / 200});
    const double high = std::max(2 * size.offered, 1.2 * most);
    const Axes axes(low, high);
    std::string inside = grid(axes, low, high);
    for (const auto count : pods) {
        std::vector<Point> model;
        std::vector<Point> erlang;
        for (int step = 0; step <= steps; ++step) {
            const double load = axes.load(step);
            const auto refused = queueing::blocking(pods_of(size.load, sizing, count), load);
            if (!refused) {
                return std::unexpected(refused.error());
            }
            model.push_back({load, refused->share});
            erlang.push_back({load, queueing::erlang_b(count * size.load.slots, load)});
        }
        inside += curve(axes, erlang, "erlang", "");
        inside += curve(axes, model, "curve", std::to_string(count));
    }
    const double target = std::max(sizing.target, lowest);
    inside += std::format(
        "<line class=\"target\" x1=\"{:.0f}\" x2=\"{:.0f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
        left,
        width - right,
        Axes::y(target),
        Axes::y(target)
    );
    inside += std::format(
        "<circle class=\"now\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\"><title>{}: {} "
        "pods</title></circle>\n",
        axes.x(size.offered),
        Axes::y(std::max(size.needed.blocking, lowest)),
        escaped(size.load.name),
        size.needed.pods
    );
    inside += running_point(axes, answer);
    return std::string(head) +
           std::format(
               "<title>{0}: refused share over offered load for numbers of pods</title>\n{1}"
               "<text x=\"{2:.0f}\" y=\"18\">{0}: refused share, a curve for each number of pods "
               "({3} slots, {4:g} cores, {5}); "
               "dashed: plain Erlang B{8}</text>\n"
               "<text x=\"{6:.0f}\" y=\"{7:.0f}\" text-anchor=\"middle\">offered load in "
               "erlangs</text>\n</svg>\n",
               escaped(size.load.name),
               inside,
               left,
               size.load.slots,
               size.load.cores,
               queueing::name(sizing.dispatch),
               (left + width - right) / 2,
               height - 12,
               answer.measured ? "; ring: as it runs" : ""
           );
}

} // namespace vigil::size
