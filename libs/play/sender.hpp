// One request to the intake, and what its answer means for each item of it. Used by the lanes.
#pragma once

#include "http/client.hpp"
#include "play/item.hpp"
#include "vigil/v1/eeg.pb.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace vigil::play {

/// What became of each item, in their order.
enum class Fate : std::uint8_t {
    accepted,
    duplicate, // it was held already: sent twice because an answer was lost
    refused,   // for good: sending it again cannot help
    again,     // nothing is known against it
    failed,    // the server failed on this very item: it may do so for ever
    alone,     // its request was refused as a whole: it is to be sent by itself
};

struct Answer {
    std::vector<Fate> fates = {};
    /// How long the server asked to be left alone.
    std::optional<std::chrono::milliseconds> retry_after = {};
    /// The request may have been taken although no answer came.
    bool in_doubt = false;
    /// Why an item was refused or is to be sent again, for a human.
    std::string why = {};
};

/// threads one at a time
class Sender {
public:
    Sender(std::string url, std::chrono::milliseconds timeout);

    /// Sends items of one kind, joined into one request; waits for the answer at most the timeout.
    [[nodiscard]] Answer send(const std::vector<Item>& items, const std::string& key);

private:
    http::Client client_;
};

[[nodiscard]] Fate fate_of(const v1::BlockResult& result);

/// What an answer of the server means; `count` items were sent.
[[nodiscard]] Answer read_answer(Kind kind, std::size_t count, const http::Response& response);

} // namespace vigil::play
