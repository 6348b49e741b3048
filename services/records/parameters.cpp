#include "records/parameters.hpp"

#include "access/directory.hpp"

#include <algorithm>
#include <charconv>
#include <format>

namespace vigil::records {

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

} // namespace

Result<void>
check_names(const http::Request& request, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : request.query) {
        if (std::ranges::find(known, name) == known.end()) {
            return fail(ErrorCode::invalid_argument, "this query parameter is not known", name);
        }
    }
    return {};
}

Result<std::string> patient_parameter(const http::Request& request) {
    const auto found = request.parameters.find("id");
    if (found == request.parameters.end() || !access::is_patient_id(found->second)) {
        return fail(
            ErrorCode::invalid_argument,
            "a patient id has 1 to 64 letters, digits, '_' or '-'",
            "id"
        );
    }
    return found->second;
}

Result<store::TimeRange> time_parameters(
    const http::Request& request,
    UtcTime now,
    Microseconds default_length,
    Microseconds longest
) {
    store::TimeRange time{.from_us = 0, .until_us = to_us(now + std::chrono::minutes{1})};
    if (const auto until = request.query.find("until"); until != request.query.end()) {
        const auto given = parse_time(until->second, "until");
        if (!given) {
            return std::unexpected(given.error());
        }
        time.until_us = *given;
    }
    time.from_us = std::max<std::int64_t>(0, time.until_us - default_length.count());
    if (const auto from = request.query.find("from"); from != request.query.end()) {
        const auto given = parse_time(from->second, "from");
        if (!given) {
            return std::unexpected(given.error());
        }
        time.from_us = *given;
    }
    if (time.until_us <= time.from_us) {
        return fail(ErrorCode::invalid_argument, "until must be after from", "until");
    }
    if (time.until_us - time.from_us > longest.count()) {
        return fail(
            ErrorCode::invalid_argument,
            std::format(
                "at most {} hours in one request",
                std::chrono::floor<std::chrono::hours>(longest).count()
            ),
            "from"
        );
    }
    return time;
}

Result<std::size_t> number_parameter(
    const http::Request& request,
    const std::string& name,
    std::size_t otherwise,
    std::size_t least,
    std::size_t most
) {
    const auto found = request.query.find(name);
    if (found == request.query.end()) {
        return otherwise;
    }
    const auto number = whole_number<std::size_t>(found->second);
    if (!number || *number < least || *number > most) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("a whole number from {} to {}", least, most),
            name
        );
    }
    return *number;
}

std::optional<std::string> text_parameter(const http::Request& request, const std::string& name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::nullopt : std::optional(found->second);
}

} // namespace vigil::records
