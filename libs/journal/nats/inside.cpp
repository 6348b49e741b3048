#include "journal/nats/inside.hpp"

#include "journal/nats/subjects.hpp"

#include <algorithm>
#include <charconv>

namespace vigil::journal {

namespace {

constexpr std::chrono::milliseconds look_every{100};
constexpr std::int64_t heartbeat_ns = 500'000'000; // without two of them the tail is begun anew
constexpr std::chrono::milliseconds state_every{1'000};

} // namespace

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
                in.log.error("journal_connection_ended");
                in.lost = true;
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
            .makes = options.makes_stream,
            .first = options.first
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
    stream_made = state->made;
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
    if (status == NATS_OK) {
        status = answers.begin(made);
    }
    if (status != NATS_OK) {
        return nats::failed("answers", status);
    }

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
    if (status == NATS_OK) {
        status = tail.begin(followed);
    }
    if (status != NATS_OK) {
        return nats::failed("tail", status);
    }
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
            look_for_stream();
        }
    }
}

/// A stream that was deleted takes acknowledged entries with it, and one that was made in its place
/// numbers its own from elsewhere: neither may pass unseen. What is told to callers is in the log
/// by then.
void NatsJournal::Inside::look_for_stream() {
    const auto state = stream->state();
    if (!state) {
        if (state.error().code == ErrorCode::not_found && !gone) {
            log.error("journal_stream_gone", {{"stream", options.stream}});
            gone = true;
        }
        return; // else the servers are away, which says nothing of the stream
    }
    if (state->made != stream_made) {
        if (!replaced) {
            log.error("journal_stream_replaced", {{"stream", options.stream}});
            replaced = true;
        }
        return;
    }
    gone = false;
    note(*state);
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

} // namespace vigil::journal
