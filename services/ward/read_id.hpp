// The id of an entry in a request's body. Used by what reads acts and marks.
#pragma once

#include "base/error.hpp"
#include "base/strict_json.hpp"

#include <string>

namespace vigil::ward {

/// The 16 bytes of 32 hexadecimal digits; empty where the member is missing or empty.
///
/// errors  invalid_argument with the member
[[nodiscard]] Result<std::string> read_id(const json::FlatObject& asked, const char* name);

} // namespace vigil::ward
