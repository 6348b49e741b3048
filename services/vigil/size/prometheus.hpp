// Asks a Prometheus over its HTTP API. Used by prometheus_load.
#pragma once

#include "base/error.hpp"
#include "http/client.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::size {

struct Series {
    std::map<std::string, std::string> labels;
    std::map<std::int64_t, double> points; // by UTC second; only finite values

    [[nodiscard]] std::string label(const std::string& name) const {
        const auto found = labels.find(name);
        return found == labels.end() ? std::string() : found->second;
    }
};

/// Whole seconds of UTC, both included.
struct AskedTime {
    std::int64_t from_s = 0;
    std::int64_t until_s = 0;
    std::int64_t step_s = 60;
};

/// threads one at a time
class Prometheus {
public:
    /// "http://host:port", with a path before /api where there is one.
    explicit Prometheus(
        const std::string& url,
        std::chrono::milliseconds timeout = std::chrono::seconds(30)
    );

    /// source  prometheus.io/docs/prometheus/latest/querying/api: range and instant queries
    /// errors  invalid_argument, unavailable, timeout, unprocessable: a sentence on what was
    ///         wrong with the address or the answer, and what to do
    [[nodiscard]] Result<std::vector<Series>> over(const std::string& query, const AskedTime& time);
    [[nodiscard]] Result<std::vector<Series>> at(const std::string& query, std::int64_t time_s);

    /// What it warned of, each once.
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

private:
    Result<std::vector<Series>> ask(const std::string& target, std::string_view wanted);
    void keep_warning(std::string_view text);

    std::string url_;
    http::Client client_;
    std::vector<std::string> warnings_;
};

} // namespace vigil::size
