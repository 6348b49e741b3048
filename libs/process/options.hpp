// A flag of a program with its variable: --some-flag is VIGIL_SOME_FLAG. Used where a program's
// flags are added.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace vigil::process {

/// "--drain-ms" is "VIGIL_DRAIN_MS".
[[nodiscard]] inline std::string variable_of(const std::string& flag) {
    std::string variable = "VIGIL_";
    for (const char c : flag.substr(2)) {
        const bool is_letter = c >= 'a' && c <= 'z';
        variable += c == '-' ? '_' : is_letter ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return variable;
}

/// The flag beats the environment, which beats the value that is there.
template <class Value>
CLI::Option* option(CLI::App& app, const std::string& flag, Value& value, const std::string& help) {
    return app.add_option(flag, value, help)->envname(variable_of(flag))->capture_default_str();
}

inline CLI::Option*
toggle(CLI::App& app, const std::string& flag, bool& value, const std::string& help) {
    return app.add_flag(flag, value, help)->envname(variable_of(flag));
}

} // namespace vigil::process
