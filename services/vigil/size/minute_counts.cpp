#include "vigil/size/minute_counts.hpp"

#include <boost/math/distributions/chi_squared.hpp>

#include <algorithm>
#include <cmath>
#include <span>

namespace vigil::size {

namespace {

constexpr double two_sided_95 = 1.96;
constexpr std::size_t hour = 60;
constexpr std::uint64_t enough_of_an_hour = 50;
constexpr std::size_t enough_minutes = 12;

using Counts = std::span<const std::optional<std::uint64_t>>;

Seen seen_in(Counts counts) {
    Seen seen;
    for (const auto& count : counts) {
        seen.requests += count.value_or(0);
        seen.minutes += count ? 1 : 0;
    }
    return seen;
}

/// Of the minutes that were seen, two at least.
double variance_in(Counts counts) {
    const auto seen = seen_in(counts);
    const double mean = static_cast<double>(seen.requests) / static_cast<double>(seen.minutes);
    double squares = 0;
    for (const auto& count : counts) {
        const double off = count ? static_cast<double>(*count) - mean : 0;
        squares += off * off;
    }
    return squares / static_cast<double>(seen.minutes - 1);
}

double rate_in(const Seen& seen) {
    return static_cast<double>(seen.requests) / (60 * static_cast<double>(seen.minutes));
}

} // namespace

Seen seen_of(const MinuteCounts& minutes) {
    return seen_in(minutes.counts);
}

DayProfile day_profile(const MinuteCounts& minutes) {
    std::array<Seen, 24> hours{};
    for (std::size_t place = 0; place < minutes.counts.size(); ++place) {
        if (!minutes.counts[place]) {
            continue;
        }
        const auto minute = minutes.first_minute + static_cast<std::int64_t>(place);
        auto& seen = hours[static_cast<std::size_t>(minute / 60 % 24)];
        seen.requests += *minutes.counts[place];
        ++seen.minutes;
    }
    DayProfile profile;
    for (std::size_t of_day = 0; of_day < hours.size(); ++of_day) {
        if (hours[of_day].minutes == 0) {
            continue;
        }
        profile.per_s[of_day] = rate_in(hours[of_day]);
        if (!profile.peak || *profile.per_s[of_day] > *profile.per_s[*profile.peak]) {
            profile.peak = of_day;
        }
    }
    return profile;
}

std::optional<BusiestHour> busiest_hour(const MinuteCounts& minutes) {
    if (minutes.counts.size() < hour) {
        return std::nullopt;
    }
    const Counts all(minutes.counts);
    auto seen = seen_in(all.first(hour));
    std::optional<std::size_t> from;
    double most = 0;
    for (std::size_t begin = 0;; ++begin) {
        if (seen.minutes >= enough_of_an_hour && rate_in(seen) > most) {
            most = rate_in(seen);
            from = begin;
        }
        if (begin + hour == all.size()) {
            break;
        }
        seen.requests += all[begin + hour].value_or(0);
        seen.requests -= all[begin].value_or(0);
        seen.minutes += all[begin + hour] ? 1 : 0;
        seen.minutes -= all[begin] ? 1 : 0;
    }
    if (!from) {
        return std::nullopt;
    }
    const auto peak = all.subspan(*from, hour);
    const auto of_peak = seen_in(peak);
    const auto freedom = static_cast<double>(of_peak.minutes - 1);
    const double mean =
        static_cast<double>(of_peak.requests) / static_cast<double>(of_peak.minutes);
    const double dispersion = variance_in(peak) / mean;
    const boost::math::chi_squared expected(freedom);
    return BusiestHour{
        .per_s = most,
        .from_s =
            60.0 * static_cast<double>(minutes.first_minute + static_cast<std::int64_t>(*from)),
        .dispersion = dispersion,
        .poisson = dispersion * freedom >= boost::math::quantile(expected, 0.0005) &&
                   dispersion * freedom <= boost::math::quantile(expected, 0.9995)
    };
}

std::optional<Rate> rate_of(const MinuteCounts& minutes) {
    const auto seen = seen_of(minutes);
    if (seen.minutes == 0) {
        return std::nullopt;
    }
    const auto count = static_cast<double>(seen.minutes);
    const double error = seen.minutes >= enough_minutes
                             ? std::sqrt(variance_in(minutes.counts) / count) / 60
                             : std::sqrt(static_cast<double>(seen.requests)) / (60 * count);
    return Rate{.per_s = rate_in(seen), .half_width = two_sided_95 * error};
}

} // namespace vigil::size
