// Who owns which shard of the partitions: the sharing out as a pure function, and ShardKeeper,
// which starts and stops a process's owners by it. ShardedService runs it; the simulation drives it
// too.
#pragma once

#include "base/time.hpp"
#include "detector/core.hpp"
#include "detector/return_wait.hpp"
#include "journal/leases.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vigil::detector {

/// The partitions of a shard: groups whose sizes differ by one at most. How many shards there are
/// is no part of what is recorded, since fences and checkpoints are each partition's own: any
/// grouping goes on from any other. While processes with different numbers run at once they take
/// partitions from each other, which is slow and not unsafe.
[[nodiscard]] PartitionRange
shard_range(std::uint32_t shard, std::uint32_t shards, std::uint32_t partitions);

struct Shares {
    std::vector<std::uint32_t> claim;
    std::vector<std::uint32_t> release;
    bool settled = false; // every shard has a holder, and nobody has too many
};

/// What `me`, a member, should take and give back. Everybody gets as many shards, or one more; who
/// has most already gets the one more, so that as few change hands as can. Free ones are claimed,
/// nothing is ever taken from a member; members who have too many give back what is too much.
[[nodiscard]] Shares
shares_of(const std::string& me, const journal::LeaseTable& table, std::uint32_t shards);

/// What does the work of a shard while it lives: a Service; in the simulation a Core.
class ShardOwner {
public:
    virtual ~ShardOwner() = default;
    /// Whether it has given up: another owner took over, or its model failed.
    [[nodiscard]] virtual bool ended() const = 0;
};

struct ShardKeeperOptions {
    std::uint32_t shards = 8;
    /// A shard that is given up although its lease is held is left to others for so long: the first
    /// time, and at most, doubled from one to the next.
    std::chrono::milliseconds shortest_return{5000};
    std::chrono::milliseconds longest_return{300'000};
};

/// threads one; of ShardedService: its own
class ShardKeeper {
public:
    using Start = std::function<std::unique_ptr<ShardOwner>(std::uint32_t shard)>;

    /// `membership` must outlive it.
    ShardKeeper(
        journal::Membership& membership,
        const Clock& clock,
        ShardKeeperOptions options,
        Start start
    );

    /// One round, about once a second: renews the membership, stops the owners of shards that are
    /// others' now or that others should have, and starts those of shards that it holds. Whether
    /// all shards have settled.
    ///
    /// errors  those of Membership::renew; owners go on meanwhile, since fences keep that safe
    Result<bool> look();

    /// Stops all owners and gives their shards back. errors  likewise: then others wait for the
    /// time to live
    Result<void> leave();

    [[nodiscard]] const std::map<std::uint32_t, std::unique_ptr<ShardOwner>>& owners() const {
        return owners_;
    }

    /// Owners that were stopped since their lease had become another's.
    [[nodiscard]] std::uint64_t lost() const { return lost_; }

private:
    struct Rest {
        ReturnWait wait;
        SteadyTime started;
        SteadyTime until;
    };

    void decide(journal::LeaseTable& table);
    void rest(std::uint32_t shard);
    [[nodiscard]] bool rests(std::uint32_t shard) const;
    void follow(const journal::LeaseTable& table);

    journal::Membership& membership_;
    const Clock& clock_;
    ShardKeeperOptions options_;
    Start start_;
    std::map<std::uint32_t, std::unique_ptr<ShardOwner>> owners_;
    std::map<std::uint32_t, Rest> rests_;
    bool settled_ = false;
    std::uint64_t lost_ = 0;
};

} // namespace vigil::detector
