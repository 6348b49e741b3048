// GET /v1/eeg/stream: each binary message of the sender is one EegBlock, each of the server one
// BlockReply.
#include "eeg_intake/block_answer.hpp"
#include "eeg_intake/open_streams.hpp"
#include "eeg_intake/routes.hpp"

namespace vigil::eeg_intake {

namespace {

constexpr std::uint16_t policy_violation = 1008; // RFC 6455, section 7.4.1
constexpr std::uint16_t try_again_later = 1013;  // IANA WebSocket close code registry

v1::BlockReply refusal(const Error& error) {
    v1::BlockReply reply;
    auto& result = *reply.add_results();
    result.set_status(v1::BlockResult::REFUSED);
    result.set_code(std::string(name(error.code)));
    result.set_detail(error.detail);
    return reply;
}

} // namespace

void BlockStream::on_open(std::shared_ptr<http::WebSocket> socket) {
    const std::lock_guard lock(mutex_);
    socket_ = std::move(socket);
}

void BlockStream::on_close() {
    {
        const std::lock_guard lock(mutex_);
        socket_.reset();
        is_gone_ = true;
    }
    tell_end();
}

/// Once all that came over it is in the journal: its samples would say that it is back.
void BlockStream::tell_end() {
    std::set<StreamLink> streams;
    {
        const std::lock_guard lock(mutex_);
        if (!is_gone_ || open_blocks_ > 0) {
            return;
        }
        streams.swap(streams_);
    }
    intake_.end_links({.patient = sender_.patient, .device = sender_.device}, streams, trace_);
}

void BlockStream::note(const Result<std::vector<BlockOutcome>>& result) {
    if (!result) {
        return;
    }
    for (const auto& outcome : *result) {
        if (outcome.status != v1::BlockResult::REFUSED && streams_.size() < bounds_.links) {
            streams_.insert({.device = outcome.device, .stream = outcome.stream});
        }
    }
}

void BlockStream::close(std::uint16_t code, std::string reason) {
    std::shared_ptr<http::WebSocket> socket;
    {
        const std::lock_guard lock(mutex_);
        socket = std::exchange(socket_, nullptr);
    }
    if (socket) {
        socket->close(code, std::move(reason));
    }
}

void BlockStream::send(const v1::BlockReply& reply) {
    std::shared_ptr<http::WebSocket> socket;
    {
        const std::lock_guard lock(mutex_);
        socket = socket_;
    }
    // a sender that does not read its replies could never know what is held: it connects again and
    // repeats
    if (socket && !socket->send(std::make_shared<const std::string>(reply.SerializeAsString()))) {
        close(try_again_later, "replies are not read");
    }
}

void BlockStream::on_message(std::string message) {
    Submission submission{
        .patient = sender_.patient,
        .blocks = {},
        .numbered = false,
        .legacy = false,
        .id = {},
        .trace = trace_,
        .device = sender_.device
    };
    auto& block = submission.blocks.emplace_back();
    if (!block.ParseFromString(message)) {
        return send(refusal(
            fail(ErrorCode::invalid_argument, "the message is not a whole EegBlock").error()
        ));
    }
    const auto bytes = message.size();
    {
        const std::lock_guard lock(mutex_);
        if (!socket_) {
            return; // closed by us: what it still sends is not taken
        }
        ++open_blocks_;
        open_bytes_ += bytes;
        if (!paused_ && (open_blocks_ >= bounds_.blocks || open_bytes_ >= bounds_.bytes)) {
            paused_ = true;
            socket_->pause_reading(true);
        }
    }
    intake_.submit(
        std::move(submission),
        [self = shared_from_this(), bytes](Result<std::vector<BlockOutcome>> result) {
            self->answered(bytes, result);
        }
    );
}

void BlockStream::answered(std::size_t bytes, const Result<std::vector<BlockOutcome>>& result) {
    send(result ? block_reply(*result) : refusal(result.error()));
    {
        const std::lock_guard lock(mutex_);
        --open_blocks_;
        open_bytes_ -= bytes;
        note(result);
        if (paused_ && open_blocks_ <= bounds_.blocks / 2 && open_bytes_ <= bounds_.bytes / 2) {
            paused_ = false;
            if (socket_) {
                socket_->pause_reading(false);
            }
        }
    }
    tell_end();
}

void OpenStreams::add(const std::shared_ptr<BlockStream>& stream) {
    const std::lock_guard lock(mutex_);
    std::erase_if(by_key_, [](const auto& item) { return item.second.expired(); });
    by_key_.emplace(stream->sender().id, stream);
}

void OpenStreams::apply(std::span<const journal::StoredPtr> entries) {
    for (const auto& stored : entries) {
        v1::DeviceKey key;
        if (stored->entry.type() != v1::DEVICE_KEY ||
            !key.ParseFromString(stored->entry.payload()) || key.revoked_us() == 0) {
            continue;
        }
        std::vector<std::shared_ptr<BlockStream>> revoked;
        {
            const std::lock_guard lock(mutex_);
            const auto [begin, end] = by_key_.equal_range(key.id());
            for (auto place = begin; place != end; ++place) {
                if (auto stream = place->second.lock()) {
                    revoked.push_back(std::move(stream));
                }
            }
            by_key_.erase(begin, end);
        }
        for (const auto& stream : revoked) {
            stream->close(policy_violation, "the key was revoked");
        }
    }
}

std::size_t OpenStreams::size() {
    const std::lock_guard lock(mutex_);
    std::erase_if(by_key_, [](const auto& item) { return item.second.expired(); });
    return by_key_.size();
}

http::WebSocketHandler stream_blocks(EegIntake& service) {
    return
        [&service](const http::Request& request) -> Result<std::shared_ptr<http::WebSocketPeer>> {
            if (const auto sender = access::sender_of(request.principal); !sender) {
                return std::unexpected(sender.error());
            }
            // the key may have been revoked since the server asked who this is
            const auto directory = service.on.directory.state();
            auto stream = std::make_shared<BlockStream>(
                service.blocks,
                request.principal,
                request.trace,
                StreamBounds{}
            );
            service.streams.add(stream);
            const auto key = directory->keys.find(request.principal.id);
            if (key != directory->keys.end() && key->second.revoked_us() != 0) {
                return fail(ErrorCode::unauthenticated, "the key was revoked");
            }
            return stream;
        };
}

} // namespace vigil::eeg_intake
