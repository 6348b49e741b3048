#include "records/service.hpp"

#include <algorithm>
#include <format>

namespace vigil::records {

namespace {

constexpr journal::ReadLimits read_limits{.entries = 1024, .bytes = 8 << 20};

} // namespace

struct Service::Gauges {
    Metrics& metrics;
    prometheus::Gauge& position = metrics.gauge(
        "vigil_records_position",
        "Newest journal sequence that records has taken in"
    );
    prometheus::Gauge& stored = metrics.gauge(
        "vigil_records_stored_position",
        "Newest journal sequence that the store has"
    );
    prometheus::Gauge& lag =
        metrics.gauge("vigil_records_lag_entries", "Journal entries that records has not read yet");
    prometheus::Gauge& pending =
        metrics.gauge("vigil_records_pending_bytes", "Taken in and not yet written to the store");
    prometheus::Gauge& failing =
        metrics.gauge("vigil_records_store_failing", "1 while the store takes nothing");
    prometheus::Gauge& freed = metrics.gauge(
        "vigil_records_freed_position",
        "Journal sequence up to which records lets it be freed"
    );
    prometheus::Histogram& flush_seconds =
        metrics.duration_seconds("vigil_records_flush_duration_seconds", "Writing what is pending");
    prometheus::Counter& missed = metrics.counter(
        "vigil_records_missed_total",
        "Times that the journal had freed entries that records had not read"
    );
    CoreCounts shown{};

    void count(const char* what, std::uint64_t CoreCounts::* member, const CoreCounts& now) {
        if (now.*member != shown.*member) {
            metrics
                .counter(
                    "vigil_records_entries_total",
                    "What records made of the journal",
                    {{"kind", what}}
                )
                .Increment(static_cast<double>(now.*member - shown.*member));
        }
    }

    void count_all(const CoreCounts& now) {
        count("block", &CoreCounts::blocks, now);
        count("duplicate", &CoreCounts::duplicates, now);
        count("conflict", &CoreCounts::conflicts, now);
        count("recorded_conflict", &CoreCounts::recorded_conflicts, now);
        count("detection", &CoreCounts::detections, now);
        count("event", &CoreCounts::events, now);
        count("chronicle", &CoreCounts::chronicle, now);
        count("vital", &CoreCounts::vitals, now);
        count("beats", &CoreCounts::beats, now);
        count("quarantined", &CoreCounts::quarantined, now);
        count("unreadable", &CoreCounts::unreadable, now);
        count("unknown_type", &CoreCounts::unknown_types, now);
        count("layout_change", &CoreCounts::layout_changes, now);
        count("flush", &CoreCounts::flushes, now);
        count("failed_flush", &CoreCounts::failed_flushes, now);
        shown = now;
    }
};

Service::Service(
    journal::Journal& journal,
    store::Store& store,
    const Clock& clock,
    Log& log,
    Metrics& metrics,
    ServiceOptions options
)
    : journal_(journal),
      store_(store),
      clock_(clock),
      log_(log),
      options_(std::move(options)),
      core_(store, options_.core),
      gauges_(new Gauges{.metrics = metrics}),
      teller_(
          journal,
          clock,
          {.after = options_.tell_failing_after, .every = options_.tell_failing_every}
      ) {}

Service::~Service() {
    stop();
}

Result<void> Service::start() {
    if (auto loaded = core_.load(); !loaded) {
        return loaded;
    }
    if (core_.position() > journal_.newest()) {
        return fail(
            ErrorCode::conflict,
            "the journal ends before what the store holds of it: it is another one, or lost what "
            "it had acknowledged; new entries would be taken for stored ones",
            {},
            std::format("store {}, journal {}", core_.position(), journal_.newest())
        );
    }
    free_at_ = clock_.steady() + options_.free_every;
    if (options_.directory != nullptr) {
        releaser_.emplace(journal_, store_, *options_.directory, clock_);
    }
    thread_ = std::jthread([this] { run(); });
    return {};
}

void Service::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
        catch_up();
        flush();
        show();
    }
}

void Service::catch_up() {
    const auto until = clock_.steady() + options_.last_reads;
    while (core_.position() < journal_.newest() && clock_.steady() < until) {
        const auto before = core_.position();
        read();
        flush_when_due();
        if (core_.position() == before) {
            return; // the journal or the store is away
        }
    }
}

void Service::run() {
    while (true) {
        const bool more = read();
        flush_when_due();
        free_when_due();
        release_when_due();
        if (tried_) {
            teller_.look(failing_);
        }
        show();
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, more ? std::chrono::milliseconds{0} : options_.pace, [this] {
                return stopping_;
            })) {
            return;
        }
    }
}

bool Service::read() {
    if (core_.pending_bytes() >= options_.pending_limit) {
        return false;
    }
    auto entries = journal_.read(core_.position(), read_limits);
    if (!entries && entries.error().code == ErrorCode::not_found) {
        gauges_->missed.Increment();
        log_.error(
            "records_missed_entries",
            {{"position", core_.position()}, {"oldest", journal_.oldest()}}
        );
        entries = journal_.read(journal_.oldest() - 1, read_limits);
    }
    if (!entries) {
        log_.error("records_read_failed", entries.error());
        return false;
    }
    core_.apply(*entries);
    return entries->size() >= read_limits.entries / 4;
}

void Service::flush_when_due() {
    const auto now = clock_.steady();
    if (core_.due(now) && now >= retry_at_) {
        flush();
    }
}

void Service::flush() {
    const auto begin = clock_.steady();
    const auto done = core_.flush(begin);
    tried_ = true;
    gauges_->flush_seconds.Observe(std::chrono::duration<double>(clock_.steady() - begin).count());
    if (done) {
        if (failing_) {
            log_.info("records_store_recovered", {{"position", core_.stored_position()}});
        }
        failing_ = false;
        retry_ = std::chrono::milliseconds{0};
        if (const auto quarantined = core_.counts().quarantined; quarantined != quarantined_) {
            quarantined_ = quarantined;
            release_at_ = {}; // the device may have been assigned before its data were stored
        }
        return;
    }
    if (!failing_) {
        log_.error("records_flush_failed", done.error());
    }
    failing_ = true;
    retry_ = std::clamp(retry_ * 2, options_.first_retry, options_.longest_retry);
    retry_at_ = clock_.steady() + retry_;
    if (done.error().code == ErrorCode::conflict) {
        // Somebody else wrote, or an answer was lost: what the store holds is the truth, and the
        // journal has the rest.
        if (const auto loaded = core_.load(); !loaded) {
            log_.error("records_load_failed", loaded.error());
        }
    }
}

void Service::free_when_due() {
    const auto now = clock_.steady();
    if (now < free_at_) {
        return;
    }
    free_at_ = now + options_.free_every;
    // Only what survives a power cut in the store may leave the journal.
    const auto synced = store_.sync();
    if (!synced) {
        log_.error("records_sync_failed", synced.error());
        return;
    }
    const auto floor = options_.floor ? options_.floor() : *synced;
    const auto up_to = kept_since(std::min(*synced, floor));
    if (up_to == 0 || up_to < journal_.oldest()) {
        return;
    }
    if (const auto freed = journal_.free_up_to(up_to); freed) {
        gauges_->freed.Set(static_cast<double>(up_to));
    } else {
        log_.error("records_free_failed", freed.error());
    }
}

void Service::release_when_due() {
    if (!releaser_ || failing_) {
        return;
    }
    const auto now = clock_.steady();
    const auto reaches = options_.directory->state()->reaches;
    if (reaches == released_for_ && now < release_at_) {
        return;
    }
    auto released = releaser_->release();
    if (!released) {
        log_.error("records_release_failed", released.error());
        released_for_ = reaches;
        release_at_ = now + options_.longest_retry;
        return;
    }
    if (released->empty()) {
        released_for_ = reaches;
        release_at_ = now + options_.release_every;
        return;
    }
    log_.info("records_released", {{"entries", released->size()}});
    core_.release(std::move(*released));
    read();
    flush();
}

journal::Sequence Service::kept_since(journal::Sequence up_to) {
    const auto before_us = to_us(clock_.utc() - options_.keep_time);
    // Receipt times follow the sequence but for steps of the clock, so a search by halves serves:
    // it only says what is old.
    auto low = journal_.oldest() - 1; // everything up to here is old
    auto high = up_to;
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        const auto found = journal_.read(middle, {.entries = 1});
        if (!found || found->empty() || found->front()->sequence > high ||
            found->front()->entry.receipt_time_us() >= before_us) {
            high = middle;
        } else {
            low = found->front()->sequence;
        }
    }
    return low;
}

void Service::show() {
    gauges_->count_all(core_.counts());
    const auto position = core_.position();
    const auto newest = journal_.newest();
    gauges_->position.Set(static_cast<double>(position));
    gauges_->stored.Set(static_cast<double>(core_.stored_position()));
    gauges_->lag.Set(static_cast<double>(newest > position ? newest - position : 0));
    gauges_->pending.Set(static_cast<double>(core_.pending_bytes()));
    gauges_->failing.Set(failing_ ? 1 : 0);
}

} // namespace vigil::records
