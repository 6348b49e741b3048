// A live lane over GET /v1/eeg/stream: one socket a patient, blocks in, results out. Used by the
// lanes.
#pragma once

#include "http/client.hpp"
#include "play/sender.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace vigil::play {

/// threads one at a time
class SocketSender {
public:
    SocketSender(std::string url, std::string key, std::chrono::milliseconds timeout);

    /// Sends blocks and waits for the result of each; opens the socket when it is not open.
    [[nodiscard]] Answer send(const std::vector<Item>& blocks);

private:
    [[nodiscard]] Answer open_first(std::size_t count);
    void read_results(const std::vector<Item>& blocks, Answer& answer);

    std::string url_;
    std::string key_;
    std::chrono::milliseconds timeout_;
    std::optional<http::WebSocketClient> socket_;
};

/// The block inside a serialized batch of one block: without the field's tag and length.
[[nodiscard]] std::string block_of_batch(const std::string& batch);

} // namespace vigil::play
