#include "ward/flat_json.hpp"

#include <simdjson.h>

#include <algorithm>
#include <format>

namespace vigil::ward {

Result<FlatJson>
FlatJson::read(std::string_view body, std::initializer_list<std::string_view> names) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (const auto failed = parser.parse(simdjson::padded_string(body)).get(object);
        failed != simdjson::SUCCESS) {
        return fail(
            ErrorCode::invalid_argument,
            "The body must be one JSON object.",
            {},
            simdjson::error_message(failed)
        );
    }
    FlatJson read;
    for (const auto [key, element] : object) {
        const std::string name(key);
        if (!std::ranges::contains(names, std::string_view(name))) {
            return fail(
                ErrorCode::invalid_argument,
                std::format("\"{}\" is not a member here.", name),
                name
            );
        }
        Value value;
        if (element.is_string()) {
            value = std::string(element.get_string().value_unsafe());
        } else if (element.is_int64()) {
            value = element.get_int64().value_unsafe();
        } else if (element.is_bool()) {
            value = element.get_bool().value_unsafe();
        } else {
            return fail(
                ErrorCode::invalid_argument,
                "Only text, whole numbers and true or false are allowed here.",
                name
            );
        }
        if (!read.values_.emplace(name, std::move(value)).second) {
            return fail(
                ErrorCode::invalid_argument,
                std::format("\"{}\" occurs twice.", name),
                name
            );
        }
    }
    return read;
}

template <class T>
Result<T> FlatJson::value(std::string_view name, std::string_view kind) const {
    const auto found = values_.find(name);
    if (found == values_.end()) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("\"{}\" is missing.", name),
            std::string(name)
        );
    }
    if (const auto* held = std::get_if<T>(&found->second)) {
        return *held;
    }
    return fail(
        ErrorCode::invalid_argument,
        std::format("\"{}\" must be {}.", name, kind),
        std::string(name)
    );
}

Result<std::string> FlatJson::text(std::string_view name) const {
    return value<std::string>(name, "text");
}

Result<std::string> FlatJson::text_or(std::string_view name, std::string otherwise) const {
    return values_.contains(name) ? text(name) : Result<std::string>(std::move(otherwise));
}

Result<std::int64_t> FlatJson::number_or(std::string_view name, std::int64_t otherwise) const {
    return values_.contains(name) ? value<std::int64_t>(name, "a whole number")
                                  : Result<std::int64_t>(otherwise);
}

Result<bool> FlatJson::flag_or(std::string_view name, bool otherwise) const {
    return values_.contains(name) ? value<bool>(name, "true or false") : Result<bool>(otherwise);
}

} // namespace vigil::ward
