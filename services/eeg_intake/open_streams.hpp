// The WebSockets of GET /v1/eeg/stream: blocks in, replies out, and an end within a second for a
// revoked key.
#pragma once

#include "eeg_intake/block_intake.hpp"
#include "http/message.hpp"

#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace vigil::eeg_intake {

/// How much of one stream may be on its way into the journal before its socket is not read any
/// further.
struct StreamBounds {
    std::size_t blocks = 32;
    std::size_t bytes = 2 << 20;
    std::size_t links = 32; // streams of whose link the end is told; others fall silent, no more
};

/// One sender's socket. The journal's answers reach it as long as it lives.
/// threads any
class BlockStream final : public http::WebSocketPeer,
                          public std::enable_shared_from_this<BlockStream> {
public:
    BlockStream(BlockIntake& intake, http::Principal sender, TraceId trace, StreamBounds bounds)
        : intake_(intake), sender_(std::move(sender)), trace_(trace), bounds_(bounds) {}

    void on_open(std::shared_ptr<http::WebSocket> socket) override;
    void on_message(std::string message) override;
    void on_close() override;

    void close(std::uint16_t code, std::string reason);

    [[nodiscard]] const http::Principal& sender() const { return sender_; }

private:
    void answered(std::size_t bytes, const Result<std::vector<BlockOutcome>>& result);
    void send(const v1::BlockReply& reply);
    void note(const Result<std::vector<BlockOutcome>>& result);
    void tell_end();

    BlockIntake& intake_;
    http::Principal sender_;
    TraceId trace_; // of the request that opened the socket
    StreamBounds bounds_;
    std::mutex mutex_;
    std::shared_ptr<http::WebSocket> socket_;
    std::size_t open_blocks_ = 0;
    std::size_t open_bytes_ = 0;
    bool paused_ = false;
    bool is_gone_ = false;         // the socket is
    std::set<StreamLink> streams_; // that were accepted over it
};

/// threads any
class OpenStreams {
public:
    void add(const std::shared_ptr<BlockStream>& stream);
    /// Closes the sockets of keys that the entries revoke, with 1008.
    void apply(std::span<const journal::StoredPtr> entries);
    [[nodiscard]] std::size_t size();

private:
    std::mutex mutex_;
    std::unordered_multimap<std::string, std::weak_ptr<BlockStream>> by_key_;
};

} // namespace vigil::eeg_intake
