#include "vigil/size/prometheus.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <format>

namespace vigil::size {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr auto text_of = [](const element& value) {
    std::string_view text;
    return value.get(text) == simdjson::SUCCESS ? text : std::string_view();
};

std::string encoded(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
        safe += plain
                    ? std::string(1, c)
                    : std::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return safe;
}

std::unexpected<Error> wrong(ErrorCode code, std::string detail) {
    return fail(code, std::move(detail), "prometheus");
}

/// [time, "value"]; false where it is not of that shape.
bool take_point(const element& value, Series& series) {
    array pair;
    double time_s = 0;
    std::string_view text;
    if (value.get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
        pair.at(0).get(time_s) != simdjson::SUCCESS || pair.at(1).get(text) != simdjson::SUCCESS) {
        return false;
    }
    double number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} && text != "+Inf" && text != "-Inf" && text != "NaN") {
        return false;
    }
    if (failed == std::errc{} && std::isfinite(number)) {
        series.points[std::llround(time_s)] = number;
    }
    return true;
}

bool take_series(const element& value, std::string_view wanted, Series& series) {
    object labels;
    if (value["metric"].get(labels) != simdjson::SUCCESS) {
        return false;
    }
    for (const auto& [name, text] : labels) {
        series.labels[std::string(name)] = std::string(text_of(text));
    }
    if (wanted == "vector") {
        element point;
        return value["value"].get(point) == simdjson::SUCCESS && take_point(point, series);
    }
    array points;
    return value["values"].get(points) == simdjson::SUCCESS &&
           std::ranges::all_of(points, [&](const element& p) { return take_point(p, series); });
}

Result<std::vector<Series>> read_series(const element& answer, std::string_view wanted) {
    std::string_view type;
    array results;
    if (answer["data"]["resultType"].get(type) != simdjson::SUCCESS || type != wanted ||
        answer["data"]["result"].get(results) != simdjson::SUCCESS) {
        return wrong(
            ErrorCode::unprocessable,
            std::format(
                "the answer holds no {}; is it a Prometheus of version 2 or 3 that answers?",
                wanted
            )
        );
    }
    std::vector<Series> all;
    for (const auto& result : results) {
        Series series;
        if (!take_series(result, wanted, series)) {
            return wrong(
                ErrorCode::unprocessable,
                "a series of the answer is not of the HTTP API's shape; is it a Prometheus of "
                "version 2 or 3 that answers?"
            );
        }
        all.push_back(std::move(series));
    }
    return all;
}

std::string header_of(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

} // namespace

Prometheus::Prometheus(const std::string& url, std::chrono::milliseconds timeout)
    : url_(url), client_(url.ends_with('/') ? url.substr(0, url.size() - 1) : url, timeout) {}

Result<std::vector<Series>> Prometheus::over(const std::string& query, const AskedTime& time) {
    return ask(
        std::format(
            "/api/v1/query_range?query={}&start={}&end={}&step={}",
            encoded(query),
            time.from_s,
            time.until_s,
            time.step_s
        ),
        "matrix"
    );
}

Result<std::vector<Series>> Prometheus::at(const std::string& query, std::int64_t time_s) {
    return ask(std::format("/api/v1/query?query={}&time={}", encoded(query), time_s), "vector");
}

void Prometheus::keep_warning(std::string_view text) {
    if (!text.empty() && !std::ranges::contains(warnings_, text)) {
        warnings_.emplace_back(text);
    }
}

Result<std::vector<Series>> Prometheus::ask(const std::string& target, std::string_view wanted) {
    const auto response = client_.request(http::Verb::get, target);
    if (!response) {
        const auto& error = response.error();
        return wrong(
            error.code,
            error.code == ErrorCode::invalid_argument
                ? std::format(
                      "{} is no address of a Prometheus; give one such as http://localhost:9090 "
                      "(a login is a proxy's: kubectl port-forward goes around it)",
                      url_
                  )
                : std::format(
                      "{} gave no whole answer ({}); is Prometheus there, and is the time that "
                      "is asked for (--hours) not too long for it?",
                      url_,
                      error.cause.empty() ? error.detail : error.cause
                  )
        );
    }
    if (response->status >= 300 && response->status < 400) {
        return wrong(
            ErrorCode::unprocessable,
            std::format(
                "{} sends elsewhere, to {}; give that address",
                url_,
                header_of(*response, "location")
            )
        );
    }
    if (response->status == 401 || response->status == 403) {
        return wrong(
            ErrorCode::unprocessable,
            std::format(
                "{} wants a login (status {}); reach Prometheus itself, as with kubectl "
                "port-forward",
                url_,
                response->status
            )
        );
    }
    simdjson::dom::parser parser;
    element answer;
    if (parser.parse(response->body).get(answer) != simdjson::SUCCESS || !answer.is_object()) {
        return wrong(
            ErrorCode::unprocessable,
            std::format(
                "{} answered with status {} and {} that is no whole JSON; is it Prometheus, and "
                "not its proxy or another program?",
                url_,
                response->status,
                response->content_type.empty() ? "a body" : response->content_type
            )
        );
    }
    element found;
    if (answer["status"].get(found) != simdjson::SUCCESS || text_of(found) != "success") {
        element said;
        const bool says = answer["error"].get(said) == simdjson::SUCCESS;
        return wrong(
            ErrorCode::unprocessable,
            std::format(
                "Prometheus did not answer (status {}): {}; ask for less at once (--hours), or "
                "look at its log",
                response->status,
                says ? text_of(said) : "it says no reason"
            )
        );
    }
    for (const auto* kind : {"warnings", "infos"}) {
        array texts;
        if (answer[kind].get(texts) == simdjson::SUCCESS) {
            std::ranges::for_each(texts, [this](const element& t) { keep_warning(text_of(t)); });
        }
    }
    return read_series(answer, wanted);
}

} // namespace vigil::size
