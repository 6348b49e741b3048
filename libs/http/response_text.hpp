// Writes the header of an answer: status line, framing and the security headers that every answer
// carries. Used by connections.
#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace vigil::http {

struct AnswerFacts {
    std::string_view request_id;
    std::string_view date;
    bool keep_alive = true;
    bool http_1_0 = false;
};

/// Replaces `text` by the header; Content-Length is the body's, also where the body is not sent
/// (HEAD). Control characters in a header's value become spaces, so that no value can add a header.
void write_head(std::string& text, const Response& response, const AnswerFacts& facts);

/// The standard phrase of a status.
[[nodiscard]] std::string_view reason_phrase(unsigned status);

} // namespace vigil::http
