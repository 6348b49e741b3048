// What a model says of itself: the card beside its ONNX file, checked before the model is used.
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vigil::detect {

struct ModelCard {
    std::string name;
    std::string version;
    std::string sha256; // of the ONNX file, lower-case hexadecimal
    std::string input_name;
    std::string output_name;
    std::size_t samples = 0; // of one window
    std::uint32_t rate_numerator = 0;
    std::uint32_t rate_denominator = 1;
};

/// Reads a card.
///
/// errors  invalid_argument with the field: no JSON, a member missing or of another type, a unit
/// other than uV
[[nodiscard]] Result<ModelCard> parse_card(std::string_view json);

/// SHA-256 in lower-case hexadecimal.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

} // namespace vigil::detect
