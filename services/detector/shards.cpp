#include "detector/shards.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace vigil::detector {

namespace {

using Held = std::map<std::string, std::vector<std::uint32_t>>; // by member, in order

/// Shares beyond `shards` are of a process with another number of them.
Held held_by_members(const journal::LeaseTable& table, std::uint32_t shards) {
    Held held;
    for (const auto& [member, beats] : table.beats) {
        held[member];
    }
    for (const auto& [shard, holder] : table.holders) {
        if (shard < shards) {
            held[holder].push_back(shard);
        }
    }
    return held;
}

/// How many each member should have.
std::map<std::string, std::size_t> quotas(const Held& held, std::uint32_t shards) {
    std::vector<std::pair<std::size_t, std::string>> by_number;
    for (const auto& [member, its_shards] : held) {
        by_number.emplace_back(its_shards.size(), member);
    }
    std::ranges::stable_sort(by_number, std::ranges::greater{}, [](const auto& one) {
        return one.first;
    });
    std::map<std::string, std::size_t> quota;
    for (std::size_t place = 0; place < by_number.size(); ++place) {
        const auto one_more = place < shards % by_number.size() ? 1U : 0U;
        quota[by_number[place].second] = shards / by_number.size() + one_more;
    }
    return quota;
}

} // namespace

PartitionRange shard_range(std::uint32_t shard, std::uint32_t shards, std::uint32_t partitions) {
    const auto begin = [&](std::uint64_t number) {
        return static_cast<std::uint32_t>(number * partitions / shards);
    };
    return {.first = begin(shard), .end = begin(std::uint64_t{shard} + 1)};
}

Shares shares_of(const std::string& me, const journal::LeaseTable& table, std::uint32_t shards) {
    const auto held = held_by_members(table, shards);
    const auto quota = quotas(held, shards);
    const auto mine = held.find(me);
    Shares shares;
    if (mine == held.end()) {
        return shares;
    }
    const auto& [name, own] = *mine;
    const auto most = quota.at(me);
    for (auto place = most; place < own.size(); ++place) {
        shares.release.push_back(own[place]);
    }
    std::size_t with_holders = 0;
    for (const auto& [member, its_shards] : held) {
        with_holders += its_shards.size();
    }
    for (std::uint32_t shard = 0; shard < shards && own.size() + shares.claim.size() < most;
         ++shard) {
        if (!table.holders.contains(shard)) {
            shares.claim.push_back(shard);
        }
    }
    shares.settled = with_holders == shards && std::ranges::all_of(held, [&](const auto& one) {
                         return one.second.size() <= quota.at(one.first);
                     });
    return shares;
}

ShardKeeper::ShardKeeper(
    journal::Membership& membership,
    const Clock& clock,
    ShardKeeperOptions options,
    Start start
)
    : membership_(membership), clock_(clock), options_(options), start_(std::move(start)) {}

void ShardKeeper::rest(std::uint32_t shard) {
    const auto now = clock_.steady();
    auto& one = rests_
                    .try_emplace(
                        shard,
                        Rest{
                            .wait = ReturnWait(options_.shortest_return, options_.longest_return),
                            .started = now,
                            .until = now
                        }
                    )
                    .first->second;
    one.until = now + one.wait.next(std::chrono::duration_cast<Microseconds>(now - one.started));
}

bool ShardKeeper::rests(std::uint32_t shard) const {
    const auto found = rests_.find(shard);
    return found != rests_.end() && clock_.steady() < found->second.until;
}

/// Asked again where another member was faster: what was stopped stays so.
void ShardKeeper::decide(journal::LeaseTable& table) {
    const auto& me = membership_.name();
    std::erase_if(owners_, [&](const auto& one) {
        const auto& [shard, owner] = one;
        const bool is_mine = table.holds(shard, me);
        if (is_mine && owner->ended()) {
            rest(shard);
        }
        lost_ += is_mine ? 0 : 1;
        return !is_mine || owner->ended();
    });
    // One that rests is free for whoever has room for it.
    std::erase_if(table.holders, [&](const auto& one) {
        return one.second == me && rests(one.first);
    });
    const auto shares = shares_of(me, table, options_.shards);
    settled_ = shares.settled;
    for (const auto shard : shares.release) {
        owners_.erase(shard); // before the lease is free: it finishes its step
        table.holders.erase(shard);
    }
    for (const auto shard : shares.claim) {
        if (!rests(shard)) {
            table.holders[shard] = me;
        }
    }
}

void ShardKeeper::follow(const journal::LeaseTable& table) {
    for (const auto& [shard, holder] : table.holders) {
        if (holder != membership_.name() || owners_.contains(shard) || shard >= options_.shards) {
            continue;
        }
        if (const auto rested = rests_.find(shard); rested != rests_.end()) {
            rested->second.started = clock_.steady();
        }
        owners_[shard] = start_(shard);
    }
}

Result<bool> ShardKeeper::look() {
    const auto table = membership_.renew([this](journal::LeaseTable& held) { decide(held); });
    if (!table) {
        return std::unexpected(table.error());
    }
    follow(*table);
    return settled_;
}

Result<void> ShardKeeper::leave() {
    owners_.clear();
    return membership_.leave();
}

} // namespace vigil::detector
