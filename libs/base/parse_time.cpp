#include "base/parse_time.hpp"

#include "base/time.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

namespace vigil {

namespace {

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || text.starts_with('+')) {
        return std::nullopt;
    }
    return number;
}

/// `digits` decimal digits at the front, taken off `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
    if (text.size() < digits ||
        !std::ranges::all_of(text.substr(0, digits), [](char c) { return c >= '0' && c <= '9'; })) {
        return std::nullopt;
    }
    const auto number = whole_number<int>(text.substr(0, digits));
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || !any_of.contains(text.front())) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

/// Microseconds after the point; digits beyond the sixth are dropped.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
    if (!take(text, ".")) {
        return 0;
    }
    std::int64_t us = 0;
    std::size_t digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9';
         text.remove_prefix(1), ++digits) {
        us = digits < 6 ? us * 10 + (text.front() - '0') : us;
    }
    for (auto missing = digits; missing < 6; ++missing) {
        us *= 10;
    }
    return digits == 0 || digits > 12 ? std::nullopt : std::optional(us);
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
    if (take(text, "Zz")) {
        return std::chrono::minutes{0};
    }
    const bool west = text.starts_with('-');
    if (!take(text, "+- ")) { // a '+' that nobody encoded arrives as a space
        return std::nullopt;
    }
    const auto hours = take_digits(text, 2);
    const bool colon = take(text, ":");
    const auto minutes = take_digits(text, 2);
    if (!hours || !colon || !minutes || *hours > 23 || *minutes > 59) {
        return std::nullopt;
    }
    const std::chrono::minutes offset{*hours * 60 + *minutes};
    return west ? -offset : offset;
}

std::optional<std::int64_t> rfc3339(std::string_view text) {
    const auto year = take_digits(text, 4);
    const bool dash1 = take(text, "-");
    const auto month = take_digits(text, 2);
    const bool dash2 = take(text, "-");
    const auto day = take_digits(text, 2);
    const bool separator = take(text, "Tt ");
    const auto hour = take_digits(text, 2);
    const bool colon1 = take(text, ":");
    const auto minute = take_digits(text, 2);
    const bool colon2 = take(text, ":");
    const auto second = take_digits(text, 2);
    const auto fraction = take_fraction(text);
    const auto offset = take_offset(text);
    const bool whole =
        year && month && day && hour && minute && second && fraction && offset && text.empty();
    if (!whole || !(dash1 && dash2 && separator && colon1 && colon2)) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{
        std::chrono::year{*year},
        std::chrono::month{static_cast<unsigned>(*month)},
        std::chrono::day{static_cast<unsigned>(*day)}
    };
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) {
        return std::nullopt;
    }
    const auto local = std::chrono::sys_days{date} + std::chrono::hours{*hour} +
                       std::chrono::minutes{*minute} + std::chrono::seconds{*second};
    return to_us(UtcTime{local - *offset}) + *fraction;
}

} // namespace

Result<std::int64_t> parse_time(std::string_view text, std::string_view field) {
    const auto is_number = whole_number<std::int64_t>(text);
    const auto time = is_number ? is_number : rfc3339(text);
    constexpr auto latest = to_us(std::chrono::sys_days{std::chrono::year{2200} / 1 / 1});
    if (!time || *time < 0 || *time >= latest) {
        return fail(
            ErrorCode::invalid_argument,
            "a time is RFC 3339, such as 2026-11-24T12:00:00Z, or microseconds of UTC, from 1970 "
            "to 2199",
            std::string(field)
        );
    }
    return *time;
}

} // namespace vigil
