// What the JSON forms of results have in common.
#pragma once

#include "base/json_text.hpp"
#include "vigil/evaluate/results.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace vigil::evaluate {

/// A figure that does not exist is null.
inline void add_optional(JsonText& json, std::string_view name, std::optional<double> value) {
    json.key(name);
    value ? json.value(*value) : json.null();
}

inline void add_names(JsonText& json, std::string_view name, const std::vector<LeftOut>& all) {
    json.key(name).open_array();
    for (const auto& one : all) {
        json.open_object().member("name", one.name).member("why", one.why).close_object();
    }
    json.close_array();
}

} // namespace vigil::evaluate
