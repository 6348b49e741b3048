// What the reader's two files share.
#pragma once

#include "store/mariadb/connection.hpp"

#include <limits>

namespace vigil::store::mariadb {

template <class Message>
Message read_message(std::string_view bytes) {
    Message message;
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        throw Failure(
            fail(ErrorCode::internal, "a row of the store cannot be parsed").error(),
            0,
            false
        );
    }
    return message;
}

/// Where the first row that reaches into a time may start, when no row is longer than `span_us`.
inline std::int64_t earliest(std::int64_t from_us, std::int64_t span_us) {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    return from_us < least + span_us ? least : from_us - span_us;
}

} // namespace vigil::store::mariadb
