// Errors as values: what every function of Vigil that can fail returns. Used everywhere.
#pragma once

#include <cstdint>
#include <expected>
#include <source_location>
#include <string>
#include <string_view>

namespace vigil {

enum class ErrorCode : std::uint8_t {
    invalid_argument, // 400: the request is wrong in itself
    unauthenticated,  // 401: no key, or one that is not known
    forbidden,        // 403: a key that may not do this
    not_found,        // 404
    conflict,         // 409: contradicts what is held
    too_large,        // 413
    unprocessable,    // 422: well formed, but nothing can be made of it
    overloaded,       // 503 with Retry-After: a bound is reached
    timeout,          // 504
    unavailable,      // 503 with Retry-After: something it needs is away
    internal,         // 500
};

/// The code's own word, such as "invalid_argument".
[[nodiscard]] std::string_view name(ErrorCode code) noexcept;

enum class Retry : std::uint8_t {
    never,    // the same request fails again
    safe,     // nothing was written: try again
    in_doubt, // the write may already have happened: try again, duplicates are recognised
};

struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string detail; // a client may read it
    std::string
        field; // the member or parameter that is wrong, such as "blocks[2].rate"; may be empty
    std::string cause; // only the log sees it
    Retry retry = Retry::never;
    std::source_location where;
};

template <class T>
using Result = std::expected<T, Error>;

/// An error ready to be returned from a function that returns any Result.
[[nodiscard]] std::unexpected<Error> fail(
    ErrorCode code,
    std::string detail,
    std::string field = {},
    std::string cause = {},
    Retry retry = Retry::never,
    std::source_location where = std::source_location::current()
);

} // namespace vigil
