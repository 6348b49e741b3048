// Reads a small JSON object of strings, numbers and flags, strictly. Used by the sign-in and
// administration routes.
#pragma once

#include "base/error.hpp"

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace vigil::ward {

class FlatJson {
public:
    using Value = std::variant<std::string, std::int64_t, bool>;

    /// errors  invalid_argument: not an object of plain values, a name twice, or one that is not in
    /// `names`
    static Result<FlatJson>
    read(std::string_view body, std::initializer_list<std::string_view> names);

    /// errors  invalid_argument: missing or of another type
    [[nodiscard]] Result<std::string> text(std::string_view name) const;
    [[nodiscard]] Result<std::string> text_or(std::string_view name, std::string otherwise) const;
    [[nodiscard]] Result<std::int64_t> number_or(std::string_view name, std::int64_t otherwise)
        const;
    [[nodiscard]] Result<bool> flag_or(std::string_view name, bool otherwise) const;

private:
    template <class T>
    Result<T> value(std::string_view name, std::string_view kind) const;

    std::map<std::string, Value, std::less<>> values_;
};

} // namespace vigil::ward
