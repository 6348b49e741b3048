// A Prometheus for the tests: answers in the HTTP API's shape over a real socket, from counters
// that a test sets.
#pragma once

#include "http/test_server.hpp"

#include <cmath>
#include <format>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace vigil::size {

struct TestPod {
    std::string job = "detector";
    std::string route = "POST /predict";
    std::string instance = "pod-1";
    /// What each counter says so many minutes after the asked time began; NaN: not scraped.
    std::function<double(int minute)> arrivals;
    std::function<double(int minute)> refused;
    double slots = 4;
};

/// Times of service that all routes share.
struct TestTimes {
    double count = 1e6;
    double sum_s = 250e3;
    std::map<std::string, double> buckets =
        {{"0.1", 0}, {"0.25", 6e5}, {"0.5", 9e5}, {"1", 1e6}, {"+Inf", 1e6}};
    double failed = 0;
};

class TestPrometheus {
public:
    TestPrometheus(std::vector<TestPod> pods, TestTimes times)
        : pods_(std::move(pods)), times_(std::move(times)), server_(routes()) {}

    /// The same answer to every question.
    explicit TestPrometheus(http::Response always)
        : always_(std::move(always)), server_(routes()) {}

    [[nodiscard]] std::string url() const { return server_.url(); }

    /// Before the first question: JSON members beside "data".
    void also(std::string members) { beside_ = std::move(members); }

private:
    http::Router routes() {
        http::Router router;
        const http::RouteOptions open{.access = http::Access::open};
        for (const char* path : {"/api/v1/query", "/api/v1/query_range"}) {
            router.add(
                http::Verb::get,
                path,
                open,
                [this](const http::Request& request, http::Reply reply) {
                    reply(always_ ? *always_ : http::Response::json(answer(request)));
                }
            );
        }
        return router;
    }

    [[nodiscard]] std::string answer(const http::Request& request) const {
        const auto& query = request.query.at("query");
        const bool over = request.query.contains("start");
        std::string results;
        const auto add = [&](const std::string& labels, const std::string& value) {
            results += std::format(
                R"({}{{"metric":{{{}}},"{}":{}}})",
                results.empty() ? "" : ",",
                labels,
                over ? "values" : "value",
                value
            );
        };
        for (const auto& pod : pods_) {
            const auto labels = std::format(R"("job":"{}","route":"{}")", pod.job, pod.route);
            const auto of_pod = labels + std::format(R"(,"instance":"{}")", pod.instance);
            if (over) {
                const auto& counter =
                    query == "vigil_http_arrivals_total" ? pod.arrivals : pod.refused;
                add(of_pod, points(request, counter));
            } else if (query == "vigil_http_slots") {
                add(of_pod, std::format(R"([1,"{}"])", pod.slots));
            } else if (&pod != &pods_.front()) {
                continue; // a sum over the pods
            } else if (query.contains("_bucket")) {
                for (const auto& [upper, count] : times_.buckets) {
                    add(labels + std::format(R"(,"le":"{}")", upper),
                        std::format(R"([1,"{}"])", count));
                }
            } else {
                const double value = query.contains("_sum")     ? times_.sum_s
                                     : query.contains("_count") ? times_.count
                                                                : times_.failed;
                add(labels, std::isnan(value) ? R"([1,"NaN"])" : std::format(R"([1,"{}"])", value));
            }
        }
        return std::format(
            R"({{"status":"success",{}"data":{{"resultType":"{}","result":[{}]}}}})",
            beside_,
            over ? "matrix" : "vector",
            results
        );
    }

    static std::string
    points(const http::Request& request, const std::function<double(int)>& counter) {
        const auto from = std::stoll(request.query.at("start"));
        const auto until = std::stoll(request.query.at("end"));
        const auto step = std::stoll(request.query.at("step"));
        std::string text = "[";
        for (auto at = from; at <= until; at += step) {
            const double value = counter(static_cast<int>((at - from) / step));
            if (!std::isnan(value)) {
                text += std::format(R"({}[{},"{}"])", text.size() > 1 ? "," : "", at, value);
            }
        }
        return text + "]";
    }

    std::vector<TestPod> pods_;
    TestTimes times_;
    std::optional<http::Response> always_;
    std::string beside_;
    http::TestServer server_; // last: its threads use what is above
};

} // namespace vigil::size
