#include "play/socket_sender.hpp"

#include "vigil/v1/eeg.pb.h"

#include <algorithm>

namespace vigil::play {

std::string block_of_batch(const std::string& batch) {
    // one byte of tag, then the length seven bits a byte (Protocol Buffers, "Encoding")
    std::size_t at = 1;
    while (at < batch.size() && (static_cast<unsigned char>(batch[at]) & 0x80U) != 0) {
        ++at;
    }
    return batch.substr(std::min(batch.size(), at + 1));
}

SocketSender::SocketSender(std::string url, std::string key, std::chrono::milliseconds timeout)
    : url_(std::move(url)), key_(std::move(key)), timeout_(timeout) {}

Answer SocketSender::open_first(std::size_t count) {
    if (socket_) {
        return {};
    }
    auto opened = http::WebSocketClient::open(
        url_,
        "/v1/eeg/stream",
        {{"Authorization", "Bearer " + key_}},
        timeout_
    );
    if (opened) {
        socket_.emplace(std::move(*opened));
        return {};
    }
    const bool final = opened.error().code == ErrorCode::unauthenticated ||
                       opened.error().code == ErrorCode::forbidden ||
                       opened.error().code == ErrorCode::not_found;
    return {
        .fates = std::vector(count, final ? Fate::refused : Fate::again),
        .why = opened.error().detail
    };
}

void SocketSender::read_results(const std::vector<Item>& blocks, Answer& answer) {
    std::vector<bool> open(blocks.size(), true);
    for (std::size_t left = blocks.size(); left > 0;) {
        const auto message = socket_->receive(timeout_);
        v1::BlockReply reply;
        if (!message || !reply.ParseFromString(*message) || reply.results().empty()) {
            answer.in_doubt = true;
            answer.why = message ? "a message that is no BlockReply" : message.error().detail;
            socket_.reset();
            return;
        }
        for (const auto& result : reply.results()) {
            // a refusal for want of something the server needs does not name its block: the oldest
            // is meant
            std::size_t i = 0;
            while (i < blocks.size() &&
                   !(open[i] && (result.stream().empty() ||
                                 blocks[i].first_sample == result.first_sample()))) {
                ++i;
            }
            if (i == blocks.size()) {
                continue; // of an earlier send that was given up
            }
            open[i] = false;
            --left;
            answer.fates[i] = fate_of(result);
            if (result.status() == v1::BlockResult::REFUSED) {
                answer.why = result.code() + ": " + result.detail();
            }
        }
    }
}

Answer SocketSender::send(const std::vector<Item>& blocks) {
    auto answer = open_first(blocks.size());
    if (!socket_) {
        return answer;
    }
    answer.fates.assign(blocks.size(), Fate::again);
    for (const auto& item : blocks) {
        if (auto sent = socket_->send(block_of_batch(item.body)); !sent) {
            answer.in_doubt = true;
            answer.why = sent.error().detail;
            socket_.reset();
            return answer;
        }
    }
    read_results(blocks, answer);
    return answer;
}

} // namespace vigil::play
