// One JSON object a line to stderr: what happened, never a sample, a name or SQL with data. Used by
// every service.
#pragma once

#include "base/error.hpp"

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace vigil {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

struct LogField {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, double, bool> value;

    LogField(std::string_view n, std::string_view v) : name(n), value(v) {}

    LogField(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}

    LogField(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}

    LogField(std::string_view n, double v) : name(n), value(v) {}

    LogField(std::string_view n, bool v) : name(n), value(v) {}

    template <class Integer>
        requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
    LogField(std::string_view n, Integer v) : name(n), value(static_cast<std::int64_t>(v)) {}
};

/// A service's log. Lines are whole also when several threads write.
/// threads any
class Log {
public:
    /// `service` and `version` stand on every line.
    Log(std::string service, std::string version);
    virtual ~Log() = default;

    /// `event` is a fixed word in snake_case that api/telemetry.yaml lists.
    void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

    void debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::debug, event, fields);
    }

    void info(std::string_view event, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::info, event, fields);
    }

    void warning(std::string_view event, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::warning, event, fields);
    }

    void error(std::string_view event, const Error& error);

    void error(std::string_view event, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::error, event, fields);
    }

    void level(LogLevel least) { least_ = least; }

protected:
    /// Where a finished line goes; tests override it.
    virtual void line(const std::string& text);

private:
    std::string service_;
    std::string version_;
    std::atomic<LogLevel> least_{LogLevel::info};
};

} // namespace vigil
