// What a NatsJournal holds: its connection, what is on its way, what it follows. Used by
// nats_journal.cpp alone.
#pragma once

#include "journal/held.hpp"
#include "journal/nats/connection.hpp"
#include "journal/nats/delivery.hpp"
#include "journal/nats/listeners.hpp"
#include "journal/nats/nats_journal.hpp"
#include "journal/nats/outbox.hpp"
#include "journal/nats/stream.hpp"
#include "journal/watchers.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <semaphore>
#include <thread>
#include <utility>

namespace vigil::journal {

inline void finish_all(std::vector<nats::Outbox::Finished> finished) {
    for (auto& one : finished) {
        one.done(std::move(one.result));
    }
}

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
    void look_for_stream();

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
    std::atomic<bool> lost = false;     // the connection has ended by itself
    std::string stream_made;            // the stream, when
    std::atomic<bool> gone = false;     // the servers do not have the stream
    std::atomic<bool> replaced = false; // they have another one under its name
    std::atomic<bool> away = false;
    std::atomic<SteadyTime> away_since = SteadyTime();
    std::binary_semaphore closed{0};
    std::mutex looking;
    std::condition_variable_any stopped;
    std::jthread looker;
    nats::Delivery answers;
    nats::Delivery tail; // last: its thread uses all of the above
};

} // namespace vigil::journal
