// One JetStream stream as the journal uses it: its settings, its state, and reading and freeing
// what is in it. Used by NatsJournal.
#pragma once

#include "journal/journal.hpp"
#include "journal/nats/handles.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace vigil::journal::nats {

struct StreamSettings {
    std::string name = "VIGIL";
    std::uint32_t replicas = 3;
    std::uint64_t max_bytes = 0; // beyond, appends are refused; 0 = the server's disk decides
    bool makes = true;           // where it is not there
    Sequence first = 1;          // of a stream that is made: the place of its first entry
};

struct StreamState {
    Sequence last = 0;
    std::uint64_t bytes = 0;
    /// What readers may no longer ask for: entries up to here were freed.
    Sequence freed = 0;
    std::string made; // when, as the servers tell it: another time is another stream
};

/// The place in the stream of what a consumer delivered; 0: it is nothing of a stream.
[[nodiscard]] Sequence sequence_of(natsMsg* delivered);

/// The id that the message was published under; empty: none.
[[nodiscard]] std::string id_of(natsMsg* delivered);

/// errors  internal: no entry
[[nodiscard]] Result<StoredPtr> stored_from(natsMsg* message, Sequence sequence);

/// threads any; each call waits for the servers
class Stream {
public:
    Stream(natsConnection* connection, StreamSettings settings, std::chrono::milliseconds timeout);

    /// Makes the stream where it is not there, if it may.
    ///
    /// errors  unavailable: no answer, or it is not there
    [[nodiscard]] Result<void> make();
    [[nodiscard]] Result<StreamState> state();
    /// Entries from `from` on in the order of their sequences, up to the limits but one at least.
    /// Empty: there is none.
    [[nodiscard]] Result<std::vector<StoredPtr>> read(Sequence from, ReadLimits limits);
    /// The newest entry of a subject, nullptr when there is none; asked of the stream's leader.
    [[nodiscard]] Result<StoredPtr> newest_of(const std::string& subject);
    /// The newest entry of each directory key, in the order of their sequences.
    [[nodiscard]] Result<std::vector<StoredPtr>> newest_of_keys();
    /// Frees what lies up to `up_to` but the newest of each key and of each partition's outputs.
    [[nodiscard]] Result<void> free(Sequence up_to);

private:
    [[nodiscard]] std::string config(Sequence freed) const;
    /// The answer's JSON.
    [[nodiscard]] Result<std::string> ask(const std::string& verb, const std::string& json);
    [[nodiscard]] Result<void> act(const std::string& verb, const std::string& json);
    [[nodiscard]] Result<std::map<std::string, std::uint64_t>> counts(const std::string& filter);
    [[nodiscard]] Result<void> purge(const std::string& filter, Sequence below);
    [[nodiscard]] Result<void> purge_older(const std::string& filter, Sequence up_to);

    natsConnection* connection_;
    StreamSettings settings_;
    std::chrono::milliseconds timeout_;
    Context context_;
};

} // namespace vigil::journal::nats
