#include "journal/nats/nats_journal.hpp"

#include "journal/admission.hpp"
#include "journal/nats/inside.hpp"
#include "journal/nats/nats_leases.hpp"
#include "journal/nats/nats_readers.hpp"
#include "journal/nats/subjects.hpp"

#include <utility>

namespace vigil::journal {

NatsJournal::NatsJournal(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

NatsJournal::~NatsJournal() {
    auto& in = *inside_;
    in.looker = {};
    in.tail.end();
    in.answers.end();
    if (in.connection) {
        in.closing = true;
        natsConnection_Close(in.connection.get());
        in.closed.acquire();
    }
    if (in.outbox) {
        finish_all(in.outbox->give_up());
    }
}

Result<std::unique_ptr<NatsJournal>>
NatsJournal::open(NatsJournalOptions options, const Clock& clock, Log& log) {
    auto inside = std::make_unique<Inside>(std::move(options), clock, log);
    if (auto connected = inside->connect(); !connected) {
        return std::unexpected(connected.error());
    }
    auto journal = std::unique_ptr<NatsJournal>(new NatsJournal(std::move(inside)));
    if (auto begun = journal->inside_->begin(); !begun) {
        return std::unexpected(begun.error());
    }
    return journal;
}

void NatsJournal::append(Batch batch, AppendDone done) {
    const auto& in = *inside_;
    if (in.gone || in.replaced) {
        return done(fail(
            ErrorCode::unavailable,
            "the journal's stream is not there any more",
            {},
            in.options.stream,
            Retry::safe
        ));
    }
    if (in.lost ||
        (in.away && in.clock.steady() - in.away_since.load() > in.options.refuse_after)) {
        return done(fail(
            ErrorCode::unavailable,
            "the journal's servers are away",
            {},
            "no connection",
            Retry::safe
        ));
    }
    if (auto taken = inside_->outbox->take(batch, done); !taken) {
        done(std::unexpected(taken.error()));
    }
}

Result<std::vector<StoredPtr>> NatsJournal::read(Sequence after, ReadLimits limits) {
    auto& in = *inside_;
    const auto newest = in.newest.load();
    if (after < in.freed.load()) {
        return std::unexpected(was_freed(after, in.freed + 1));
    }
    if (after >= newest) {
        return std::vector<StoredPtr>();
    }
    {
        const std::scoped_lock lock(in.mutex);
        if (auto recent = in.held.read(after, limits)) {
            return *std::move(recent);
        }
    }
    auto found = in.stream->read(after + 1, limits);
    if (!found) {
        return found;
    }
    // What is missing in front was freed by somebody else: then its mark says so.
    if (found->empty() || found->front()->sequence != after + 1) {
        const auto state = in.stream->state();
        if (!state) {
            return std::unexpected(state.error());
        }
        in.note(*state);
        if (after < in.freed.load()) {
            return std::unexpected(was_freed(after, in.freed + 1));
        }
    }
    // what no one has been told of yet is not readable
    std::erase_if(*found, [&](const StoredPtr& one) { return one->sequence > newest; });
    return found;
}

Sequence NatsJournal::newest() const {
    return inside_->newest;
}

Sequence NatsJournal::oldest() const {
    return inside_->freed + 1;
}

Result<StoredPtr> NatsJournal::newest_output(std::uint32_t partition) {
    return inside_->stream->newest_of(nats::output_subject(inside_->options.stream, partition));
}

Result<Journal::Directory> NatsJournal::directory() {
    const auto reaches = inside_->newest.load();
    auto entries = inside_->stream->newest_of_keys();
    if (!entries) {
        return std::unexpected(entries.error());
    }
    return Directory{.entries = *std::move(entries), .reaches = reaches};
}

std::shared_ptr<void> NatsJournal::watch(Watcher watcher) {
    return inside_->watchers.add(std::move(watcher));
}

Result<void> NatsJournal::free_up_to(Sequence up_to) {
    auto& in = *inside_;
    if (auto freed = in.stream->free(std::min(up_to, in.newest.load())); !freed) {
        return freed;
    }
    const auto state = in.stream->state();
    if (!state) {
        return std::unexpected(state.error());
    }
    in.note(*state);
    const std::scoped_lock lock(in.mutex);
    in.held.forget(in.freed);
    return {};
}

Result<std::unique_ptr<Leases>>
NatsJournal::leases(const std::string& bucket, std::chrono::milliseconds timeout) const {
    const auto& in = *inside_;
    auto opened = nats::NatsLeases::open(in.connection.get(), bucket, in.options.replicas, timeout);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    return *std::move(opened);
}

Journal::Health NatsJournal::health() const {
    const auto length = inside_->outbox->length();
    return {
        .writable =
            inside_->outbox->writable() && !inside_->away && !inside_->lost && stream_there(),
        .queued_entries = length.entries,
        .queued_bytes = length.bytes,
        .disk_bytes = inside_->disk_bytes,
    };
}

bool NatsJournal::lost() const {
    return inside_->lost || inside_->replaced;
}

bool NatsJournal::stream_there() const {
    return !inside_->gone && !inside_->replaced;
}

Result<std::unique_ptr<Readers>> NatsJournal::readers() {
    const auto& in = *inside_;
    return nats::open_readers(
        in.connection.get(),
        {.stream = in.options.stream,
         .replicas = in.options.replicas,
         .makes = in.options.makes_stream,
         .timeout = in.options.request_timeout}
    );
}

} // namespace vigil::journal
