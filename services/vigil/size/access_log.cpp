#include "vigil/size/access_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

namespace vigil::size {

namespace {

constexpr unsigned upgraded = 101;
constexpr unsigned server_errors = 500;
constexpr unsigned unavailable = 503;

/// Words apart by blanks; what is quoted or in brackets is one word, without its marks.
std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    std::size_t at = 0;
    while (at < line.size()) {
        if (line[at] == ' ') {
            ++at;
            continue;
        }
        const char close = line[at] == '"' ? '"' : line[at] == '[' ? ']' : ' ';
        const std::size_t from = close == ' ' ? at : at + 1;
        std::size_t end = from;
        while (end < line.size() && line[end] != close) {
            end += line[end] == '\\' && close == '"' ? 2 : 1;
        }
        end = std::min(end, line.size());
        words.push_back(line.substr(from, end - from));
        at = end + 1;
    }
    return words;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::optional<double> seconds(std::string_view text) {
    const auto value = number<double>(text);
    return value && std::isfinite(*value) && *value >= 0 ? value : std::nullopt;
}

/// "28/Nov/2026:23:10:05 +0100" as seconds of UTC.
std::optional<double> time_of(std::string_view text) {
    constexpr std::array months =
        {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    constexpr std::size_t length = 26;
    if (text.size() != length || (text[21] != '+' && text[21] != '-')) {
        return std::nullopt;
    }
    const auto* const month = std::ranges::find(months, text.substr(3, 3));
    const auto day = number<unsigned>(text.substr(0, 2));
    const auto year = number<int>(text.substr(7, 4));
    const auto hour = number<int>(text.substr(12, 2));
    const auto minute = number<int>(text.substr(15, 2));
    const auto second = number<int>(text.substr(18, 2));
    const auto zone_hours = number<int>(text.substr(22, 2));
    const auto zone_minutes = number<int>(text.substr(24, 2));
    if (month == months.end() || !day || !year || !hour || !minute || !second || !zone_hours ||
        !zone_minutes) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{
        std::chrono::year(*year),
        std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
        std::chrono::day(*day)
    };
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) {
        return std::nullopt;
    }
    const double days = std::chrono::sys_days(date).time_since_epoch().count();
    const double zone = (text[21] == '-' ? -1 : 1) * (*zone_hours * 3600 + *zone_minutes * 60);
    return days * 86'400 + *hour * 3600 + *minute * 60 + *second - zone;
}

/// "0.004, 0.012 : 0.003": one for each pod that was tried.
std::vector<std::string_view>
tries_of(const std::vector<std::string_view>& words, std::size_t& at) {
    std::vector<std::string_view> tries;
    while (at < words.size()) {
        auto word = words[at++];
        const bool more = word.ends_with(',');
        if (more) {
            word.remove_suffix(1);
        }
        tries.push_back(word);
        if (!more && at < words.size() && words[at] == ":") {
            ++at;
        } else if (!more) {
            break;
        }
    }
    return tries;
}

std::optional<LoggedRequest> read_nginx(const std::vector<std::string_view>& words) {
    constexpr std::size_t fewest = 16;
    // address - user [time] "request" status bytes "referer" "agent" length duration [service]
    // [other] pods lengths times statuses id
    if (words.size() < fewest || words[1] != "-") {
        return std::nullopt;
    }
    const auto end_s = time_of(words[3]);
    const auto status = number<unsigned>(words[5]);
    const auto lasted_s = seconds(words[10]);
    if (!end_s || !status || !lasted_s) {
        return std::nullopt;
    }
    std::size_t at = 13;
    tries_of(words, at); // the pods' addresses
    tries_of(words, at); // lengths
    const auto times = tries_of(words, at);
    const auto statuses = tries_of(words, at);
    if (times.empty() || times.size() != statuses.size()) {
        return std::nullopt;
    }
    LoggedRequest request{
        .format = LogFormat::nginx,
        .service = std::string(words[11]),
        .arrived_s = *end_s - *lasted_s,
        .websocket = *status == upgraded,
    };
    for (std::size_t i = 0; i < times.size() && !request.websocket; ++i) {
        const Attempt attempt{seconds(times[i]), number<unsigned>(statuses[i]).value_or(*status)};
        // what nginx answered by itself, such as a redirect, reached no pod and was not refused
        // either
        if (attempt.service_s || attempt.status >= server_errors) {
            request.attempts.push_back(attempt);
        }
    }
    return request;
}

std::optional<LoggedRequest> read_traefik(const std::vector<std::string_view>& words) {
    // address - user [time] "request" status bytes "referer" "agent" count "router" "server"
    // durationms
    constexpr std::size_t all = 13;
    if (words.size() != all || words[1] != "-" || !words[12].ends_with("ms")) {
        return std::nullopt;
    }
    const auto start_s = time_of(words[3]);
    const auto lasted_ms = seconds(words[12].substr(0, words[12].size() - 2));
    const auto status = number<unsigned>(words[5]);
    if (!start_s || !lasted_ms || (!status && words[5] != "-")) {
        return std::nullopt;
    }
    LoggedRequest request{
        .format = LogFormat::traefik,
        .service = std::string(words[10]),
        .arrived_s = *start_s,
        .websocket = status == upgraded,
    };
    // without a pod's status no pod worked on it
    request.attempts.push_back(
        {status ? std::optional(*lasted_ms / 1000) : std::nullopt, status.value_or(unavailable)}
    );
    return request;
}

} // namespace

std::string_view name(LogFormat format) {
    return format == LogFormat::nginx ? "ingress-nginx" : "Traefik";
}

Result<LoggedRequest> read_access_line(std::string_view line) {
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    const auto words = words_of(line);
    if (auto request = read_traefik(words)) {
        return *std::move(request);
    }
    if (auto request = read_nginx(words)) {
        return *std::move(request);
    }
    return fail(
        ErrorCode::invalid_argument,
        "no line of ingress-nginx's default format or of Traefik's common log format"
    );
}

} // namespace vigil::size
