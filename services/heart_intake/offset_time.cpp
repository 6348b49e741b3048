#include "heart_intake/read_vitals.hpp"

#include <algorithm>

namespace vigil::heart_intake {

Result<OffsetTime> read_offset_time(std::string_view text) {
    static constexpr std::string_view shape = "dddd-dd-dd dd:dd:dd sdddd";
    const auto wrong = [] {
        return fail(
            ErrorCode::invalid_argument,
            "must be a time such as 2024-09-09 10:00:00 +0200"
        );
    };
    if (text.size() != shape.size()) {
        return wrong();
    }
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const char c = text[i];
        const bool fits = shape[i] == 'd'   ? c >= '0' && c <= '9'
                          : shape[i] == 's' ? c == '+' || c == '-'
                                            : c == shape[i];
        if (!fits) {
            return wrong();
        }
    }
    const auto number = [&](std::size_t from, std::size_t length) {
        int result = 0;
        for (const char c : text.substr(from, length)) {
            result = result * 10 + (c - '0');
        }
        return result;
    };
    const std::chrono::year_month_day date{
        std::chrono::year(number(0, 4)),
        std::chrono::month(static_cast<unsigned>(number(5, 2))),
        std::chrono::day(static_cast<unsigned>(number(8, 2)))
    };
    const int hour = number(11, 2);
    const int minute = number(14, 2);
    const int second = number(17, 2);
    const int offset_hours = number(21, 2);
    const int offset_minutes = number(23, 2);
    // the offsets in use reach from -12 to +14 hours (IANA time zone database)
    if (!date.ok() || hour > 23 || minute > 59 || second > 59 || offset_hours > 14 ||
        offset_minutes > 59) {
        return wrong();
    }
    const int offset = (text[20] == '-' ? -1 : 1) * (offset_hours * 3600 + offset_minutes * 60);
    const auto local = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                       std::chrono::minutes(minute) + std::chrono::seconds(second);
    return OffsetTime{.utc = local - std::chrono::seconds(offset), .offset_s = offset};
}

} // namespace vigil::heart_intake
