// Passwords and PINs for the command line. Used by `vigil user` and `vigil pin`.
#pragma once

#include "base/error.hpp"

#include <string>

namespace vigil {

/// The first line of `file`; without a file that of the terminal, asked for with `prompt` and not
/// shown. errors  invalid_argument: the file cannot be read
[[nodiscard]] Result<std::string> read_secret(const std::string& file, const std::string& prompt);

} // namespace vigil
