#include "eeg_intake/local_time.hpp"

#include <charconv>
#include <format>

namespace vigil::eeg_intake {

namespace {

using std::chrono::local_seconds;
using std::chrono::sys_seconds;

std::unexpected<Error> wrong() {
    return fail(ErrorCode::invalid_argument, "must be a time such as 2024-09-09 10:00:07");
}

/// Takes 1 to `most` digits and the character behind them off the front; -1 where they are not
/// there.
int take(std::string_view& text, std::size_t least, std::size_t most, char behind) {
    std::size_t length = 0;
    int number = 0;
    while (length < text.size() && length < most && text[length] >= '0' && text[length] <= '9') {
        number = number * 10 + (text[length] - '0');
        ++length;
    }
    if (length < least) {
        return -1;
    }
    text.remove_prefix(length);
    if (behind != '\0') {
        if (text.empty() || text.front() != behind) {
            return -1;
        }
        text.remove_prefix(1);
    }
    return number;
}

} // namespace

Result<local_seconds> read_local_time(std::string_view text) {
    const int year = take(text, 4, 4, '-');
    const int month = year < 0 ? -1 : take(text, 1, 2, '-');
    const int day = month < 0 ? -1 : take(text, 1, 2, ' ');
    const int hour = day < 0 ? -1 : take(text, 1, 2, ':');
    const int minute = hour < 0 ? -1 : take(text, 1, 2, ':');
    const int second = minute < 0 ? -1 : take(text, 1, 2, '\0');
    if (second < 0 || !text.empty() || hour > 23 || minute > 59 || second > 59) {
        return wrong();
    }
    const std::chrono::year_month_day date{
        std::chrono::year(year),
        std::chrono::month(static_cast<unsigned>(month)),
        std::chrono::day(static_cast<unsigned>(day))
    };
    if (!date.ok()) {
        return wrong();
    }
    return std::chrono::local_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second);
}

Result<LocalZone> LocalZone::named(std::string_view name) {
    try {
        return LocalZone(std::chrono::locate_zone(name));
    } catch (const std::exception& error) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("there is no time zone {}", name),
            {},
            error.what()
        );
    }
}

sys_seconds LocalZone::to_utc(local_seconds local) const {
    struct Kept {
        const std::chrono::time_zone* zone = nullptr;
        local_seconds from;
        local_seconds until;
        std::chrono::seconds offset{};
    };

    static thread_local Kept kept;
    if (kept.zone == zone_ && local >= kept.from && local < kept.until) {
        return sys_seconds(local.time_since_epoch() - kept.offset);
    }
    const auto info = zone_->get_info(local);
    const auto offset = info.first.offset;
    if (info.result == std::chrono::local_info::unique) {
        // a day from either change no local time is doubled or missing
        constexpr auto margin = std::chrono::days(1);
        constexpr auto far = std::chrono::days(366 * 300);
        const auto now = sys_seconds(local.time_since_epoch() - offset);
        const auto begin = std::max(info.first.begin, now - far);
        const auto end = std::min(info.first.end, now + far);
        kept = {
            zone_,
            local_seconds(begin.time_since_epoch() + offset) + margin,
            local_seconds(end.time_since_epoch() + offset) - margin,
            offset
        };
    }
    return sys_seconds(local.time_since_epoch() - offset);
}

} // namespace vigil::eeg_intake
