#include "journal/nats/nats_journal.hpp"

#include "journal/admission.hpp"
#include "journal/held.hpp"
#include "journal/nats/connection.hpp"
#include "journal/nats/listeners.hpp"
#include "journal/nats/nats_leases.hpp"
#include "journal/nats/nats_readers.hpp"
#include "journal/nats/outbox.hpp"
#include "journal/nats/stream.hpp"
#include "journal/watchers.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <semaphore>
#include <thread>
#include <utility>

namespace vigil::journal {

namespace {

constexpr std::chrono::milliseconds look_every{100};
constexpr std::int64_t heartbeat_ns = 500'000'000; // without two of them the tail is begun anew
constexpr std::chrono::milliseconds state_every{1'000};

void finish_all(std::vector<nats::Outbox::Finished> finished) {
    for (auto& one : finished) {
        one.done(std::move(one.result));
    }
}

} // namespace

struct NatsJournal::Inside {
    Inside(NatsJournalOptions chosen, const Clock& its_clock, Log& its_log)
        : options(std::move(chosen)), clock(its_clock), log(its_log), held(options.recent_bytes) {
        nats::listeners().add(this);
    }

    ~Inside() { nats::listeners().remove(this); }

    Inside(const Inside&) = delete;

    Result<void> connect();
    void set_callbacks(natsOptions* made);
    void trouble(natsStatus status, std::string_view words);
    Result<void> begin();
    void take(natsMsg* message);
    void answer(natsMsg* message);
    void look(const std::stop_token& stop);
    void settle();
    void note(const nats::StreamState& state);

    const NatsJournalOptions options;
    const Clock& clock;
    Log& log;
    nats::Connection connection;
    nats::Context context;
    std::string inbox;
    std::unique_ptr<nats::Stream> stream;
    std::unique_ptr<nats::Outbox> outbox;
    Watchers watchers;
    mutable std::mutex mutex;
    Held held;
    std::atomic<Sequence> newest = 0;
    std::atomic<Sequence> freed = 0;
    std::atomic<std::uint64_t> disk_bytes = 0;
    std::atomic<bool> closing = false;
    std::atomic<bool> lost = false; // the connection has ended by itself
    std::atomic<bool> away = false;
    std::atomic<SteadyTime> away_since = SteadyTime();
    std::binary_semaphore closed{0};
    std::mutex looking;
    std::condition_variable_any stopped;
    std::jthread looker;
    nats::Subscription answers;
    nats::Subscription tail; // last: its thread uses all of the above
};

Result<void> NatsJournal::Inside::connect() {
    const auto made = nats::connection_options(options);
    if (!made) {
        return std::unexpected(made.error());
    }
    set_callbacks(made->get());
    auto connected = nats::connect(made->get());
    if (!connected) {
        return std::unexpected(connected.error());
    }
    connection = *std::move(connected);
    return {};
}

void NatsJournal::Inside::set_callbacks(natsOptions* made) {
    natsOptions_SetDisconnectedCB(
        made,
        [](natsConnection*, void* self) {
            auto& in = *static_cast<Inside*>(self);
            if (!in.closing) {
                in.away_since = in.clock.steady();
                in.away = true;
                in.log.warning("journal_connection_lost");
            }
        },
        this
    );
    // the last of cnats' calls: it comes from a thread of its own, after those of above
    natsOptions_SetClosedCB(
        made,
        [](natsConnection*, void* self) {
            auto& in = *static_cast<Inside*>(self);
            if (!in.closing) { // it gives up where the servers refuse the user twice
                in.lost = true;
                in.log.error("journal_connection_ended");
            }
            in.closed.release();
        },
        this
    );
    natsOptions_SetReconnectedCB(
        made,
        [](natsConnection*, void* self) {
            auto& in = *static_cast<Inside*>(self);
            in.away = false;
            in.log.info("journal_connection_back");
            if (in.outbox) {
                in.outbox->publish_again();
            }
        },
        this
    );
    // without a handler cnats writes to stderr
    natsOptions_SetErrorHandler(
        made,
        [](natsConnection*, natsSubscription*, natsStatus status, void* self) {
            const char* const words = nats_GetLastError(nullptr);
            nats::listeners().tell(self, [&] {
                static_cast<Inside*>(self)->trouble(status, words == nullptr ? "" : words);
            });
        },
        this
    );
}

void NatsJournal::Inside::trouble(natsStatus status, std::string_view words) {
    if (const auto subject = nats::refused_subject(words); !subject.empty()) {
        log.error("journal_not_permitted", {{"cause", words}});
        if (outbox) {
            finish_all(outbox->not_permitted(subject));
        }
        return;
    }
    log.warning(
        "journal_tail_trouble",
        {{"cause", words.empty() ? std::string_view(natsStatus_GetText(status)) : words}}
    );
}

Result<void> NatsJournal::Inside::begin() {
    stream = std::make_unique<nats::Stream>(
        connection.get(),
        nats::StreamSettings{
            .name = options.stream,
            .replicas = options.replicas,
            .max_bytes = options.max_bytes,
            .makes = options.makes_stream
        },
        options.request_timeout
    );
    if (auto made = stream->make(); !made) {
        return made;
    }
    const auto state = stream->state();
    if (!state) {
        return std::unexpected(state.error());
    }
    newest = state->last;
    note(*state);

    natsInbox* name = nullptr;
    if (const auto status = natsInbox_Create(&name); status != NATS_OK) {
        return nats::failed("inbox", status);
    }
    inbox = name;
    natsInbox_Destroy(name);
    outbox = std::make_unique<nats::Outbox>(
        connection.get(),
        options.stream,
        inbox,
        nats::OutboxRules{
            .queue_entries = options.queue_entries,
            .queue_bytes = options.queue_bytes,
            .again_after = options.again_after,
            .doubt_after = options.doubt_after
        },
        clock
    );
    natsSubscription* made = nullptr;
    auto status = natsConnection_Subscribe(
        &made,
        connection.get(),
        (inbox + ".*").c_str(),
        [](natsConnection*, natsSubscription*, natsMsg* message, void* self) {
            const nats::Message owner(message);
            static_cast<Inside*>(self)->answer(message);
        },
        this
    );
    answers.reset(made);
    if (status != NATS_OK) {
        return nats::failed("answers", status);
    }
    natsSubscription_SetPendingLimits(made, -1, -1);

    jsCtx* js = nullptr;
    status = natsConnection_JetStream(&js, connection.get(), nullptr);
    context.reset(js);
    jsSubOptions following;
    jsSubOptions_Init(&following);
    following.Stream = options.stream.c_str();
    following.Ordered = true;
    following.Config.DeliverPolicy = js_DeliverByStartSequence;
    following.Config.OptStartSeq = state->last + 1;
    following.Config.Heartbeat = heartbeat_ns;
    natsSubscription* followed = nullptr;
    if (status == NATS_OK) {
        status = js_Subscribe(
            &followed,
            js,
            nats::all_subjects(options.stream).c_str(),
            [](natsConnection*, natsSubscription*, natsMsg* message, void* self) {
                const nats::Message owner(message);
                static_cast<Inside*>(self)->take(message);
            },
            this,
            nullptr,
            &following,
            nullptr
        );
    }
    tail.reset(followed);
    if (status != NATS_OK) {
        return nats::failed("tail", status);
    }
    natsSubscription_SetPendingLimits(followed, -1, -1);
    looker = std::jthread([this](const std::stop_token& stop) { look(stop); });
    return {};
}

void NatsJournal::Inside::take(natsMsg* message) {
    const auto sequence = nats::sequence_of(message);
    if (sequence <= newest.load()) {
        return; // the tail was begun anew
    }
    auto stored = nats::stored_from(message, sequence);
    if (!stored) {
        log.error("journal_entry_unreadable", {{"sequence", sequence}});
        return;
    }
    {
        const std::scoped_lock lock(mutex);
        held.add(*stored, static_cast<std::size_t>(natsMsg_GetDataLength(message)));
        newest = sequence;
    }
    finish_all(outbox->read_back(nats::id_of(message), sequence));
    watchers.tell(sequence);
}

void NatsJournal::Inside::answer(natsMsg* message) {
    const std::string_view subject = natsMsg_GetSubject(message);
    const auto text = subject.substr(std::min(subject.size(), inbox.size() + 1));
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    finish_all(outbox->answered(number, message));
}

void NatsJournal::Inside::note(const nats::StreamState& state) {
    freed = std::max(freed.load(), state.freed);
    disk_bytes = state.bytes;
    if (outbox && (options.max_bytes == 0 || state.bytes + max_entry_bytes < options.max_bytes)) {
        outbox->may_write();
    }
}

void NatsJournal::Inside::look(const std::stop_token& stop) {
    auto next_state = clock.steady();
    std::unique_lock lock(looking);
    while (!stopped.wait_for(lock, stop, look_every, [&] { return stop.stop_requested(); })) {
        finish_all(outbox->look());
        settle();
        if (clock.steady() >= next_state) {
            next_state = clock.steady() + state_every;
            if (const auto state = stream->state()) {
                note(*state);
            }
        }
    }
}

/// Refused after a repeat: was the first one taken? The stream up to now says so.
void NatsJournal::Inside::settle() {
    const auto numbers = outbox->unsettled();
    if (numbers.empty()) {
        return;
    }
    const auto state = stream->state();
    if (state && newest.load() >= state->last) {
        finish_all(outbox->settle(numbers));
    }
}

NatsJournal::NatsJournal(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

NatsJournal::~NatsJournal() {
    auto& in = *inside_;
    in.looker = {};
    in.tail.reset();
    in.answers.reset();
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
        .writable = inside_->outbox->writable() && !inside_->away && !inside_->lost,
        .queued_entries = length.entries,
        .queued_bytes = length.bytes,
        .disk_bytes = inside_->disk_bytes,
    };
}

bool NatsJournal::lost() const {
    return inside_->lost;
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
