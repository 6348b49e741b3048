// The journal of a cluster: one JetStream stream, whose servers keep each entry on several
// machines. Made by main.cpp; everything else knows only the port.
#pragma once

#include "base/log.hpp"
#include "base/time.hpp"
#include "journal/journal.hpp"
#include "journal/leases.hpp"
#include "journal/readers.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace vigil::journal {

struct NatsJournalOptions {
    std::vector<std::string> servers;    // "nats://host:4222"
    std::string name = "vigil";          // as the servers list this connection
    std::string user;                    // empty: none
    std::filesystem::path password_file; // of the user; its first line, read at the opening
    std::filesystem::path ca;            // TLS, and who vouches for the servers; empty: no TLS
    std::filesystem::path certificate;   // of this client, with its key; empty: none
    std::filesystem::path key;
    std::string stream = "VIGIL"; // its subjects begin with the same in lower case
    bool makes_stream = true;     // where it is not there; else that is an error
    Sequence first = 1;           // of a stream that has to be made: the place of its first entry
    std::uint32_t replicas = 3;   // of a stream that has to be made
    std::uint64_t max_bytes =
        0; // of the same: beyond, appends are unavailable; 0 = the disk decides
    std::size_t queue_entries = 1 << 16;
    std::size_t queue_bytes = 64 << 20;
    std::size_t recent_bytes =
        32 << 20; // newest entries kept in memory for the readers of the tail
    std::chrono::milliseconds request_timeout{5'000};
    std::chrono::milliseconds again_after{2'000};
    std::chrono::milliseconds doubt_after{10'000};
    /// While the servers are away for longer, an append is refused at once and not kept.
    std::chrono::milliseconds refuse_after{2'000};
};

/// A success means: the stream's servers have acknowledged it, and it was read back in its place.
/// What that survives is the servers' setting: see docs/decisions/0004-jetstream.md. The
/// stream's sequence is the journal's.
///
/// note     nats-server 2.12 or newer: a batch is one of its atomic batches, of 1,000 entries at
/// most threads  any. `done` and watchers run on the journal's own threads, but a request that is
///          refused at the door gets its answer in the caller's. While the servers are away appends
///          wait, and are in doubt after `doubt_after`; those that come when they have been away
///          for `refuse_after` are unavailable, and safe to try again. A password that is refused
///          at a reconnect ends the connection for good: lost().
class NatsJournal final : public Journal {
public:
    /// errors  unavailable: no server answers, it refuses the user or the certificate, the stream
    ///         is not there or cannot be made; invalid_argument: a file of the options is none
    [[nodiscard]] static Result<std::unique_ptr<NatsJournal>>
    open(NatsJournalOptions options, const Clock& clock, Log& log);
    ~NatsJournal() override;

    void append(Batch batch, AppendDone done) override;
    [[nodiscard]] Result<std::vector<StoredPtr>> read(Sequence after, ReadLimits limits = {})
        override;
    [[nodiscard]] Sequence newest() const override;
    [[nodiscard]] Sequence oldest() const override;
    [[nodiscard]] Result<StoredPtr> newest_output(std::uint32_t partition) override;
    [[nodiscard]] Result<Directory> directory() override;
    [[nodiscard]] std::shared_ptr<void> watch(Watcher watcher) override;
    Result<void> free_up_to(Sequence up_to) override;
    [[nodiscard]] Health health() const override;

    /// The connection has ended for good, or the stream was made anew while this process followed
    /// the one before: it has to start anew.
    [[nodiscard]] bool lost() const;
    /// Whether the servers had the stream that this process follows when they were last asked,
    /// each second. Where they do not have it, nothing is writable.
    [[nodiscard]] bool stream_there() const;
    /// Where this journal's readers say how far they are; not to be used after the journal is gone.
    /// Its bucket is made as the stream is.
    ///
    /// errors  unavailable: no answer, it is not there or cannot be made
    [[nodiscard]] Result<std::unique_ptr<Readers>> readers();
    /// Leases in a bucket of the key-value store of the same servers, over the same connection: the
    /// journal must outlive them. errors  unavailable: no server answers
    [[nodiscard]] Result<std::unique_ptr<Leases>>
    leases(const std::string& bucket, std::chrono::milliseconds timeout) const;

private:
    struct Inside;
    explicit NatsJournal(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

} // namespace vigil::journal
