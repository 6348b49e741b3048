#include "base/log.hpp"

#include "base/json_text.hpp"
#include "base/time.hpp"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>

namespace vigil {

namespace {

constexpr std::string_view level_name(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
    }
    return "error";
}

} // namespace

Log::Log(std::string service, std::string version)
    : service_(std::move(service)), version_(std::move(version)) {}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    if (level < least_.load(std::memory_order_relaxed)) {
        return;
    }
    JsonText json;
    json.open_object()
        .member("time", to_rfc3339(SystemClock{}.utc()))
        .member("level", level_name(level))
        .member("service", service_)
        .member("version", version_)
        .member("event", event);
    for (const auto& field : fields) {
        std::visit([&](const auto& value) { json.member(field.name, value); }, field.value);
    }
    json.close_object();
    line(std::move(json).text() + '\n');
}

void Log::error(std::string_view event, const Error& error) {
    write(
        LogLevel::error,
        event,
        {{"code", name(error.code)},
         {"detail", error.detail},
         {"field", error.field},
         {"cause", error.cause},
         {"file", std::string_view(error.where.file_name())},
         {"line", error.where.line()}}
    );
}

void Log::line(const std::string& text) {
    // One write call a line: the kernel keeps lines of several threads apart. A log that cannot be
    // written is given up.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

} // namespace vigil
