// The detector where several processes share the partitions: a Service for each shard that this one
// holds, started and stopped as the leases say.
#pragma once

#include "detector/service.hpp"
#include "journal/leases.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace vigil::detector {

/// What Core::replay_floor() of the partitions' owners is, whoever they are, as their newest
/// outputs say; 0 where a partition has none yet. errors  those of Journal::newest_output
[[nodiscard]] Result<journal::Sequence>
replay_floor(journal::Journal& journal, PartitionRange partitions);

struct ShardedServiceOptions {
    ServiceOptions service; // of each shard; what is owned and how it returns is set here
    std::uint32_t shards = 8;
    std::string name = "detector"; // of this process; a random suffix makes it this life's alone
    std::chrono::milliseconds lease_ttl{5000};
    std::chrono::milliseconds renew_every{1000};
};

/// Shares the partitions with whoever has the same leases and number of shards. What safety there
/// is comes from the fences: a lease only says who should try. Another process takes over within
/// `lease_ttl`, two renewals and a takeover.
///
/// The Services share the journal and the scorer, which takes one call at a time. threads any
class ShardedService {
public:
    /// All but the options must outlive it. Starts its thread at once.
    ShardedService(
        journal::Journal& journal,
        journal::Leases& leases,
        detect::Scorer& scorer,
        const Clock& clock,
        Log& log,
        Metrics& metrics,
        ShardedServiceOptions options
    );
    /// Finishes the steps that run, and gives its shards back for others to take at once.
    ~ShardedService();

    /// Whether it takes part and owns every shard that it holds, which may be none.
    [[nodiscard]] bool owns() const;
    /// Whether entries of its shards wait longer than they should, or it takes no part.
    [[nodiscard]] bool behind() const;
    /// Everything up to here was taken in by each of its shards; the journal's newest where it has
    /// none.
    [[nodiscard]] journal::Sequence reached() const;
    /// Up to here the journal may be freed as far as any shard's next owner goes, also of those
    /// that it does not hold; 0 where that cannot be read. Asks the journal for each partition: not
    /// often.
    [[nodiscard]] journal::Sequence replay_floor() const;
    /// How many shards it holds.
    [[nodiscard]] std::size_t shards() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

} // namespace vigil::detector
