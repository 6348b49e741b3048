#include "detector/sharded_service.hpp"

#include "base/random.hpp"
#include "detector/shards.hpp"
#include "detector/step_entries.hpp"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

namespace vigil::detector {

Result<journal::Sequence> replay_floor(journal::Journal& journal, PartitionRange partitions) {
    auto needed = std::numeric_limits<journal::Sequence>::max();
    for (auto number = partitions.first; number < partitions.end; ++number) {
        const auto newest = journal.newest_output(number);
        if (!newest) {
            return std::unexpected(newest.error());
        }
        const auto output = read_output(newest->get());
        needed = std::min(needed, output.replay_sequence);
        if (output.checkpoint_sequence != 0) {
            needed = std::min(needed, output.checkpoint_sequence);
        }
    }
    return needed == 0 ? 0 : needed - 1;
}

struct ShardedService::Inside {
    journal::Journal& journal;
    detect::Scorer& scorer;
    const Clock& clock;
    Log& log;
    Metrics& metrics;
    ShardedServiceOptions options;
    journal::Membership membership;
    ShardKeeper keeper;
    prometheus::Gauge& held;
    prometheus::Counter& taken;
    prometheus::Counter& lost;

    mutable std::mutex mutex;
    std::map<std::uint32_t, const Service*> services; // by shard
    std::condition_variable stopped;
    bool stopping = false;
    std::thread thread;

    /// A shard's Service, known to those who ask while it lives.
    class Owner final : public ShardOwner {
    public:
        Owner(Inside& in, std::uint32_t shard)
            : in_(in),
              shard_(shard),
              service_(in.journal, in.scorer, in.clock, in.log, in.metrics, in.of_shard(shard)) {
            const std::scoped_lock lock(in_.mutex);
            in_.services[shard_] = &service_;
        }

        ~Owner() override {
            const std::scoped_lock lock(in_.mutex);
            in_.services.erase(shard_);
        }

        Owner(const Owner&) = delete;
        Owner& operator=(const Owner&) = delete;

        [[nodiscard]] bool ended() const override { return service_.ended(); }

    private:
        Inside& in_;
        std::uint32_t shard_;
        Service service_;
    };

    Inside(
        journal::Journal& the_journal,
        journal::Leases& leases,
        detect::Scorer& the_scorer,
        const Clock& the_clock,
        Log& the_log,
        Metrics& the_metrics,
        ShardedServiceOptions the_options
    )
        : journal(the_journal),
          scorer(the_scorer),
          clock(the_clock),
          log(the_log),
          metrics(the_metrics),
          options(std::move(the_options)),
          membership(leases, clock, journal::name_of_this_life(options.name), options.lease_ttl),
          keeper(
              membership,
              clock,
              {.shards = options.shards,
               .shortest_return = options.service.shortest_return,
               .longest_return = options.service.longest_return},
              [this](std::uint32_t shard) {
                  taken.Increment();
                  return std::make_unique<Owner>(*this, shard);
              }
          ),
          held(metrics.gauge("vigil_detector_shards", "Shards that this process holds")),
          taken(metrics.counter(
              "vigil_detector_shards_taken_total",
              "Shards that this process began to own"
          )),
          lost(metrics.counter(
              "vigil_detector_shards_lost_total",
              "Shards whose lease became another process's while this one held them"
          )) {}

    [[nodiscard]] ServiceOptions of_shard(std::uint32_t shard) const;
    void run();
    void note(std::size_t before, std::uint64_t lost_before);
};

ServiceOptions ShardedService::Inside::of_shard(std::uint32_t shard) const {
    auto chosen = options.service;
    chosen.core.owned = shard_range(shard, options.shards, chosen.core.partitions);
    chosen.core.owner = membership.name();
    chosen.core.epoch = static_cast<std::uint64_t>(to_us(clock.utc()));
    chosen.core.takeover_attempts = 1; // who was faster should own it
    chosen.returns = false;
    chosen.may_take_over = [this] { return membership.is_current(); };
    chosen.gauge_labels["shard"] = std::to_string(shard);
    return chosen;
}

void ShardedService::Inside::note(std::size_t before, std::uint64_t lost_before) {
    const auto now = keeper.owners().size();
    lost.Increment(static_cast<double>(keeper.lost() - lost_before));
    held.Set(static_cast<double>(now));
    if (now != before || keeper.lost() != lost_before) {
        log.info(
            "detector_shards_held",
            {{"shards", now}, {"shards_lost", keeper.lost() - lost_before}}
        );
    }
}

void ShardedService::Inside::run() {
    std::unique_lock lock(mutex);
    while (!stopping) {
        lock.unlock();
        const auto before = keeper.owners().size();
        const auto lost_before = keeper.lost();
        const auto settled = keeper.look();
        if (!settled) {
            log.error("detector_leases_failed", settled.error());
        }
        note(before, lost_before);
        // While shards are on their way nobody waits longer than need be.
        const auto pause = settled && !*settled ? options.renew_every / 4 : options.renew_every;
        lock.lock();
        stopped.wait_for(lock, pause, [this] { return stopping; });
    }
}

ShardedService::ShardedService(
    journal::Journal& journal,
    journal::Leases& leases,
    detect::Scorer& scorer,
    const Clock& clock,
    Log& log,
    Metrics& metrics,
    ShardedServiceOptions options
)
    : inside_(
          std::make_unique<Inside>(journal, leases, scorer, clock, log, metrics, std::move(options))
      ) {
    inside_->thread = std::thread([&in = *inside_] {
        ::pthread_setname_np(::pthread_self(), "shards");
        in.run();
    });
}

ShardedService::~ShardedService() {
    auto& in = *inside_;
    {
        const std::scoped_lock lock(in.mutex);
        in.stopping = true;
    }
    in.stopped.notify_one();
    in.thread.join();
    if (const auto left = in.keeper.leave(); !left) {
        in.log.error("detector_leases_failed", left.error());
    }
    in.held.Set(0);
}

bool ShardedService::owns() const {
    const auto& in = *inside_;
    const std::scoped_lock lock(in.mutex);
    return in.membership.is_current() &&
           std::ranges::all_of(in.services, [](const auto& one) { return one.second->owns(); });
}

bool ShardedService::behind() const {
    const auto& in = *inside_;
    const std::scoped_lock lock(in.mutex);
    return !in.membership.is_current() ||
           std::ranges::any_of(in.services, [](const auto& one) { return one.second->behind(); });
}

journal::Sequence ShardedService::reached() const {
    const auto& in = *inside_;
    const std::scoped_lock lock(in.mutex);
    auto lowest = in.journal.newest();
    for (const auto& [shard, service] : in.services) {
        lowest = std::min(lowest, service->reached());
    }
    return lowest;
}

journal::Sequence ShardedService::replay_floor() const {
    const auto& in = *inside_;
    const auto partitions = in.options.service.core.partitions;
    return detector::replay_floor(in.journal, {.first = 0, .end = partitions}).value_or(0);
}

std::size_t ShardedService::shards() const {
    const std::scoped_lock lock(inside_->mutex);
    return inside_->services.size();
}

} // namespace vigil::detector
