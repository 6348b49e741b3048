#include "vigil/size/answer.hpp"
#include "vigil/size/measured_load.hpp"

#include <chrono>
#include <cmath>
#include <format>

namespace vigil::size {

namespace {

std::string refused_text(const MeasuredLoad& load) {
    return percent(static_cast<double>(load.refused) / static_cast<double>(load.attempts));
}

std::string cluster_text(const MeasuredLoad& load, const ClusterFacts& facts) {
    std::string text = std::format(
        "  {} arrivals, {} refused, {} answered with a 5xx, all counted in; {} {} of {} slots, "
        "{:.4g} a second in the last hour\n"
        "  the squared variation lies between {:.2g} and {:.2g}: the buckets tell no more, and the "
        "value is that of times spread within each\n",
        load.attempts,
        refused_text(load),
        percent(facts.failed_share),
        facts.pods,
        facts.pods == 1 ? "pod" : "pods",
        facts.slots,
        facts.now_per_s,
        facts.variation_low,
        facts.variation_high
    );
    for (const auto& remark : facts.remarks) {
        text += "  " + remark + "\n";
    }
    return text;
}

std::string log_text(const MeasuredLoad& load) {
    return std::format(
        "  {} attempts, {} refused, {} WebSockets apart\n",
        load.attempts,
        refused_text(load),
        load.websockets
    );
}

} // namespace

std::string measured_text(const MeasuredLoad& load) {
    const auto from =
        std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(load.peak_from_s)));
    std::string text = std::format(
        "{}: measured {:.4g} +-{:.2g} a second, at most {:.4g} in the hour from {:%F %H:%M} UTC; "
        "{:.4g} +-{:.2g} s, squared variation {:.2g}\n",
        load.service,
        load.rate_per_s,
        load.rate_half_width,
        load.peak_per_s,
        from,
        load.service_s,
        load.service_half_width,
        load.variation
    );
    text += load.cluster ? cluster_text(load, *load.cluster) : log_text(load);
    if (load.refused > 0) {
        text +=
            load.first_share < 1
                ? std::format(
                      "  {} of the attempts are taken for first ones, the others for senders "
                      "that came back\n",
                      percent(load.first_share)
                  )
                : "  whoever was refused is taken not to come back; --attempts says otherwise\n";
    }
    if (!load.poisson) {
        text += std::format(
            "  its arrivals are {} than Poisson (dispersion of minutes {:.2f}, not 1): formulas "
            "{}\n",
            *load.dispersion > 1 ? "burstier" : "steadier",
            *load.dispersion,
            *load.dispersion > 1
                ? "promise too much"
                : "are on the safe side, unless senders are in step within a minute"
        );
    }
    return text;
}

std::string profile_text(const DayProfile& profile) {
    constexpr double widest = 40;
    const double most = profile.peak ? *profile.per_s[*profile.peak] : 0;
    std::string text = "  by hour of the day, UTC\n";
    for (std::size_t hour = 0; hour < profile.per_s.size(); ++hour) {
        const auto& rate = profile.per_s[hour];
        if (!rate) {
            text += std::format("    {:02}  not seen\n", hour);
            continue;
        }
        const auto bar = static_cast<std::size_t>(most > 0 ? std::round(widest * *rate / most) : 0);
        text += std::format(
            "    {:02}  {:>8.4g} a second  {}{}\n",
            hour,
            *rate,
            std::string(bar, '#'),
            profile.peak == hour ? "  <- peak" : ""
        );
    }
    return text;
}

} // namespace vigil::size
