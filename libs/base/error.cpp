#include "base/error.hpp"

#include <utility>

namespace vigil {

std::string_view name(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::invalid_argument:
            return "invalid_argument";
        case ErrorCode::unauthenticated:
            return "unauthenticated";
        case ErrorCode::forbidden:
            return "forbidden";
        case ErrorCode::not_found:
            return "not_found";
        case ErrorCode::conflict:
            return "conflict";
        case ErrorCode::too_large:
            return "too_large";
        case ErrorCode::unprocessable:
            return "unprocessable";
        case ErrorCode::overloaded:
            return "overloaded";
        case ErrorCode::timeout:
            return "timeout";
        case ErrorCode::unavailable:
            return "unavailable";
        case ErrorCode::internal:
            return "internal";
    }
    return "internal";
}

std::unexpected<Error> fail(
    ErrorCode code,
    std::string detail,
    std::string field,
    std::string cause,
    Retry retry,
    std::source_location where
) {
    return std::unexpected(Error{
        .code = code,
        .detail = std::move(detail),
        .field = std::move(field),
        .cause = std::move(cause),
        .retry = retry,
        .where = where,
    });
}

} // namespace vigil
