// What the reader's two files share.
#pragma once

#include "store/mariadb/connection.hpp"

#include <string_view>

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

} // namespace vigil::store::mariadb
