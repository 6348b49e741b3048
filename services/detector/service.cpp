#include "detector/service.hpp"

#include "detector/return_wait.hpp"

#include <pthread.h>

#include <atomic>
#include <exception>
#include <future>
#include <thread>

namespace vigil::detector {

namespace {

struct Probe {
    Probe(Metrics& metrics, const Metrics::Labels& labels)
        : blocks(metrics.counter("vigil_detector_blocks_total", "EEG blocks taken in")),
          windows(metrics.counter("vigil_detector_windows_total", "Windows scored, one per channel")
          ),
          not_evaluated(metrics.counter(
              "vigil_detector_not_evaluated_total",
              "Windows of a patient that no channel could be scored of"
          )),
          duplicates(
              metrics.counter("vigil_detector_duplicates_total", "Blocks whose samples were known")
          ),
          conflicts(metrics.counter(
              "vigil_detector_conflicts_total",
              "Blocks with other samples than known"
          )),
          unreadable(
              metrics.counter("vigil_detector_unreadable_total", "Blocks that cannot be scored")
          ),
          event_revisions(metrics.counter(
              "vigil_detector_event_revisions_total",
              "Events raised, prolonged, ended or revised"
          )),
          shadow_windows(metrics.counter(
              "vigil_detector_shadow_windows_total",
              "Windows that shadows scored, one per channel"
          )),
          shadows_shed(metrics.counter(
              "vigil_detector_shadows_shed_total",
              "Windows that shadows were not asked for, since the detector was behind"
          )),
          model_failures(metrics.counter(
              "vigil_detector_model_failures_total",
              "Failures of models beside the default one"
          )),
          fences_lost(metrics.counter(
              "vigil_detector_fences_lost_total",
              "Outputs refused: another owner took over"
          )),
          owner(metrics.gauge(
              "vigil_detector_owner",
              "1 while this process owns the partitions",
              labels
          )),
          lag_entries(metrics.gauge(
              "vigil_detector_lag_entries",
              "Journal entries not taken in yet",
              labels
          )),
          lag_seconds(metrics.gauge(
              "vigil_detector_lag_seconds",
              "Age of the oldest entry not taken in yet",
              labels
          )),
          step_seconds(metrics.duration_seconds(
              "vigil_detector_step_seconds",
              "One step: reading blocks, scoring, waiting for the journal"
          )) {}

    ~Probe() {
        owner.Set(0);
        lag_entries.Set(0);
        lag_seconds.Set(0);
    }

    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;

    void count(const CoreCounts& now) {
        blocks.Increment(static_cast<double>(now.blocks - last.blocks));
        windows.Increment(static_cast<double>(now.windows_scored - last.windows_scored));
        not_evaluated.Increment(
            static_cast<double>(now.windows_not_evaluated - last.windows_not_evaluated)
        );
        duplicates.Increment(static_cast<double>(now.duplicates - last.duplicates));
        conflicts.Increment(static_cast<double>(now.conflicts - last.conflicts));
        unreadable.Increment(static_cast<double>(now.unreadable - last.unreadable));
        event_revisions.Increment(static_cast<double>(now.event_revisions - last.event_revisions));
        shadow_windows.Increment(static_cast<double>(now.shadow_windows - last.shadow_windows));
        shadows_shed.Increment(static_cast<double>(now.shadows_shed - last.shadows_shed));
        model_failures.Increment(static_cast<double>(now.model_failures - last.model_failures));
        last = now;
    }

    prometheus::Counter& blocks;
    prometheus::Counter& windows;
    prometheus::Counter& not_evaluated;
    prometheus::Counter& duplicates;
    prometheus::Counter& conflicts;
    prometheus::Counter& unreadable;
    prometheus::Counter& event_revisions;
    prometheus::Counter& shadow_windows;
    prometheus::Counter& shadows_shed;
    prometheus::Counter& model_failures;
    prometheus::Counter& fences_lost;
    prometheus::Gauge& owner;
    prometheus::Gauge& lag_entries;
    prometheus::Gauge& lag_seconds;
    prometheus::Histogram& step_seconds;
    CoreCounts last;
};

} // namespace

struct Service::Inside {
    journal::Journal& journal;
    const Clock& clock;
    Log& log;
    ServiceOptions options;
    Core core;
    Probe probe;

    journal::NewEntries news;

    std::atomic<bool> owns{false};
    std::atomic<bool> ended{false};
    bool gave_up = false; // of the thread alone
    std::atomic<bool> late{true};
    std::atomic<std::int64_t> working_since_us{0}; // steady clock; 0: waits for entries
    std::atomic<journal::Sequence> reached{0};
    std::atomic<journal::Sequence> replay_floor{0};
    std::int64_t owned_since_us = 0; // steady clock; of the thread alone
    std::int64_t told_time_us = 0;   // likewise: of the newest CLOCK entries

    std::shared_ptr<void> watch;
    std::thread thread;

    Inside(
        journal::Journal& the_journal,
        detect::Scorer& scorer,
        const Clock& the_clock,
        Log& the_log,
        Metrics& metrics,
        ServiceOptions the_options
    )
        : journal(the_journal),
          clock(the_clock),
          log(the_log),
          options(std::move(the_options)),
          core(scorer, options.core),
          probe(metrics, options.gauge_labels),
          news(options.pace) {}

    [[nodiscard]] std::int64_t steady_us() const {
        return std::chrono::duration_cast<Microseconds>(clock.steady().time_since_epoch()).count() +
               1;
    }

    void run();
    void work();
    bool take_over();
    bool one_step(std::span<const journal::StoredPtr> inputs);
    bool publish(journal::Batch batch);
    bool tell_time();
    void give_up(std::string_view event, const Error& error);
    void note_lag(std::span<const journal::StoredPtr> inputs);
};

void Service::Inside::give_up(std::string_view event, const Error& error) {
    gave_up = true;
    owns = false;
    probe.owner.Set(0);
    log.error(event, error);
}

bool Service::Inside::take_over() {
    for (;;) {
        if (options.may_take_over && !options.may_take_over()) {
            probe.fences_lost.Increment();
            give_up(
                "detector_takeover_refused",
                fail(ErrorCode::conflict, "others should own these partitions").error()
            );
            return false;
        }
        const auto taken = core.take_over(journal, clock.utc());
        if (taken) {
            break;
        }
        if (taken.error().code == ErrorCode::conflict) {
            probe.fences_lost.Increment();
            give_up("detector_takeover_refused", taken.error());
            return false;
        }
        log.error("detector_takeover_failed", taken.error());
        if (!news.rest(options.retry_wait)) {
            return false;
        }
    }
    owns = true;
    owned_since_us = steady_us();
    replay_floor = core.replay_floor();
    probe.owner.Set(1);
    log.info(
        "detector_took_over",
        {{"partitions", core.owned().size()},
         {"first_partition", core.owned().first},
         {"from_sequence", core.position()}}
    );
    return true;
}

/// Appends and waits; false when this owner is done or the service stops.
bool Service::Inside::publish(journal::Batch batch) {
    for (;;) {
        auto promise = std::make_shared<std::promise<Result<journal::Appended>>>();
        auto answer = promise->get_future();
        journal.append(batch, [promise](Result<journal::Appended> result) {
            promise->set_value(std::move(result));
        });
        const auto appended = answer.get();
        if (appended) {
            core.committed(*appended);
            return true;
        }
        const auto& error = appended.error();
        if (error.code == ErrorCode::conflict) {
            probe.fences_lost.Increment();
            give_up("detector_fence_lost", error);
            return false;
        }
        log.error("detector_append_failed", error);
        if (error.retry == Retry::in_doubt) {
            return take_over(); // the journal knows whether it was written
        }
        if (error.retry == Retry::never) {
            give_up("detector_append_refused", error);
            return false;
        }
        if (!news.rest(options.retry_wait)) {
            return false;
        }
    }
}

/// Appends CLOCK entries where it is time; false when this owner is done or the service stops.
bool Service::Inside::tell_time() {
    if (steady_us() - told_time_us < Microseconds(options.clock_interval).count()) {
        return true;
    }
    told_time_us = steady_us();
    auto batch = core.clock(clock.utc());
    return publish(batch.entries.empty() ? core.sign_of_life(clock.utc()) : std::move(batch));
}

void Service::Inside::note_lag(std::span<const journal::StoredPtr> inputs) {
    const auto newest_now = journal.newest();
    const auto position = inputs.empty() ? core.position() : inputs.front()->sequence - 1;
    probe.lag_entries.Set(static_cast<double>(newest_now - std::min(newest_now, position)));
    const auto waited_us =
        inputs.empty() ? 0 : to_us(clock.utc()) - inputs.front()->entry.receipt_time_us();
    probe.lag_seconds.Set(static_cast<double>(std::max<std::int64_t>(0, waited_us)) / 1e6);
    late = waited_us > Microseconds(options.behind_after).count();
}

bool Service::Inside::one_step(std::span<const journal::StoredPtr> inputs) {
    const auto start_us = steady_us();
    working_since_us = start_us;
    core.shed_shadows(late);
    auto batch = core.step(inputs, clock.utc());
    if (!batch.entries.empty() && !publish(std::move(batch))) {
        return false;
    }
    working_since_us = 0;
    reached = core.position();
    replay_floor = core.replay_floor();
    probe.count(core.counts());
    probe.step_seconds.Observe(static_cast<double>(steady_us() - start_us) / 1e6);
    return true;
}

void Service::Inside::work() {
    if (!take_over()) {
        return;
    }
    const auto look_after = std::min(options.retry_wait, options.clock_interval);
    while (news.wait_beyond(core.position(), look_after)) {
        if (!tell_time()) {
            return;
        }
        const auto inputs = journal.read(core.position(), options.step);
        if (!inputs) {
            log.error("detector_read_failed", inputs.error());
            late = true;
            if (inputs.error().code == ErrorCode::not_found && !take_over()) {
                return;
            }
            if (!news.rest(options.retry_wait)) {
                return;
            }
            continue;
        }
        note_lag(*inputs);
        if (!inputs->empty() && !one_step(*inputs)) {
            return;
        }
    }
}

/// Until the service stops.
void Service::Inside::run() {
    ReturnWait wait(options.shortest_return, options.longest_return);
    for (;;) {
        gave_up = false;
        owned_since_us = steady_us();
        try {
            work();
        } catch (const std::exception& failure) {
            give_up(
                "detector_model_failed",
                fail(ErrorCode::internal, "The model failed.", {}, failure.what()).error()
            );
        }
        working_since_us = 0;
        if (gave_up && !options.returns) {
            ended = true;
            return;
        }
        if (!gave_up || !news.rest(wait.next(Microseconds(steady_us() - owned_since_us)))) {
            return;
        }
    }
}

Service::Service(
    journal::Journal& journal,
    detect::Scorer& scorer,
    const Clock& clock,
    Log& log,
    Metrics& metrics,
    ServiceOptions options
)
    : inside_(std::make_unique<Inside>(journal, scorer, clock, log, metrics, std::move(options))) {
    auto& in = *inside_;
    in.watch = journal.watch([&in](journal::Sequence newest) { in.news.tell(newest); });
    in.news.tell(journal.newest());
    in.thread = std::thread([&in] {
        ::pthread_setname_np(::pthread_self(), "detector"); // as top -H and strace show it
        in.run();
    });
}

Service::~Service() {
    inside_->news.stop();
    inside_->thread.join();
    inside_->watch.reset();
}

bool Service::owns() const {
    return inside_->owns;
}

bool Service::ended() const {
    return inside_->ended;
}

bool Service::behind() const {
    const auto& in = *inside_;
    const auto since_us = in.working_since_us.load();
    const bool is_stuck =
        since_us != 0 && in.steady_us() - since_us > Microseconds(in.options.behind_after).count();
    return !in.owns || in.late || is_stuck;
}

journal::Sequence Service::replay_floor() const {
    return inside_->replay_floor;
}

journal::Sequence Service::reached() const {
    return inside_->reached;
}

} // namespace vigil::detector
