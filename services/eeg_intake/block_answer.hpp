// What a sender is told of its blocks: BlockReply as protobuf or JSON, or one problem. Used by the
// routes.
#pragma once

#include "eeg_intake/block_intake.hpp"
#include "http/message.hpp"

#include <span>
#include <string>

namespace vigil::eeg_intake {

inline constexpr const char* protobuf_type = "application/x-protobuf";
inline constexpr const char* json_type = "application/json";

/// The reply of the WebSocket and of protobuf senders; `detail` begins with the field where there
/// is one.
[[nodiscard]] v1::BlockReply block_reply(std::span<const BlockOutcome> outcomes);

/// 200 when all are held, 207 when some are; the problem itself where the only block was refused.
[[nodiscard]] http::Response
block_answer(std::span<const BlockOutcome> outcomes, bool protobuf, std::string_view request_id);

/// Whether a request asks for protobuf: by Accept, else as it sent itself.
[[nodiscard]] bool wants_protobuf(const http::Request& request);

} // namespace vigil::eeg_intake
