// Members of what JetStream's API answers, which is JSON. Used by the NATS adapter.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string_view>

namespace vigil::journal::nats {

/// 0 where there is none.
[[nodiscard]] inline std::uint64_t
number_in(const simdjson::dom::element& from, std::string_view pointer) {
    std::uint64_t value = 0;
    return from.at_pointer(pointer).get(value) == simdjson::SUCCESS ? value : 0;
}

/// Empty where there is none; lives as long as the parser's document.
[[nodiscard]] inline std::string_view
text_in(const simdjson::dom::element& from, std::string_view pointer) {
    std::string_view value;
    return from.at_pointer(pointer).get(value) == simdjson::SUCCESS ? value : std::string_view();
}

[[nodiscard]] inline bool is_refusal(const simdjson::dom::element& answer) {
    return answer["error"].error() == simdjson::SUCCESS;
}

} // namespace vigil::journal::nats
