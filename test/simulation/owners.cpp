// The detector of a simulated world: processes with an owner for each shard. In some worlds anybody
// takes over at any time, in the others leases say who should; processes stand still and go on.
#include "simulation/world.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

namespace vigil::simulation {

namespace {

/// Short, so that worlds of some seconds see leases run out.
constexpr std::chrono::milliseconds lease_ttl{1000};

} // namespace

/// A shard as the keeper has it: owned, or on its way to be, as long as this lives.
class World::LeasedOwner final : public detector::ShardOwner {
public:
    LeasedOwner(World& world, Owner& owner) : world_(world), owner_(owner) {
        ++world_.leased_takeovers_;
        owner_.wanted = true;
        owner_.refused = false;
        world_.take_over(owner_);
    }

    LeasedOwner(const LeasedOwner&) = delete;
    LeasedOwner& operator=(const LeasedOwner&) = delete;

    ~LeasedOwner() override { world_.stop(owner_); }

    [[nodiscard]] bool ended() const override { return owner_.refused; }

private:
    World& world_;
    Owner& owner_;
};

void World::make_processes() {
    const std::size_t number = shards_ == 1 ? 2 : 3;
    processes_.clear();
    owners_.clear();
    newest_epochs_.resize(shards_);
    for (std::size_t process = 0; process < number; ++process) {
        for (std::uint32_t shard = 0; shard < shards_; ++shard) {
            owners_.push_back({.process = process, .shard = shard});
        }
    }
    processes_.resize(number);
    for (std::size_t process = 0; process < number && has_leases_; ++process) {
        start_process(process);
    }
}

void World::start_process(std::size_t number) {
    auto& process = processes_[number];
    process.membership = std::make_unique<journal::Membership>(
        leases_,
        clock_,
        std::format("{}/{}", number, ++lives_),
        lease_ttl
    );
    process.keeper = std::make_unique<detector::ShardKeeper>(
        *process.membership,
        clock_,
        detector::ShardKeeperOptions{
            .shards = shards_,
            .shortest_return = lease_ttl,
            .longest_return = 4 * lease_ttl
        },
        [this, number](std::uint32_t shard) {
            return std::make_unique<LeasedOwner>(*this, owner(number, shard));
        }
    );
}

World::Owner& World::owner(std::size_t process, std::uint32_t shard) {
    return owners_[process * shards_ + shard];
}

World::Owner& World::some_owner() {
    return owners_[pick(random_, owners_.size())];
}

std::span<World::Owner> World::owners_of(std::size_t process) {
    return std::span(owners_).subspan(process * shards_, shards_);
}

void World::stop(Owner& owner) {
    owner = Owner{.process = owner.process, .shard = owner.shard, .life = owner.life + 1};
}

void World::refuse(Owner& owner) {
    note(std::format("owner {} of shard {} is refused", owner.process, owner.shard));
    ++refused_owners_;
    refused_after_a_pause_ += processes_[owner.process].was_paused ? 1 : 0;
    const bool is_wanted = owner.wanted;
    stop(owner);
    owner.wanted = is_wanted;
    owner.refused = is_wanted;
}

void World::look_at_leases() {
    if (!has_leases_) {
        return;
    }
    if (chance(random_, 2)) {
        leases_.refuse_next(1 + pick(random_, 3));
    } else if (chance(random_, 2)) {
        leases_.doubt_next(1);
    }
    for (auto& process : processes_) {
        if (!process.paused && chance(random_, 50)) {
            (void)process.keeper->look(); // what failed is tried again
        }
    }
}

/// One at a time, mostly for longer than a lease lives.
void World::pause_or_wake() {
    for (std::size_t number = 0; number < processes_.size(); ++number) {
        auto& process = processes_[number];
        if (process.paused && chance(random_, 5)) {
            note(std::format("process {} goes on", number));
            process.paused = false;
            process.was_paused = true;
        }
    }
    auto& process = processes_[pick(random_, processes_.size())];
    if (chance(random_, 3) && std::ranges::none_of(processes_, &Process::paused)) {
        note(std::format("process {} stands still", &process - processes_.data()));
        process.paused = true;
    }
}

void World::take_over(Owner& owner) {
    if (holding_ || owner.waiting || processes_[owner.process].paused) {
        return; // taking over waits for the journal
    }
    note(std::format("owner {} takes shard {} over", owner.process, owner.shard));
    detector::CoreOptions options;
    options.partitions = partitions;
    options.owned = detector::shard_range(owner.shard, shards_, partitions);
    options.owner = std::string(1, static_cast<char>('a' + owner.process));
    options.epoch = owner.epoch = ++epochs_;
    options.memory = settings_.memory;
    options.checkpoint_entries = settings_.checkpoint_entries;
    options.events = event_parameters;
    auto core = std::make_unique<detector::Core>(scorer_, options);
    const auto taken = core->take_over(journal_, clock_.utc());
    begun_from_checkpoints_ += taken && core->position() > journal_.oldest() ? 1 : 0;
    owner.batch.reset();
    owner.in_doubt = false;
    ++owner.life;
    owner.core = taken ? std::move(core) : nullptr;
    if (taken) {
        processes_[owner.process].was_paused = false;
        newest_epochs_[owner.shard] = owner.epoch;
    }
    std::set<std::size_t> owning;
    for (const auto& one : owners_) {
        if (one.core && one.epoch == newest_epochs_[one.shard]) {
            owning.insert(one.process);
        }
    }
    was_shared_ = was_shared_ || owning.size() > 1;
}

/// As the service does where it must know what is written, or has read nothing for long.
void World::take_over_again(Owner& owner) {
    if (owner.wanted && !processes_[owner.process].membership->is_current()) {
        refuse(owner);
    } else {
        take_over(owner);
    }
}

void World::run_owner(Owner& owner, std::size_t entries) {
    if (processes_[owner.process].paused) {
        return;
    }
    if (owner.in_doubt || (owner.wanted && !owner.refused && !owner.core)) {
        take_over_again(owner);
    }
    if (!owner.core || owner.waiting || owner.in_doubt) {
        return;
    }
    if (!owner.batch) {
        auto after = owner.core->position();
        if (faults_ && chance(random_, 10)) {
            const auto back = std::min<journal::Sequence>(after, pick(random_, 6));
            after = std::max(after - back, std::min(after, journal_.oldest() - 1));
            redelivered_ += after < owner.core->position() ? 1 : 0;
        }
        const auto inputs = journal_.read(after, {.entries = entries});
        if (!inputs && owner.epoch != newest_epochs_[owner.shard]) {
            take_over_again(owner); // overtaken, it had read nothing for long
            return;
        }
        must_be_kept(inputs);
        if (!inputs || inputs->empty()) {
            return;
        }
        auto batch = owner.core->step(*inputs, clock_.utc());
        if (batch.entries.empty()) {
            return;
        }
        owner.batch = std::move(batch);
        if (faults_ && chance(random_, 15)) {
            note("an owner pauses before its append");
            return;
        }
    }
    append(owner);
}

/// Whether something depends on it.
bool World::tell_time(Owner& owner) {
    if (!owner.core || owner.waiting || owner.in_doubt || owner.batch ||
        processes_[owner.process].paused) {
        return false;
    }
    auto batch = owner.core->clock(clock_.utc());
    const bool is_needed = !batch.entries.empty();
    if (is_needed) {
        owner.batch = std::move(batch);
        append(owner);
    }
    return is_needed;
}

void World::append(Owner& owner) {
    note("an owner appends");
    owner.waiting = true;
    auto batch = *owner.batch;
    journal_.append(
        std::move(batch),
        [this, &owner, life = owner.life](const Result<journal::Appended>& result) {
            if (owner.life == life) { // else it was stopped meanwhile
                answered(owner, result);
            }
        }
    );
}

void World::answered(Owner& owner, const Result<journal::Appended>& result) {
    owner.waiting = false;
    if (result) {
        owner.core->committed(*result);
        owner.batch.reset();
    } else if (result.error().code == ErrorCode::conflict) {
        refuse(owner);
    } else if (result.error().retry == Retry::in_doubt) {
        owner.in_doubt = true;
        owner.batch.reset();
    } // else it tries the same batch again
}

void World::work_off(std::size_t process) {
    for (bool works = true; works;) {
        works = false;
        for (auto& owner : owners_of(process)) {
            while (owner.core && (owner.batch || owner.core->position() < journal_.newest())) {
                run_owner(owner, 1000);
                works = true;
            }
        }
    }
}

/// What no owner of any shard needs: one of each, perhaps one that was overtaken and does not know
/// it yet, says so.
std::optional<journal::Sequence> World::owners_need() {
    std::optional<journal::Sequence> needed;
    for (std::uint32_t shard = 0; shard < shards_; ++shard) {
        std::vector<journal::Sequence> floors;
        for (std::size_t process = 0; process < processes_.size(); ++process) {
            if (const auto& core = owner(process, shard).core) {
                floors.push_back(core->replay_floor());
            }
        }
        if (floors.empty()) {
            return std::nullopt;
        }
        const auto floor = floors[pick(random_, floors.size())];
        needed = std::min(needed.value_or(floor), floor);
    }
    return needed;
}

} // namespace vigil::simulation
