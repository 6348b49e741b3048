// Decompresses gzip bodies with bounds, so that a small body cannot become a large one. Used by the
// server.
#pragma once

#include "base/error.hpp"
#include "http/body_budget.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace vigil::http {

struct GunzipLimits {
    std::size_t bytes = 0; // of the result
    std::size_t ratio = 0; // result bytes for each compressed byte
};

/// All members of a gzip file, one after the other.
///
/// errors  too_large: a bound is exceeded, before that much is allocated; overloaded: the budget is
/// spent;
///         invalid_argument: not gzip, cut off, or a wrong check sum
/// source  RFC 1952
[[nodiscard]] Result<std::string>
gunzip(std::string_view compressed, GunzipLimits limits, BodyBudget::Share& share);

} // namespace vigil::http
