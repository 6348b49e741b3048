// One line of an ingress controller's access log. Used by measured_load.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::size {

enum class LogFormat : std::uint8_t { nginx, traefik };

[[nodiscard]] std::string_view name(LogFormat format);

/// A request as a pod saw it: nginx tries another pod where one fails, and each try is one.
struct Attempt {
    std::optional<double> service_s = {}; // none where no pod worked on it
    unsigned status = 0;
};

struct LoggedRequest {
    LogFormat format = LogFormat::nginx;
    std::string service;    // namespace-service-port, or Traefik's router
    double arrived_s = 0;   // UTC
    bool websocket = false; // it was upgraded, and lasted as long as its stream
    std::vector<Attempt> attempts = {};
};

/// Reads a line of ingress-nginx's default format or of Traefik's common log format.
///
/// errors  invalid_argument: it is neither
/// source  nginx: kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format;
///         its time is that of the end, so that the arrival is $request_time before it. Traefik:
///         pkg/middlewares/accesslog/logger_formatters.go; its time is that of the start
[[nodiscard]] Result<LoggedRequest> read_access_line(std::string_view line);

} // namespace vigil::size
