// Appends on their way to JetStream: each is published until its fate is known, and known to have
// succeeded once its entries have come back in the stream's order. Used by NatsJournal.
#pragma once

#include "base/time.hpp"
#include "journal/journal.hpp"
#include "journal/nats/handles.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace vigil::journal::nats {

struct OutboxRules {
    std::size_t queue_entries = 1 << 16;
    std::size_t queue_bytes = 64 << 20;
    /// Without an answer so long a batch is published again under the same ids; then after twice as
    /// long, so that servers whose disk is slow are not given ever more of the same.
    std::chrono::milliseconds again_after{2'000};
    /// Without a known fate so long an append is in doubt.
    std::chrono::milliseconds doubt_after{10'000};
};

/// A message's id is of this append alone: however often it is published, the server takes it once,
/// and an entry that somebody appends again is there again, as in every journal. A batch of several
/// is an atomic batch of nats-server (ADR-50): all of it or nothing.
///
/// A success needs both: the server's acknowledgement, and the entries read back. Where the
/// acknowledgement was lost, what was read back is enough. A refusal after a repeated publish is
/// believed only once the stream has been read up to where it stood then.
///
/// threads any
class Outbox {
public:
    struct Finished {
        AppendDone done;
        Result<Appended> result;
    };

    Outbox(
        natsConnection* connection,
        std::string stream,
        std::string inbox,
        OutboxRules rules,
        const Clock& clock
    );

    /// Registers and publishes. An error: it was not taken, and `done` is still the caller's.
    [[nodiscard]] Result<void> take(Batch& batch, AppendDone& done);
    /// The server's answer to the publish with this number.
    [[nodiscard]] std::vector<Finished> answered(std::uint64_t number, natsMsg* answer);
    /// The message with this id was read back; they come in order.
    [[nodiscard]] std::vector<Finished> read_back(const std::string& id, Sequence sequence);
    /// The servers let this user publish nothing to the subject: what waits for it was not taken.
    [[nodiscard]] std::vector<Finished> not_permitted(const std::string& subject);
    /// All that has no answer again, in order: after a connection was lost.
    void publish_again();
    /// What is due to be published again, or in doubt.
    [[nodiscard]] std::vector<Finished> look();
    /// Numbers of appends that were refused after a repeat.
    [[nodiscard]] std::vector<std::uint64_t> unsettled() const;
    /// The stream was read back up to where it stood after unsettled(), and these were not in it.
    [[nodiscard]] std::vector<Finished> settle(const std::vector<std::uint64_t>& numbers);
    /// Everything that still waits, as in doubt.
    [[nodiscard]] std::vector<Finished> give_up();

    struct Length {
        std::size_t entries = 0;
        std::size_t bytes = 0;
    };

    [[nodiscard]] Length length() const;
    /// False after an append that failed, until one succeeds or may_write() is said.
    [[nodiscard]] bool writable() const;
    /// The servers answer and have room: the next append may well succeed. Without it nobody would
    /// try, where whoever is not writable is sent nothing.
    void may_write();

private:
    struct Outgoing {
        std::string subject;
        std::string id;
        std::string payload;
        std::optional<Fence> fence;
    };

    struct Waiting {
        std::vector<Outgoing> messages;
        AppendDone done;
        std::size_t bytes = 0;
        Appended sequences; // of the entries read back; 0 = not yet
        std::size_t missing = 0;
        SteadyTime since;
        SteadyTime published;
        std::uint32_t times = 0;
        bool acknowledged = false;
        bool may_be_lost = false; // an acknowledgement may have been lost
        std::optional<Error> refused;
    };

    using Place = std::map<std::uint64_t, Waiting>::iterator;

    [[nodiscard]] Result<std::vector<Outgoing>> messages_of(Batch& batch) const;
    void publish(std::uint64_t number, Waiting& waiting);
    [[nodiscard]] natsStatus
    send(const Outgoing& message, std::uint64_t number, const Waiting& waiting, std::size_t index);
    [[nodiscard]] Finished finish(Place place, Result<Appended> result);
    [[nodiscard]] Finished succeed(Place place);
    [[nodiscard]] bool succeeded(const Waiting& waiting) const;
    [[nodiscard]] std::chrono::milliseconds pause_after(std::uint32_t times) const;

    natsConnection* connection_;
    const std::string stream_;
    const std::string inbox_;
    const OutboxRules rules_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    std::uint64_t next_ = 1;
    std::map<std::uint64_t, Waiting> waiting_; // by number: the order of the appends

    struct Own {
        std::uint64_t number = 0;
        std::size_t index = 0;
    };

    std::unordered_map<std::string, Own> own_; // messages that are expected back, by id
    Length length_;
    bool writable_ = true;
};

} // namespace vigil::journal::nats
